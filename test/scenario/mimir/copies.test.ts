/** Another number of copies: on all units at one time, when what they hold is in object storage. */
import { active, waiting } from 'charmwright';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Fleet } from '../../support/mimir-fleet.ts';

/** Nothing is waited for in a hook: the next hook asks again. */
vi.mock('../../../charm/patience.ts', () => ({
  within: (_ms: number, ask: () => unknown) => ask(),
  until: async () => undefined,
}));

const UNITS = [0, 1, 2] as const;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.of(UNITS.length, '127.78.1.164');
  fleet.mayStopTogether = true;
});
afterAll(() => fleet[Symbol.asyncDispose]());
beforeEach(() => fleet.reset({ 'replication-factor': 1 }));

function flushed(): readonly boolean[] {
  return UNITS.map((unit) => fleet.mimirOf(unit).asks.includes('/ingester/flush'));
}

/** Hooks until there is none; looks at each unit after each. */
async function settle(look: () => void = () => undefined): Promise<void> {
  for (let [next] = fleet.busy(); next !== undefined; [next] = fleet.busy()) {
    // The answer of a flush comes in a moment.
    await fleet.hook(next);
    look();
  }
}

test('three come when every unit has flushed, and each flushes again as it stops', async () => {
  fleet.configure({ 'replication-factor': 3 });
  await settle(() => {
    if (fleet.starts.length > 0) expect(flushed()).toEqual([true, true, true]);
  });
  await vi.waitFor(async () => {
    fleet.wake();
    await settle();
    expect(fleet.copies()).toEqual([3, 3, 3]);
  });
  expect(fleet.starts.toSorted()).toEqual([0, 1, 2]);
  for (const unit of UNITS) expect(fleet.mimirOf(unit).asks).toContain('/ingester/prepare-shutdown');
  await fleet.rest();
  for (const unit of UNITS) expect(fleet.statusOf(unit)).toEqual(active());
});

test('three do not come while one unit cannot flush, and all serve on', async () => {
  fleet.mimirOf(1).flushes = false;
  fleet.configure({ 'replication-factor': 3 });
  await settle();
  fleet.wake();
  await settle();
  expect(fleet.copies()).toEqual([1, 1, 1]);
  expect(fleet.starts).toEqual([]);
  expect(fleet.statusOf(0)).toEqual(
    waiting('[replication-factor] from 1 to 3: waiting for mimir-k8s/1 to be ready for it'),
  );
  expect(fleet.statusOf(2)).toEqual(
    waiting("[replication-factor] from 1 to 3: waiting for the leader's word"),
  );
  fleet.mimirOf(1).flushes = true;
  await vi.waitFor(async () => {
    fleet.wake();
    await settle();
    expect(fleet.copies()).toEqual([3, 3, 3]);
  });
});

test('one comes at once, and flushes nothing', async () => {
  await fleet.reset({ 'replication-factor': 3 });
  fleet.configure({ 'replication-factor': 1 });
  await settle();
  expect(fleet.copies()).toEqual([1, 1, 1]);
  expect(UNITS.flatMap((unit) => fleet.mimirOf(unit).asks)).toEqual([]);
});
