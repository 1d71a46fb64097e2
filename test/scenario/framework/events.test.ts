/** Which handlers run for which event, and in which order. */
import { active, blocked, type JujuEvent, maintenance, waiting } from 'charmwright';
import { container, notice, peerRelation, relation, secret, state, storage } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm, rawHook } from './charms.ts';

const database = relation('database', { remoteApp: 'pg' });
const key = secret({ content: { token: 'a' } });
const own = secret({
  owner: 'unit',
  content: { token: 'b' },
  latest: { token: 'c' },
  rotate: 'daily',
  expire: '2030-01-01T00:00:00Z',
});
const layer = { checks: { up: { override: 'replace', tcp: { port: 80 } } } } as const;
const told = notice('example.com/done');
const web = container('web', { layers: { web: layer }, notices: [told] });
const world = state({
  leader: true,
  relations: [database, peerRelation('peers')],
  secrets: [key, own],
  storages: [storage('data')],
  containers: [web],
});

describe('the reconcile', () => {
  // ops: 58, 59, 216
  test.each([
    'install',
    'start',
    'stop',
    'remove',
    'config-changed',
    'upgrade-charm',
    'update-status',
    'leader-elected',
    { kind: 'relation-created', relation: database },
    { kind: 'relation-joined', relation: database },
    { kind: 'relation-changed', relation: database },
    { kind: 'relation-departed', relation: database },
    { kind: 'relation-broken', relation: database },
    { kind: 'storage-attached', storage: 'data' },
    { kind: 'storage-detaching', storage: 'data' },
    { kind: 'pebble-ready', container: 'web' },
    { kind: 'pebble-custom-notice', container: 'web', notice: told },
    { kind: 'pebble-check-recovered', container: 'web', check: 'up' },
    { kind: 'secret-changed', secret: key },
    { kind: 'secret-rotate', secret: own },
    { kind: 'secret-expired', secret: own, revision: 1 },
    { kind: 'secret-remove', secret: own, revision: 1 },
  ] as const)('runs once, and knows the event: %o', async (event) => {
    const seen: string[] = [];
    await charm({ reconcile: (_juju, { kind }) => void seen.push(kind) }).run(event, world);
    expect(seen).toEqual([typeof event === 'string' ? event : event.kind]);
  });

  test('runs after the event`s own handler, and no other handler runs', async () => {
    const seen: string[] = [];
    await charm({
      on: {
        'database-relation-changed': (_juju, { remoteApp }) => void seen.push(`own: ${remoteApp}`),
        'metrics-relation-changed': () => void seen.push('another'),
        'config-changed': () => void seen.push('another'),
      },
      reconcile: () => void seen.push('reconcile'),
    }).run({ kind: 'relation-changed', relation: database }, world);
    expect(seen).toEqual(['own: pg', 'reconcile']);
  });

  test('does not run for an action', async () => {
    let ran = 0;
    const it = charm({
      reconcile: () => void ran++,
      actions: { backup: () => ({}), restore: () => ({ done: true }) },
    });
    const { results } = await it.runAction('restore', {}, world);
    expect(results).toEqual({ done: 'true' });
    expect(ran).toBe(0);
  });
});

// ops: 25
test('a handler for a hook that is not there, or of another event, does not compile, and never runs', async () => {
  const seen: string[] = [];
  // @ts-expect-error: metadata.yaml has no such endpoint
  const misspelt = charm({ on: { 'databse-relation-changed': () => void seen.push('misspelt') } });
  // @ts-expect-error: an update-status is about no relation
  const wrong = charm({ on: { 'update-status': (_, { remoteApp }) => void seen.push(remoteApp) } });
  for (const each of [misspelt, wrong]) {
    await each.run({ kind: 'relation-changed', relation: database }, world);
  }
  expect(seen).toEqual([]);
});

