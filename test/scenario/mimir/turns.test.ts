/** Several Mimirs that are to be restarted: one after the other, whatever happens on the way. */
import { active, waiting } from 'charmwright';
import { relation } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fleet } from '../../support/mimir-fleet.ts';
import { chance } from '../../support/shuffle.ts';

/** Whoever waits in a hook asks once here: the next hook asks again. */
vi.mock('../../../charm/patience.ts', () => import('../../support/no-patience.ts'));

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.of(3, '127.78.1.160');
});
afterAll(() => fleet[Symbol.asyncDispose]());
beforeEach(() => fleet.reset());

/** Each unit runs what it has to run, and no Mimir becomes ready. */
async function settle(): Promise<void> {
  for (let [next] = fleet.busy(); next !== undefined; [next] = fleet.busy()) await fleet.hook(next);
}

describe('an option that restarts Mimir', () => {
  test('restarts one unit at a time, and each says for whom it waits', async () => {
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    expect(fleet.starts).toEqual([0]);
    expect(fleet.statusOf(0)).toEqual(waiting('[mimir] starting: Starting'));
    for (const unit of [1, 2])
      expect(fleet.statusOf(unit)).toEqual(
        waiting('[mimir] waiting for its turn to restart, after mimir-k8s/0'),
      );
    fleet.becomesReady(0);
    await settle();
    expect(fleet.starts).toEqual([0, 1]);
    expect(fleet.statusOf(0)).toEqual(active());
    fleet.becomesReady(1);
    await settle();
    fleet.becomesReady(2);
    await settle();
    expect(fleet.starts).toEqual([0, 1, 2]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)).toEqual(active());
  });

  test('that breaks the first Mimir does not reach the others, and its correction passes', async () => {
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    fleet.configure({ 'log-level': 'warn' });
    await settle();
    expect(fleet.starts, 'whoever has the turn need not wait').toEqual([0, 0]);
    expect(fleet.on('info')).toEqual([1, 2]);
    await fleet.rest();
    expect(fleet.on('warn')).toEqual([0, 1, 2]);
    expect(fleet.starts).toEqual([0, 0, 1, 2]);
  });

  test('that is taken back before a unit had its turn leaves that one alone', async () => {
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    fleet.configure({ 'log-level': 'info' });
    await fleet.rest();
    expect(fleet.starts).toEqual([0, 0]);
    expect(fleet.on('info')).toEqual([0, 1, 2]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)).toEqual(active());
  });

  test('is waited with while another unit does not serve, which itself starts at once', async () => {
    fleet.breaks(2);
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    expect(fleet.starts).toEqual([2]);
    expect(fleet.statusOf(0)).toEqual(
      waiting('[mimir] waiting for its turn to restart: mimir-k8s/2 does not serve'),
    );
    await fleet.rest();
    expect(fleet.starts).toEqual([2, 0, 1]);
  });

  test('is the business of a new leader when the one before is lost with the turn', async () => {
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    fleet.remove(0);
    fleet.lead(2);
    await settle();
    fleet.becomesReady(1);
    await fleet.rest();
    expect(fleet.on('debug')).toEqual([1, 2]);
  });
});

describe('roles that are given away', () => {
  const rest = relation('mimir-cluster', {
    id: 7,
    remoteApp: 'rest',
    remoteAppData: { role: '"all"', planned_units: '1' },
    remoteUnits: { 0: { address: '"rest-0.rest-endpoints.cos"', ip: '"10.1.7.0"' } },
  });

  test('end one Mimir after the other', async () => {
    await fleet.reset({ roles: 'backend' }, [rest]);
    fleet.configure({ roles: 'none' });
    const seen = [fleet.running()];
    for (let [next] = fleet.busy(); next !== undefined; [next] = fleet.busy()) {
      await fleet.hook(next);
      if (seen.at(-1)?.length !== fleet.running().length) seen.push(fleet.running());
    }
    expect(seen).toEqual([[0, 1, 2], [1, 2], [2], []]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)?.name).toBe('active');
  });

  test('begin one Mimir after the other when they are taken back', async () => {
    await fleet.reset({ roles: 'none' }, [rest]);
    expect(fleet.running()).toEqual([]);
    fleet.configure({ roles: 'backend' });
    await settle();
    expect(fleet.running()).toEqual([0]);
    expect(fleet.statusOf(2)).toEqual(waiting('[mimir] waiting for its turn to restart, after mimir-k8s/0'));
    await fleet.rest();
    expect(fleet.starts).toEqual([0, 1, 2]);
  });

  test('and a unit that waits for its end says for whom', async () => {
    await fleet.reset({ roles: 'backend' }, [rest]);
    fleet.configure({ roles: 'none' });
    await fleet.hook(1);
    expect(fleet.statusOf(1)).toEqual(waiting('[mimir] waiting for its turn to restart'));
    expect(fleet.running()).toEqual([0, 1, 2]);
  });
});

