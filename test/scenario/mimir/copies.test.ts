/** Another number of copies: on all units at one time, when no ingester is needed for what it holds, and none takes writes. */
import { active, waiting } from 'charmwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fleet } from '../../support/mimir-fleet.ts';
import { chance } from '../../support/shuffle.ts';

vi.mock('../../../charm/patience.ts', () => import('../../support/no-patience.ts'));
vi.mock('../../../charm/drain/drain.ts', () => import('../../support/drained-without-bucket.ts'));

const UNITS = [0, 1, 2] as const;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.of(UNITS.length, '127.78.1.190');
  fleet.mayStopTogether = true;
});
afterAll(() => fleet[Symbol.asyncDispose]());
beforeEach(() => fleet.reset({ 'replication-factor': 1 }));

const ALL = [true, true, true];
const NONE = [false, false, false];

function flushed(): readonly boolean[] {
  return UNITS.map((unit) => fleet.mimirOf(unit).asks.includes('/ingester/flush'));
}

function areMixed(): boolean {
  return new Set(fleet.copies()).size > 1;
}

/** What one Mimir writes in one copy, another one that goes by three does not see. */
function look(): void {
  if (areMixed()) expect(fleet.takeWrites(), fleet.told()).toEqual(NONE);
}

/** Hooks until there is none, of each unit in turn; looks at all units after each. */
async function settle(see: () => void = () => undefined): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    const busy = fleet.busy();
    const next = busy[turn % busy.length];
    if (next === undefined) return;
    // The answer of a flush comes in a moment.
    await fleet.hook(next);
    look();
    see();
  }
}

test('three come when no unit takes writes and each has flushed, and then all take writes', async () => {
  fleet.configure({ 'replication-factor': 3 });
  await vi.waitFor(async () => {
    fleet.wake();
    await settle(() => {
      if (areMixed()) expect([fleet.takeWrites(), flushed()]).toEqual([NONE, ALL]);
    });
    expect(fleet.copies()).toEqual([3, 3, 3]);
  });
  expect(fleet.starts.toSorted()).toEqual([0, 1, 2]);
  await fleet.rest();
  expect(fleet.takeWrites()).toEqual(ALL);
  for (const unit of UNITS) expect(fleet.statusOf(unit)).toEqual(active());
});

test('three do not come while one unit cannot flush, and all serve on', async () => {
  fleet.mimirOf(1).flushes = false;
  fleet.configure({ 'replication-factor': 3 });
  await settle();
  fleet.wake();
  await settle();
  expect(fleet.copies()).toEqual([1, 1, 1]);
  expect(fleet.takeWrites()).toEqual(ALL);
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

test('who thinks better of it while no writes are taken has all as it was', async () => {
  fleet.configure({ 'replication-factor': 3 });
  for (let turn = 0; !fleet.takeWrites().includes(false); turn += 1) {
    const busy = fleet.busy();
    const next = busy[turn % busy.length];
    if (next === undefined) fleet.wake();
    else await fleet.hook(next);
  }
  expect(fleet.copies()).toEqual([1, 1, 1]);
  fleet.configure({ 'replication-factor': 1 });
  await fleet.rest();
  expect([fleet.starts, fleet.copies(), fleet.takeWrites()]).toEqual([[], [1, 1, 1], ALL]);
  for (const unit of UNITS) expect(fleet.statusOf(unit)).toEqual(active());
});

test('one flushes nothing, and comes when no unit takes writes', async () => {
  await fleet.reset({ 'replication-factor': 3 });
  fleet.configure({ 'replication-factor': 1 });
  await settle(() => {
    if (areMixed()) expect(fleet.takeWrites()).toEqual(NONE);
  });
  expect(fleet.copies()).toEqual([1, 1, 1]);
  expect(UNITS.flatMap((unit) => fleet.mimirOf(unit).asks)).toEqual([]);
  await fleet.rest();
  expect(fleet.takeWrites()).toEqual(ALL);
});

describe.each(Array.from({ length: 30 }, (_, seed) => seed))('in order %i', (seed) => {
  test('hooks are killed, leaders change and Mimirs end: the last number comes, and never do two numbers write', async () => {
    const random = chance(seed);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    let changes = [[3], [3, 1], [3, 1, 3], [3, 5]][seed % 4] ?? [];
    const last = changes.at(-1);
    for (let step = 0; step < 300; step += 1) {
      const [busy, starting] = [fleet.busy(), fleet.starting()];
      if (random() < 0.04 && changes[0] !== undefined) {
        fleet.configure({ 'replication-factor': changes[0] });
        changes = changes.slice(1);
      } else if (random() < 0.04) fleet.lead(pick([0, 1, 2]) ?? 0);
      else if (random() < 0.03) fleet.breaks(pick([0, 1, 2]) ?? 0);
      else if (starting.length > 0 && (busy.length === 0 || random() < 0.2))
        fleet.becomesReady(pick(starting) ?? 0);
      else if (busy.length > 0)
        await fleet.hook(pick(busy) ?? 0, random() < 0.2 ? 1 + Math.floor(random() * 40) : undefined);
      else fleet.wake();
      look();
    }
    for (const change of changes) fleet.configure({ 'replication-factor': change });
    await vi.waitFor(async () => {
      fleet.wake();
      await fleet.rest();
      expect(fleet.copies(), fleet.told()).toEqual([last, last, last]);
    });
    expect(fleet.takeWrites(), fleet.told()).toEqual(ALL);
    for (const unit of UNITS) expect(fleet.statusOf(unit)?.name).toBe('active');
  });
});