describe('a hook that this version of the charm does not know', () => {
  // ops: 7
  test('is reconciled like any other, so that a unit can be rolled back', async () => {
    const seen: JujuEvent[] = [];
    const hook = await rawHook(
      { reconcile: (_juju, event) => void seen.push(event) },
      { JUJU_DISPATCH_PATH: 'hooks/cache-relation-changed', JUJU_RELATION_ID: 'cache:9' },
    );
    expect(hook.exitCode).toBe(0);
    expect(seen).toEqual([{ kind: 'unknown', hook: 'cache-relation-changed' }]);
  });

  test('as an action fails and says so; nothing is reconciled', async () => {
    let ran = 0;
    const hook = await rawHook(
      { reconcile: () => void ran++ },
      { JUJU_DISPATCH_PATH: 'actions/reindex', JUJU_ACTION_UUID: '4' },
    );
    expect(hook.exitCode).toBe(0);
    expect(ran).toBe(0);
    expect(hook.calls).toContainEqual({
      tool: 'action-fail',
      args: ['--', 'this charm has no action "reindex"'],
      stdin: '',
    });
  });
});

// ops: 8, 14.9
describe.each(['collect-metrics', 'meter-status-changed'])('in %s, where Juju refuses most tools', (name) => {
  test('only its own handler runs, and nothing is asked or written', async () => {
    const seen: string[] = [];
    const refusing = () => 'ERROR not allowed in this context';
    const hook = await rawHook(
      {
        on: {
          'collect-metrics': () => void seen.push('collect-metrics'),
          'meter-status-changed': () => void seen.push('meter-status-changed'),
        },
        reconcile: () => void seen.push('reconcile'),
      },
      { JUJU_DISPATCH_PATH: `hooks/${name}` },
      { 'state-get': refusing, 'state-set': refusing, 'status-set': refusing },
    );
    expect(hook).toEqual({ exitCode: 0, calls: [], stderr: '' });
    expect(seen).toEqual([name]);
  });
});

describe('of several statuses', () => {
  const all = [active('fine'), waiting('for a'), maintenance('doing b'), blocked('on c'), blocked('on d')];

  // ops: 79
  test('the worst is shown, the first among equals, once', async () => {
    const after = await charm({ reconcile: (juju) => juju.addStatus(...all) }).run('start', world);
    expect(after.unitStatusHistory).toEqual([blocked('on c')]);
  });

  test.each([
    [[active('fine'), waiting('for a')], waiting('for a')],
    [[waiting('for a'), maintenance('doing b')], maintenance('doing b')],
    [[maintenance('doing b'), blocked('on c')], blocked('on c')],
  ])('in whatever order they were given: %o', async (statuses, worst) => {
    for (const order of [statuses, statuses.toReversed()]) {
      const after = await charm({ reconcile: (juju) => juju.addStatus(...order) }).run('start', world);
      expect(after.unitStatus).toEqual(worst);
    }
  });

  test('the application`s are the leader`s to show', async () => {
    const both = charm({
      reconcile: (juju) => {
        juju.addStatus(active('unit'));
        juju.addAppStatus(active('app'), waiting('app waits'));
      },
    });
    expect((await both.run('start', world)).appStatusHistory).toEqual([waiting('app waits')]);
    const follower = await both.run('start', { ...world, leader: false });
    expect(follower.appStatusHistory).toEqual([]);
    expect(follower.unitStatus).toEqual(active('unit'));
  });

  test('none leaves the one that is shown', async () => {
    const after = await charm({}).run('start', { ...world, unitStatus: active('as it was') });
    expect(after.unitStatus).toEqual(active('as it was'));
    expect(after.unitStatusHistory).toEqual([]);
  });

  test('a very long one is cut, since it must fit into one argument of a process', async () => {
    const after = await charm({ reconcile: (juju) => juju.addStatus(blocked('x'.repeat(200_000))) }).run(
      'start',
      world,
    );
    expect(after.unitStatus).toEqual(blocked(`${'x'.repeat(1000)}…`));
  });
});
