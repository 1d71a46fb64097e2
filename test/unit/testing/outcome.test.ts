/** What a test can see of a hook besides the state after it, and the worlds it can be given. */
import { blocked, type Charm, type CharmSpec, defineCharm, definePart } from 'charmwright';
import {
  completeState,
  container,
  context,
  exec,
  findContainer,
  findRelation,
  findSecret,
  inside,
  network,
  notice,
  peerRelation,
  relation,
  rockLayer,
  secret,
  state,
  storage,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { spec, charm as web } from './example.ts';

const actions = { greet: () => ({}) };
const db = relation('db', { id: 7, remoteApp: 'pg', remoteAppData: { url: 'pg:5432' } });

describe('the handlers that ran', () => {
  const watcher = definePart({
    name: 'watcher',
    on: { 'config-changed': (juju, event) => juju.defer(event) },
  });
  const charm = defineCharm(spec, {
    parts: [watcher],
    events: { 'site-ready': z.object({ url: z.string() }) },
    on: { 'config-changed': async (juju) => juju.emit('site-ready', { url: 'http://web' }) },
    onEmitted: { 'site-ready': () => {} },
    actions,
  });

  // ops: 218, 226
  test('stand in their order, nested ones after their cause, deferred ones marked', async () => {
    const first = await context(charm).run('config-changed', state());
    const short = (it: typeof first) =>
      it.handled.map(({ name, observer, again, deferred }) => ({ name, observer, again, deferred }));
    const now = { again: false, deferred: false };
    expect(short(first)).toEqual([
      { name: 'config-changed', observer: 'watcher', again: false, deferred: true },
      { name: 'config-changed', observer: 'charm', ...now },
      { name: 'site-ready', observer: 'charm', ...now },
    ]);
    expect(first.deferred).toEqual([{ kind: 'config-changed', observer: 'watcher' }]);
    expect(short(await context(charm).run('start', first))).toEqual([
      { name: 'config-changed', observer: 'watcher', again: true, deferred: true },
    ]);
  });

  // ops: 226
  test('include those that a test has put into the queue', async () => {
    const deferred = [
      { kind: 'config-changed', observer: 'watcher' } as const,
      { kind: 'relation-changed', endpoint: 'db', relationId: 7, remoteApp: 'pg' } as const,
    ];
    const after = await context(charm).run('start', state({ deferred, relations: [db] }));
    expect(after.handled.map(({ name }) => name)).toEqual(['config-changed']);
    // Nobody handles the other one any more.
    expect(after.deferred).toEqual([{ kind: 'config-changed', observer: 'watcher' }]);
  });

  // ops: 216
  test('are those of the charm`s own events, too, when a test emits one', async () => {
    const { outcome } = await inside(charm, 'start', state(), (juju) =>
      juju.emit('site-ready', { url: 'http://web' }),
    );
    expect(outcome.handled).toEqual([
      expect.objectContaining({
        name: 'site-ready',
        event: expect.objectContaining({ data: { url: 'http://web' } }),
      }),
    ]);
  });
});

// ops: 215
test('a test can look into a hook: with the model that handlers get, and with a commit at its end', async () => {
  const { result, outcome } = await inside(
    web,
    'start',
    state({ relations: [db], leader: true }),
    async (juju) => {
      await juju.setPorts([80]);
      juju.store('seen', true);
      return (await juju.relation('db'))?.loadRemoteApp();
    },
  );
  expect(result).toEqual({ ok: true, data: { url: 'pg:5432' } });
  expect(outcome).toMatchObject({ ports: ['80/tcp'], stored: { seen: true }, unitStatusHistory: [] });
  await expect(
    inside(web, 'start', state(), () => {
      throw new RangeError('seen enough');
    }),
  ).rejects.toThrow('seen enough');
});

// ops: 218, 224
test('commands, versions, removed secrets and requested storage are told in order', async () => {
  const old = secret({ owner: 'unit', label: 'old', content: { key: 'v' } });
  const charm = defineCharm(spec, {
    reconcile: async (juju) => {
      const container = juju.container('web');
      await (await container.exec(['tee', '/x'], { stdin: 'hello' })).output();
      const second = await container.exec(['tee', '/y']);
      second.stdin.end('late');
      await second.wait();
      await juju.setWorkloadVersion('1.0');
      await juju.setWorkloadVersion('1.1');
      await juju.secrets.remove(old.id);
      await juju.requestStorage('data', 2);
    },
    actions,
  });
  const before = state({ secrets: [old], containers: [container('web', { execs: [exec(['tee'])] })] });
  const after = await context(charm).run('start', before);
  expect(after.executed.map(({ container, command, stdin }) => [container, ...command, stdin])).toEqual([
    ['web', 'tee', '/x', 'hello'],
    ['web', 'tee', '/y', 'late'],
  ]);
  expect(after.workloadVersionHistory).toEqual(['1.0', '1.1']);
  expect(after.secretsRemoved).toEqual([{ id: old.id }]);
  expect(after.secrets).toEqual([]);
  expect(after.storageAdded).toEqual({ data: 2 });
});

describe('a world', () => {
  // ops: 219
  test('is a leaderless unit 0, alone, of which nothing is known', () => {
    expect(state()).toMatchObject({
      ...{ leader: false, unitNumber: 0, plannedUnits: 1, config: {}, relations: [], containers: {} },
      ...{ secrets: [], storages: [], ports: [], stored: {}, deferred: [], resources: {} },
      ...{ unitStatus: { name: 'unknown', message: '' }, workloadVersion: '' },
    });
  });

  // ops: 220
  test('tells what it has, and what it has not', () => {
    const world = state({ relations: [db], containers: [container('web')] });
    expect(findRelation(world, 'db')).toBe(findRelation(world, 7));
    expect(findContainer(world, 'web').name).toBe('web');
    expect(() => findRelation(world, 'site')).toThrow('the state has no relation site; it has db:7');
    expect(() => findContainer(world, 'wbe')).toThrow('the state has no container wbe; it has web');
    expect(() => findSecret(world, 'key')).toThrow('the state has no secret key; it has none');
  });

  // ops: 220
  test('can be made complete: all that the charm declares is there', async () => {
    const world = completeState(web, { leader: true, relations: [db] });
    expect(world.relations.map(({ endpoint, isPeer }) => [endpoint, isPeer])).toEqual([
      ['db', false],
      ['site', false],
      ['only', false],
      ['beside', false],
      ['peers', true],
    ]);
    expect(findRelation(world, 'db').remoteApp).toBe('pg');
    expect(Object.keys(world.containers)).toEqual(['web']);
    expect(world.storages.map(({ id }) => id)).toEqual(['data/0']);
    expect((await context(web).run('config-changed', world)).serviceStarts).toEqual(['web/web']);
  });

  // ops: 221
  test('has relations to other applications and models, to peers, and to the unit beside', async () => {
    const theirs = '4b2f6e0c-0000-4000-8000-0000000000bb';
    const remote = relation('db', {
      remoteApp: 'pg',
      remoteModelUuid: theirs,
      remoteUnits: { 0: {}, 3: { a: '1' } },
    });
    const world = state({
      plannedUnits: 2,
      relations: [
        remote,
        peerRelation('peers', { units: { 1: { a: '2' } } }),
        relation('beside', { remoteApp: 'host' }),
      ],
    });
    expect(findRelation(world, 'beside').remoteUnits[0]).toEqual({
      'egress-subnets': '192.0.2.0/32',
      'ingress-address': '192.0.2.0',
      'private-address': '192.0.2.0',
    });
    const { result } = await inside(web, 'start', world, async (juju) => {
      const relations = [
        await juju.relation('db'),
        await juju.relation('peers'),
        await juju.relation('beside'),
      ];
      return Promise.all(relations.map(async (it) => [it?.remoteApp, await it?.units()]));
    });
    expect(result).toEqual([
      ['pg', ['pg/0', 'pg/3']],
      ['web', ['web/1']],
      ['host', ['host/0']],
    ]);
  });

  // ops: 222
  test('has secrets: own ones and others`, with what is tracked and what is newest', async () => {
    const theirs = secret({ label: 'theirs', content: { key: 'old' }, latest: { key: 'new' } });
    const mine = secret({
      label: 'mine',
      owner: 'application',
      content: { key: 'v' },
      grants: [{ relationId: 7 }],
    });
    expect(theirs).toMatchObject({
      owner: 'none',
      tracked: 1,
      revisions: [{ revision: 1 }, { revision: 2 }],
    });
    const world = state({ leader: true, relations: [db], secrets: [theirs, mine] });
    const { result, outcome } = await inside(web, 'start', world, async (juju) => [
      await juju.secrets.read(theirs.id),
      await juju.secrets.read(theirs.id, 'latest'),
      (await juju.secrets.owned('mine'))?.id,
    ]);
    expect(result).toEqual([{ key: 'old' }, { key: 'new' }, expect.stringContaining(mine.id)]);
    expect(findSecret(outcome, 'theirs').tracked).toBe(2);
  });

  // ops: 223, 225
  test('has containers with files, layers, checks and notices, storage, networks, ports, resources', async () => {
    const world = state({
      containers: [
        container('web', {
          files: { '/etc/web.json': '{}' },
          layers: {
            base: {
              services: { web: { override: 'replace', command: 'serve' } },
              checks: { up: { override: 'replace', tcp: { port: 1 } } },
            },
          },
          services: { web: 'active' },
          checks: { up: { status: 'down', failures: 3 } },
          notices: [notice('example.com/a')],
        }),
      ],
      storages: [storage('data', { location: '/srv' })],
      networks: { '': network('10.0.0.1'), db: network('10.0.0.2') },
      resources: { page: '/page.html' },
      model: { name: 'prod', uuid: '4b2f6e0c-0000-4000-8000-0000000000bb' },
    });
    const { result } = await inside(web, 'start', world, async (juju) => {
      const pebble = juju.container('web');
      return {
        file: await pebble.pullText('/etc/web.json'),
        service: (await pebble.services())[0]?.current,
        check: (await pebble.checks())[0]?.status,
        notice: (await pebble.notices())[0]?.key,
        storage: (await juju.storage('data'))[0]?.location,
        addresses: [(await juju.network('db')).bindAddress, (await juju.network('site')).bindAddress],
        resource: await juju.resource('page'),
        model: juju.model.name,
      };
    });
    expect(result).toEqual({
      ...{ file: '{}', service: 'active', check: 'down', notice: 'example.com/a', storage: '/srv' },
      ...{ addresses: ['10.0.0.2', '10.0.0.1'], resource: '/page.html', model: 'prod' },
    });
  });

  // ops: 231
  test('has a rock`s own services', async () => {
    const rock = await rockLayer('name: web\nservices:\n  web: { override: replace, command: /bin/web }\n');
    expect(rock).toEqual({ services: { web: { override: 'replace', command: '/bin/web' } } });
    const after = await context(web).run(
      'config-changed',
      state({ relations: [db], containers: [container('web', { layers: { rock } })] }),
    );
    expect(Object.keys(findContainer(after, 'web').layers)).toEqual(['rock', 'web']);
  });
});

describe('the simulated Juju', () => {
  // ops: 229
  test('refuses what the real one refuses, and gives only what is there', async () => {
    const theirs = secret({ id: 'h6c4vml77bjnv6m0gp83', content: { key: 'v' } });
    const apps = secret({ owner: 'application', label: 'apps', content: { key: 'v' } });
    const follower = state({ relations: [db], secrets: [theirs, apps], config: { port: 9090 } });
    const said = async (act: Parameters<typeof inside<typeof spec, object, object, unknown>>[3]) =>
      (await inside(web, 'start', follower, (juju) => Promise.resolve(act(juju)).catch(String))).result;
    expect(await said((juju) => juju.config())).toEqual({ port: 9090 });
    expect(await said(async (juju) => (await juju.relation('db'))?.publishApp({ a: 'b' }))).toMatch(/leader/);
    expect(await said((juju) => juju.secrets.remove(theirs.id))).toMatch(/SecretNotFoundError/);
    expect(await said((juju) => juju.secrets.remove(apps.id))).toMatch(/leader/);
    expect(await said((juju) => juju.cloudSpec())).toMatch(/cannot access cloud credentials|trust/);
    expect(await said(async (juju) => (await juju.network('site')).bindAddress)).toBe('192.0.2.0');
  });

  // ops: 230
  test('takes a hook that ends early for a success: nothing is stored, what was deferred stays', async () => {
    const charm = defineCharm(spec, {
      on: { 'config-changed': (juju, event) => juju.defer(event) },
      reconcile: (juju, event) => {
        juju.store('last', event.kind);
        if (event.kind === 'start') juju.abort(blocked('port is wrong'));
      },
      actions,
    });
    const first = await context(charm).run('config-changed', state());
    const after = await context(charm).run('start', first);
    expect(after).toMatchObject({ exitCode: 0, unitStatus: { name: 'blocked', message: 'port is wrong' } });
    expect(after.stored).toEqual({ last: 'config-changed' });
    expect(after.deferred).toEqual(first.deferred);
  });
});

// ops: 213
test('a context gives the charm another name, folder and Juju', async () => {
  const seen: unknown[] = [];
  const charm: Charm<CharmSpec> = defineCharm<CharmSpec, object>(spec, {
    reconcile: (juju) => void seen.push(juju.app, juju.unit, String(juju.jujuVersion)),
  });
  const options = { app: 'shop', jujuVersion: '4.0.1', charmDir: '/srv/charm' };
  await context(charm, options).run('start', state({ unitNumber: 2 }));
  expect(seen).toEqual(['shop', 'shop/2', '4.0.1']);
});
