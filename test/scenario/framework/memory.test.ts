/** What a unit keeps from one dispatch to the next: deferred events and stored values. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CharmEvent, type JujuEvent, NotAllowedError } from 'charmwright';
import { relation, secret, state, stateOf } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { charmFiles } from '../../../lib/model/charm-files.ts';
import { Memory } from '../../../lib/model/memory.ts';
import { charm, rawHook, type Spec } from './charms.ts';

/** Defers each event that it is told to, and writes down what it saw. */
function deferring(seen: string[], isDue: (event: JujuEvent<Spec>) => boolean = () => true) {
  const handle = (juju: { defer(event: CharmEvent<Spec>): void }, event: JujuEvent<Spec>) => {
    seen.push(event.kind);
    if (isDue(event)) juju.defer(event);
  };
  return charm({
    on: {
      'config-changed': handle,
      'leader-elected': handle,
      'update-status': handle,
      'database-relation-changed': handle,
      'metrics-relation-changed': handle,
    },
    reconcile: () => void seen.push('reconcile'),
  });
}

describe('deferred events', () => {
  test('run oldest first, before the new event, and the reconcile runs once after all', async () => {
    const seen: string[] = [];
    const it = deferring(seen);
    const first = await it.run('config-changed', state({ leader: true }));
    const second = await it.run('leader-elected', first);
    seen.length = 0;
    const third = await it.run('update-status', second);
    expect(seen).toEqual(['config-changed', 'leader-elected', 'update-status', 'reconcile']);
    expect(third.deferred.map(({ kind }) => kind)).toEqual([
      'config-changed',
      'leader-elected',
      'update-status',
    ]);
  });

  // ops: 15.1
  test('that are equal are queued once, in the place of the oldest', async () => {
    const seen: string[] = [];
    const it = deferring(seen);
    const first = await it.run('config-changed', state());
    const second = await it.run('update-status', first);
    const third = await it.run('config-changed', second);
    expect(third.deferred).toEqual([{ kind: 'config-changed' }, { kind: 'update-status' }]);
  });

  test('of different relations are different', async () => {
    const [a, b] = [relation('metrics', { remoteApp: 'a' }), relation('metrics', { remoteApp: 'b' })];
    const it = deferring([]);
    const first = await it.run({ kind: 'relation-changed', relation: a }, state({ relations: [a, b] }));
    const second = await it.run({ kind: 'relation-changed', relation: b }, first);
    expect(second.deferred).toMatchObject([{ remoteApp: 'a' }, { remoteApp: 'b' }]);
  });

  test('leave the queue when they are handled', async () => {
    let isReady = false;
    const it = deferring([], () => !isReady);
    const first = await it.run('config-changed', state());
    expect(first.deferred).toHaveLength(1);
    isReady = true;
    expect((await it.run('update-status', first)).deferred).toEqual([]);
  });

  // ops: 55
  test('live in Juju`s own state, so that they outlive the pod', async () => {
    const it = deferring([]);
    const after = await it.run('config-changed', state());
    const written = after.hookTools.find(({ tool }) => tool === 'state-set')?.stdin ?? '';
    expect(JSON.parse(JSON.parse(written)['charmwright.deferred'])).toEqual([{ kind: 'config-changed' }]);
  });

  // ops: 3
  test('run before an action, too, as in ops', async () => {
    const seen: string[] = [];
    const it = charm({
      on: { 'config-changed': () => void seen.push('config-changed') },
      actions: {
        backup: () => ({}),
        restore: () => {
          seen.push('restore');
          return {};
        },
      },
    });
    const before = state({ deferred: [{ kind: 'config-changed' }] });
    const { state: after } = await it.runAction('restore', {}, before);
    expect(seen).toEqual(['config-changed', 'restore']);
    expect(after.deferred).toEqual([]);
  });

  test('of an endpoint, a container or a storage that a newer charm has lost are dropped', async () => {
    const lost = [
      { kind: 'relation-changed', endpoint: 'cache', relationId: 3, remoteApp: 'redis' },
      { kind: 'pebble-ready', container: 'sidecar' },
      { kind: 'storage-attached', storage: 'logs', storageId: 'logs/0', location: '/logs' },
      { kind: 'update-status' },
    ] as const;
    const seen: string[] = [];
    // The state's type knows the events of today's charm only; what an older one wrote is data.
    const queue = JSON.stringify(lost);
    const hook = await rawHook(
      { on: { 'update-status': (_juju, { kind }) => void seen.push(kind) } },
      { JUJU_DISPATCH_PATH: 'hooks/upgrade-charm' },
      { 'state-get': { 'charmwright.deferred': queue } },
    );
    expect(seen).toEqual(['update-status']);
    expect(hook.exitCode).toBe(0);
    expect(hook.calls).toContainEqual({ tool: 'state-delete', args: ['charmwright.deferred'], stdin: '' });
  });

  test.each([
    'no JSON',
    '{"kind":"start"}',
    '[{"name":"start"}]',
  ])('that cannot be read are dropped with an error, rather than failing every hook: %s', async (text) => {
    const hook = await rawHook(
      {},
      { JUJU_DISPATCH_PATH: 'hooks/start' },
      { 'state-get': { 'charmwright.deferred': text } },
    );
    expect(hook.exitCode).toBe(0);
    expect(hook.calls.find(({ tool }) => tool === 'juju-log')?.args).toContain(
      'cannot read the queue of deferred events: they are dropped',
    );
    expect(hook.calls).toContainEqual({ tool: 'state-delete', args: ['charmwright.deferred'], stdin: '' });
  });

  // ops: 38
  test.each([
    'stop',
    'remove',
  ] as const)('%s cannot be deferred: there may be no next event', async (kind) => {
    const it = charm({
      on: { [kind]: (juju: { defer(e: JujuEvent): void }, e: JujuEvent) => juju.defer(e) },
    });
    const crash = it.run(kind, state());
    await expect(crash).rejects.toMatchObject({ cause: expect.any(NotAllowedError) });
    await expect(crash).rejects.toThrow(`cannot defer "${kind}"`);
  });

  test('a secret that must be rotated now cannot be deferred', async () => {
    const own = secret({ owner: 'unit', content: { token: 'b' }, rotate: 'daily' });
    const it = charm({ on: { 'secret-rotate': (juju, event) => juju.defer(event) } });
    await expect(it.run({ kind: 'secret-rotate', secret: own }, state({ secrets: [own] }))).rejects.toThrow(
      'cannot defer "secret-rotate"',
    );
  });

  test('an action cannot be deferred: its user is waiting', async () => {
    const it = charm({
      actions: {
        backup: () => ({}),
        restore: ({ juju }) => {
          juju.defer(juju.event);
          return {};
        },
      },
    });
    await expect(it.runAction('restore', {}, state())).rejects.toThrow('cannot defer "action"');
  });
});

