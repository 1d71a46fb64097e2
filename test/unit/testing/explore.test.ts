/** Every event, in every order: what explore sees, and what it says. */
import { active, defineCharm, waiting } from 'charmwright';
import {
  activeOnly,
  container,
  explore,
  findRelation,
  notice,
  peerRelation,
  relation,
  type State,
  secret,
  state,
  storage,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { charm, spec } from './example.ts';

const quiet = { print: () => {} };
const db = relation('db', { id: 7, remoteApp: 'pg', remoteAppData: { url: 'pg:5432' } });
const withoutTime = ({ event }: { event: { kind: string } }) => event.kind !== 'update-status';

/** Names of all events that explore tries from a state. */
async function namesFrom(before: State, options: Partial<Parameters<typeof explore>[2]> = {}) {
  const names = new Set<string>();
  const only: NonNullable<Parameters<typeof explore>[2]['only']> = ({ name }) => {
    names.add(name);
    return options.only?.({ name, event: { kind: 'start' } }) ?? true;
  };
  const idle = defineCharm(spec, { actions: { greet: () => ({}) } });
  const found = await explore(idle, before, { depth: 1, ...quiet, ...options, only });
  return { names: [...names], found };
}

describe('what is possible', () => {
  test('a unit alone: time, its configuration, leadership, its pod and its end', async () => {
    const { names } = await namesFrom(state({ containers: [container('web')] }));
    expect(names).toEqual([
      'time passes',
      'the configuration is told again',
      'the unit becomes the leader',
      'the unit`s agent restarts',
      'the pod is replaced',
      'the unit is removed: the unit is stopped',
      'container web is told as ready',
      'container web restarts',
      'container web goes away, and time passes',
    ]);
  });

  test('what the test lets happen besides', async () => {
    const key = secret({ label: 'key', content: { key: 'old' } });
    const { names } = await namesFrom(state({ leader: true, plannedUnits: 2, secrets: [key] }), {
      relations: [db],
      configs: [{ port: 9090 }],
      secrets: { key: [{ key: 'new' }] },
      actions: [{ action: 'greet', params: { name: 'Ann' } }],
      only: () => false,
    });
    expect(names).toEqual(
      expect.arrayContaining([
        'the operator sets configuration 1: {"port":9090}',
        'another unit leads, and time passes',
        'pg is integrated as db:7',
        'pg is integrated as db:7, and has written its data',
        'container web comes up',
        'somebody runs greet {"name":"Ann"}',
        'secret key gets content 1',
      ]),
    );
  });

  test('units join, change and leave; a relation is removed; peers go from the highest on', async () => {
    const peers = peerRelation('peers', { id: 1, units: { 1: {} }, localAppData: { token: 't' } });
    const { names } = await namesFrom(state({ relations: [db, peers], plannedUnits: 2 }), {
      remoteAppData: { db: [{ url: 'pg:6432' }] },
      units: 3,
    });
    expect(names.filter((name) => /db|peers/.test(name) && !name.startsWith('the unit'))).toEqual([
      'the data of pg in db:7 is told again',
      'pg writes data 2 into db:7',
      'the data of pg/0 in db:7 are told',
      'pg/1 joins db:7',
      'pg/0 leaves db:7',
      'the relation db:7 is removed: pg/0 leaves db:7',
      'the data of web in peers:1 is told again',
      'the data of web/1 in peers:1 are told',
      'web/2 joins peers:1',
      'web/1 leaves peers:1',
    ]);
  });

  test('checks and notices of a container, rotation and expiry of own secrets', async () => {
    const web = container('web', {
      layers: { web: { checks: { up: { override: 'replace', tcp: { port: 1 } } } } },
      notices: [notice('example.com/a')],
    });
    const mine = secret({
      label: 'mine',
      owner: 'unit',
      content: { key: 'v' },
      latest: { key: 'w' },
      tracked: false,
      rotate: 'daily',
      expire: '2030-01-01T00:00:00Z',
    });
    const { names } = await namesFrom(state({ containers: [web], secrets: [mine] }));
    expect(names).toEqual(
      expect.arrayContaining([
        'check up of container web fails',
        'notice example.com/a is told by container web',
        'secret mine is due for rotation',
        'revision 2 of secret mine expires',
        'nobody reads revision 1 of secret mine any more',
      ]),
    );
  });
});

describe('in Juju`s order', () => {
  /** Each hook the charm gets is kept, so that the ends tell all the ways. */
  const diary = defineCharm(spec, {
    reconcile: (juju, event) => {
      const unit = 'remoteUnit' in event ? event.remoteUnit : '';
      const subject = 'relationId' in event ? `${event.endpoint} ` : '';
      juju.store('diary', [
        ...(juju.stored('diary', z.array(z.string())) ?? []),
        `${subject}${event.kind} ${unit}`.trim(),
      ]);
    },
    actions: { greet: () => ({}) },
  });
  const diaries = async (before: State, options: Partial<Parameters<typeof explore>[2]>) => {
    const ends = new Set<string>();
    await explore(diary, before, {
      depth: 0,
      ...quiet,
      ...options,
      equal: () => true,
      invariant: ({ stored }) => ends.add(z.array(z.string()).parse(stored.diary).join(', ')),
    });
    return [...ends];
  };

  test('a new unit is installed, sees its relations created in any order, is configured, and starts', async () => {
    const before = state({
      leader: true,
      relations: [db, peerRelation('peers', { id: 1 })],
      storages: [storage('data')],
    });
    const all = await diaries(before, { from: 'nothing' });
    const whole = all.filter((line) => line.endsWith('db relation-changed pg/0'));
    expect(whole.toSorted()).toEqual(
      [
        ['db relation-created', 'peers relation-created'],
        ['peers relation-created', 'db relation-created'],
      ].map((created) =>
        [
          'install',
          ...created,
          'leader-elected',
          'storage-attached',
          'config-changed',
          'start',
          'db relation-changed',
          'db relation-joined pg/0',
          'db relation-changed pg/0',
        ].join(', '),
      ),
    );
  });

  test('its container may come up at any time after the installation', async () => {
    const all = await diaries(state({ containers: [container('web')] }), { from: 'nothing' });
    expect(all.filter((line) => line.includes('pebble-ready') && line.includes('start')).toSorted()).toEqual([
      'install, config-changed, pebble-ready, start',
      'install, config-changed, start, pebble-ready',
      'install, pebble-ready, config-changed, start',
    ]);
  });

  test('a relation ends with the departure of each unit, and then it is broken', async () => {
    const two = relation('db', { id: 7, remoteUnits: { 0: {}, 1: {} } });
    const all = await diaries(state({ relations: [two] }), {
      depth: 1,
      only: ({ name }) => name.startsWith('the relation'),
    });
    expect(all.at(-1)).toBe(
      'db relation-departed remote/0, db relation-departed remote/1, db relation-broken',
    );
  });

  test('other events come between a joined and its changed, but none of the same relation', async () => {
    const all = await diaries(state({ relations: [relation('db', { id: 7, remoteUnits: {} })] }), {
      depth: 2,
      only: ({ name }) => name.includes('joins') || name.includes('becomes the leader'),
    });
    expect(all).toContain('db relation-joined remote/0, leader-elected, db relation-changed remote/0');
    expect(all.filter((line) => line.includes('joined remote/0, db relation-joined'))).toEqual([]);
  });

  test('a unit that is removed loses its storage, its relations, its peers, and runs nothing after remove', async () => {
    const peers = peerRelation('peers', { id: 1, units: { 1: {} } });
    const before = state({
      leader: true,
      plannedUnits: 2,
      relations: [peers, db],
      storages: [storage('data')],
    });
    const all = await diaries(before, {
      depth: 3,
      only: ({ name }) => name.startsWith('the unit is removed'),
    });
    expect(all.at(-1)).toBe(
      'storage-detaching, db relation-departed pg/0, db relation-broken, peers relation-departed web/1, stop, remove',
    );
  });
});

// ops: 56
test.each([
  'juju',
  'file',
] as const)('what a charm stored in %s, when its pod is replaced', async (memory) => {
  const charm = defineCharm(spec, { memory, actions: { greet: () => ({}) } });
  const kept = new Map<string, unknown>();
  await explore(charm, state({ stored: { title: 'a' }, deferred: [{ kind: 'config-changed' }] }), {
    depth: 1,
    ...quiet,
    only: ({ name }) => name === 'the pod is replaced',
    invariant: ({ stored }, before) => kept.set(before.unitStatus.name, stored),
  });
  expect([...kept.values()]).toEqual([memory === 'juju' ? { title: 'a' } : {}]);
});

describe('what it reports', () => {
  test('a hook that fails, with the shortest way to it as a story', async () => {
    const fragile = defineCharm(spec, {
      endpoints: { db: { remoteApp: z.object({ url: z.string() }) } },
      on: { 'db-relation-broken': (juju) => juju.store('gone', true) },
      reconcile: async (juju, event) => {
        if (event.kind === 'pebble-ready' && juju.stored('gone', z.boolean()) === true)
          throw new RangeError('no database any more');
      },
      actions: { greet: () => ({}) },
    });
    const before = state({ relations: [db], containers: [container('web')] });
    const found = await explore(fragile, before, { depth: 2, ...quiet });
    expect(found.crashes).toHaveLength(1);
    expect(found.problems[0]).toBe(
      [
        'the charm fails in web-pebble-ready: RangeError: no database any more',
        '  1. pg/0 leaves db:7 (db-relation-departed)',
        '  2. the relation db:7 is removed: db:7 is broken (db-relation-broken)',
        '  3. container web is told as ready (web-pebble-ready)',
      ].join('\n'),
    );
  });

  test('two events whose order makes a difference to the end, and where', async () => {
    const forgetful = defineCharm(spec, {
      endpoints: { site: { localApp: z.object({ port: z.string() }) } },
      // Tells new relations only: one that comes before the port is changed is never told.
      on: {
        'site-relation-created': async (juju) => {
          const { port } = await juju.config();
          for (const site of await juju.relations('site')) await site.publishApp({ port: String(port) });
        },
      },
      actions: { greet: () => ({}) },
    });
    const site = relation('site', { id: 3, remoteApp: 'ingress' });
    const found = await explore(forgetful, state({ leader: true }), {
      depth: 2,
      ...quiet,
      relations: [site],
      configs: [{ port: 9090 }],
    });
    expect(found.problems).toEqual([
      [
        'the order of two events makes a difference',
        '  "the operator sets configuration 1: {"port":9090}", then "ingress is integrated as site:3", or the other way round:',
        '    relations[0].localAppData.port: "9090" or "8080"',
      ].join('\n'),
    ]);
  });

  test('nothing, for a charm that looks at the world and makes it so', async () => {
    const found = await explore(
      charm,
      state({ leader: true, relations: [db], containers: [container('web')] }),
      {
        depth: 3,
        ...quiet,
        only: withoutTime,
        ignore: activeOnly,
        relations: [relation('site', { id: 3, remoteApp: 'ingress' })],
        configs: [{ port: 9090 }],
      },
    );
    expect(found.problems).toEqual([]);
    expect(found.isComplete).toBe(true);
    expect(found.states).toBeGreaterThan(100);
  });

  test('with oneEnd: two ways into the same world, of which one is remembered', async () => {
    const hoarder = defineCharm(spec, {
      on: { 'db-relation-created': (juju, { relationId }) => juju.store(`seen-${relationId}`, true) },
      actions: { greet: () => ({}) },
    });
    const options = {
      depth: 2,
      ...quiet,
      relations: [relation('db', { id: 7, remoteApp: 'pg' })],
      only: ({ name }: { name: string }) => /integrated|removed: db/.test(name),
    };
    expect((await explore(hoarder, state(), options)).problems).toEqual([]);
    expect((await explore(hoarder, state(), { ...options, oneEnd: true })).problems).toEqual([
      [
        'the same world is reached in two ways, with different ends',
        '  at the beginning',
        '  or',
        '  1. pg is integrated as db:7 (db-relation-created)',
        '  2. the relation db:7 is removed: db:7 is broken (db-relation-broken)',
        '    stored.seen-7: nothing or true',
      ].join('\n'),
    ]);
  });

  test('with kills: an event that ends differently when it is killed and run again', async () => {
    const adding = defineCharm(spec, {
      on: {
        'web-pebble-ready': async (juju) => {
          const web = juju.container('web');
          const before = (await web.exists('/list')) ? await web.pullText('/list') : '';
          await web.push('/list', `${before}line\n`);
        },
      },
      actions: { greet: () => ({}) },
    });
    const options = { depth: 1, ...quiet, only: ({ name }: { name: string }) => /ready|time/.test(name) };
    const world = state({ containers: [container('web')] });
    expect((await explore(adding, world, options)).problems).toEqual([]);
    const found = await explore(adding, world, { ...options, kills: true });
    expect(found.problems).toEqual([
      expect.stringMatching(
        /^container web is told as ready, killed after call \d+: push of container web: \/list, .*\n.*\n {2}1\. container web/,
      ),
    ]);
  });

  test('what must hold and does not', async () => {
    const found = await explore(charm, state({ leader: true, relations: [db] }), {
      depth: 1,
      ...quiet,
      only: ({ name }) => name.startsWith('the relation'),
      invariant: (after) => expect(findRelation(after, 'db').id).toBe(7),
    });
    expect(found.broken.map(({ hook }) => hook)).toEqual(['db-relation-broken']);
  });

  test('the ids that Juju gives to secrets are no difference, and neither is what the caller ignores', async () => {
    const keeper = defineCharm(spec, {
      reconcile: async (juju, event) => {
        juju.store('last', event.kind);
        for (const { id } of await juju.relations('site'))
          await juju.secrets.put('unit', `key-${id}`, { key: `of ${id}` });
        juju.addStatus((await juju.relation('db')) === undefined ? waiting('for db') : active());
      },
      actions: { greet: () => ({}) },
    });
    const options = {
      depth: 2,
      ...quiet,
      relations: [relation('site', { id: 3, remoteApp: 'a' }), relation('site', { id: 4, remoteApp: 'b' })],
      only: ({ name }: { name: string }) =>
        name.endsWith('is integrated as site:3') || name.endsWith('site:4'),
    };
    const found = await explore(keeper, state(), {
      ...options,
      ignore: (it) => ({ ...it, stored: {} }),
    });
    expect(found.problems).toEqual([]);
  });

  test('how many states and events were tried, and that it stopped early', async () => {
    const printed: string[] = [];
    const options = { depth: 4, maxStates: 20, print: (line: string) => printed.push(line) };
    const one = await explore(charm, state({ relations: [db] }), { ...options, only: withoutTime });
    const other = await explore(charm, state({ relations: [db] }), { ...options, only: withoutTime });
    expect(one.isComplete).toBe(false);
    expect(printed[0]).toMatch(
      /^explored 20 states by \d+ events \(and stopped there: maxStates\): nothing found$/,
    );
    expect(other).toEqual(one);
  });
});