describe('a unit that leads and has the turn', () => {
  beforeEach(async () => {
    fleet.configure({ 'log-level': 'debug' });
    await settle();
    expect(fleet.starts).toEqual([0]);
    fleet.hold(0);
    fleet.lead(1);
    await settle();
  });

  test('keeps it while its pod is away: the others serve on, and say for whom they wait', async () => {
    fleet.wake();
    await settle();
    expect(fleet.serving()).toEqual([1, 2]);
    expect(fleet.on('info')).toEqual([1, 2]);
    for (const unit of [1, 2])
      expect(fleet.statusOf(unit)).toEqual(
        waiting('[mimir] waiting for its turn to restart, after mimir-k8s/0'),
      );
  });

  test('ends it when it is back, and the one that leads now gives it to the next', async () => {
    fleet.release(0);
    await settle();
    fleet.becomesReady(0);
    await fleet.rest();
    expect(fleet.starts).toEqual([0, 0, 1, 2]);
    expect(fleet.on('debug')).toEqual([0, 1, 2]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)).toEqual(active());
  });

  test('gives it away when it is removed while it is away', async () => {
    fleet.remove(0);
    await fleet.rest();
    expect(fleet.starts).toEqual([0, 1, 2]);
    expect(fleet.on('debug')).toEqual([1, 2]);
  });
});

test('a leader that dies at any call of the hook that gives a turn: another one goes on with it', async () => {
  for (let call = 1; ; call++) {
    await fleet.reset();
    fleet.configure({ 'log-level': 'debug' });
    const killed = await fleet.hook(0, call);
    fleet.hold(0);
    fleet.lead(1);
    await settle();
    expect(fleet.serving(), `${call}: ${fleet.told()}`).toEqual([1, 2]);
    const said = [1, 2].map((unit) => fleet.statusOf(unit)?.message);
    expect(said.join('\n')).toMatch(/turn to restart.*mimir-k8s\/0/);
    fleet.release(0);
    await fleet.rest();
    expect(fleet.on('debug'), `${call}: ${fleet.told()}`).toEqual([0, 1, 2]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)).toEqual(active());
    if (!killed) return;
  }
});

describe.each(Array.from({ length: 40 }, (_, seed) => seed))('in order %i', (seed) => {
  test('all units come to the newest configuration, and never two are away', async () => {
    const random = chance(seed);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    let changes = ['debug', 'warn', 'error'].slice(0, 1 + (seed % 3));
    const kills = seed % 2 === 1;
    for (let step = 0; step < 400; step += 1) {
      const [busy, starting] = [fleet.busy(), fleet.starting()];
      const change = random() < 0.1 ? changes[0] : undefined;
      if (change !== undefined) {
        changes = changes.slice(1);
        fleet.configure({ 'log-level': change });
      } else if (random() < 0.05) fleet.lead(pick([0, 1, 2]) ?? 0);
      else if (starting.length > 0 && (busy.length === 0 || random() < 0.2))
        fleet.becomesReady(pick(starting) ?? 0);
      else if (busy.length > 0) {
        const at = kills && random() < 0.3 ? 1 + Math.floor(random() * 40) : undefined;
        await fleet.hook(pick(busy) ?? 0, at);
      } else if (changes.length === 0) break;
    }
    await fleet.rest();
    const last = ['debug', 'warn', 'error'][seed % 3] ?? '';
    expect(fleet.on(last), fleet.told()).toEqual([0, 1, 2]);
    for (const unit of [0, 1, 2]) expect(fleet.statusOf(unit)).toEqual(active());
  });
});