describe('stored values', () => {
  const counting = charm({
    reconcile: (juju) => juju.store('runs', (juju.stored('runs', z.number()) ?? 0) + 1),
  });

  // ops: 47, 50
  test('are there in the next dispatch', async () => {
    const once = await counting.run('start', state());
    const twice = await counting.run('update-status', once);
    expect(twice.stored).toEqual({ runs: 2 });
  });

  // ops: 48, 51
  test('are read in the same dispatch as they were written', async () => {
    const seen: unknown[] = [];
    const it = charm({
      reconcile: (juju) => {
        juju.store('list', ['a', { b: 1 }]);
        seen.push(juju.stored('list', z.array(z.unknown())));
        juju.store('list', undefined);
        seen.push(juju.stored('list', z.array(z.unknown())));
      },
    });
    const after = await it.run('start', state({ stored: { list: ['old'], other: 1 } }));
    expect(seen).toEqual([['a', { b: 1 }], undefined]);
    expect(after.stored).toEqual({ other: 1 });
  });

  test('of another shape, which an older charm wrote, are absent, and the log says so', async () => {
    const after = await counting.run('upgrade-charm', state({ stored: { runs: { count: 7 } } }));
    expect(after.stored).toEqual({ runs: 1 });
    expect(after.logs).toEqual([
      { level: 'WARNING', message: 'stored value "runs" has another shape than expected: taken as absent' },
    ]);
  });

  // ops: 52, 54
  test('cost one reading, and one writing only when they changed', async () => {
    const still = charm({ reconcile: (juju) => juju.store('mode', 'calm') });
    const once = await still.run('start', state());
    const twice = await still.run('update-status', once);
    expect(twice.hookTools.map(({ tool }) => tool)).toEqual(['state-get']);
    expect(stateOf(twice)).toEqual(stateOf(once));
  });
});

describe('memory in a file of the charm`s folder', () => {
  const counting = charm({
    memory: 'file',
    on: { 'config-changed': (juju, event) => juju.defer(event) },
    reconcile: (juju) => juju.store('runs', (juju.stored('runs', z.number()) ?? 0) + 1),
  });

  // ops: 53, 54
  test('keeps stored values and deferred events without a hook tool', async () => {
    const once = await counting.run('config-changed', state());
    const twice = await counting.run('update-status', once);
    expect(twice.stored).toEqual({ runs: 2 });
    expect(twice.deferred).toEqual([{ kind: 'config-changed' }]);
    expect(twice.hookTools.map(({ tool }) => tool).filter((tool) => tool.startsWith('state-'))).toEqual([]);
  });

  // ops: 56
  test('is gone with the pod', async () => {
    const once = await counting.run('config-changed', state());
    const replaced = state({ ...stateOf(once), stored: {}, deferred: [], memory: {} });
    expect((await counting.run('start', replaced)).stored).toEqual({ runs: 1 });
  });

  // ops: 52
  test('is as it was when the hook fails', async () => {
    const failing = charm({
      memory: 'file',
      reconcile: (juju) => {
        juju.store('runs', 9);
        throw new Error('no');
      },
    });
    const after = await failing.run('start', state({ stored: { runs: 1 } }), { onFailure: 'return' });
    expect(after.stored).toEqual({ runs: 1 });
  });

  // ops: 53
  test('is a file that only the charm`s user can read, replaced whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'files-'));
    try {
      const files = charmFiles(folder);
      files.write('.state.json', '{"a":"1"}');
      files.write('.state.json', '{"a":"2"}');
      expect(files.read('.state.json')).toBe('{"a":"2"}');
      expect((await stat(join(folder, '.state.json'))).mode & 0o777).toBe(0o600);
      expect(await readdir(folder)).toEqual(['.state.json']);
      files.remove('.state.json');
      expect(files.read('.state.json')).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('may be in a folder that only the charm`s user can look into, and goes with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'files-'));
    try {
      const files = charmFiles(folder);
      files.write('.remote/4.json', '{}');
      expect((await stat(join(folder, '.remote'))).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, '.remote/4.json'))).mode & 0o777).toBe(0o600);
      files.remove('.remote');
      expect(await readdir(folder)).toEqual([]);
      expect(files.read('.remote/4.json')).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('that is not what the charm wrote is an error that names it, not an empty memory', async () => {
    const files = { read: () => 'no JSON', write: () => undefined, remove: () => undefined };
    await expect(Memory.inFile(files)).rejects.toThrow('cannot read .charmwright-state.json');
  });
});
