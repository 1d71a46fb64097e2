/** A hook that fails: told with its stack, and as if it had never been. */
import { active, maintenance } from 'charmwright';
import { CharmCrashed, findRelation, peerRelation, relation, state, stateOf } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm, rawHook } from './charms.ts';

const metrics = relation('metrics', { localAppData: { path: '/old' } });
const before = state({
  leader: true,
  relations: [metrics, peerRelation('peers', { localUnitData: { since: 'before' } })],
  ports: ['80/tcp'],
  stored: { runs: 1 },
  deferred: [{ kind: 'leader-elected' }],
});

/** Touches all that a hook can touch, and fails then. */
const clumsy = charm({
  on: { 'leader-elected': (juju) => juju.log.info('the deferred one runs') },
  reconcile: async (juju, event) => {
    juju.store('runs', 2);
    await juju.setPorts([9009]);
    for (const each of await juju.relations('metrics')) await each.publishApp({ path: '/new' });
    (await juju.relation('peers'))?.publishUnit({ since: 'now' });
    await juju.secrets.put('application', 'tls', { 'private-key': 'k' });
    if (event.kind !== 'action') juju.defer(event);
    await juju.showStatus(maintenance('half way'));
    juju.addStatus(active('all done'));
    throw new RangeError('one step too far', { cause: new Error('the floor ended') });
  },
  actions: {
    backup: () => {
      throw new TypeError('no such disk');
    },
    restore: () => ({}),
  },
});

describe('a handler that throws', () => {
  // ops: 9, 52, 15.2
  test('leaves databags, ports, secrets, stored values and the deferred queue as they were', async () => {
    const after = await clumsy.run('config-changed', before, { onFailure: 'return' });
    expect(after.exitCode).toBe(1);
    expect(stateOf(after)).toEqual({ ...before, unitStatus: maintenance('half way') });
  });

  // ops: 9
  test('shows the status it set on the way, and not the one it would have ended with', async () => {
    const after = await clumsy.run('config-changed', before, { onFailure: 'return' });
    expect(after.unitStatusHistory).toEqual([maintenance('half way')]);
  });

  // ops: 158
  test('is logged with its stack and that of its cause', async () => {
    const { logs } = await clumsy.run('config-changed', before, { onFailure: 'return' });
    expect(logs.map(({ level }) => level)).toEqual(['INFO', 'ERROR', 'TRACE']);
    const text = logs.at(1)?.message ?? '';
    expect(text).toContain('RangeError: one step too far');
    expect(text).toMatch(/at .*failing\.test\.ts:\d+:\d+/);
    expect(text).toContain('caused by: Error: the floor ended');
  });

  // ops: 228
  test('is told to a test as a crash of that hook', async () => {
    const crash = clumsy.run('config-changed', before);
    await expect(crash).rejects.toThrow(CharmCrashed);
    await expect(crash).rejects.toThrow(/failed in "config-changed": RangeError: one step too far/);
  });

  test('runs again with everything still to do, and then does it', async () => {
    let floors = 0;
    const learning = charm({
      reconcile: async (juju) => {
        for (const each of await juju.relations('metrics')) await each.publishApp({ path: '/new' });
        floors += 1;
        if (floors === 1) throw new Error('too early');
      },
    });
    const failed = await learning.run('config-changed', before, { onFailure: 'return' });
    const after = await learning.run('config-changed', failed);
    expect(findRelation(after, 'metrics').localAppData).toEqual({ path: '/new' });
  });

  // ops: 75
  test('in an action, tells its user the reason, who does not see the log', async () => {
    const { failed, state: after } = await clumsy.runAction('backup', { path: '/x' }, before, {
      onFailure: 'return',
    });
    expect(failed).toBe('exit status 1');
    expect(after.stderr).toBe(
      'TypeError: no such disk\nThe action failed by a fault of the charm; juju debug-log shows where.\n',
    );
  });
});

test('a charm that runs outside Juju says which variable is missing', async () => {
  const { exitCode, calls } = await rawHook({}, {});
  expect(exitCode).toBe(1);
  expect(calls.at(-1)?.args.at(-1)).toContain('JUJU_DISPATCH_PATH is not set');
});

test('a value that is too large to store is refused with its size', async () => {
  const hoarder = charm({ reconcile: (juju) => juju.store('all', 'x'.repeat(70_000)) });
  await expect(hoarder.run('start', state())).rejects.toThrow(
    'cannot store "stored.all": 70002 bytes, and Juju keeps at most 65536',
  );
});
