/** Relations: what a charm sees of them, what it publishes, and how little is asked for it. */
import {
  blocked,
  json,
  NotAllowedError,
  type Relation,
  RelationDataError,
  stableJson,
  waiting,
} from 'charmwright';
import {
  findRelation,
  type Outcome,
  peerRelation,
  type RelationState,
  relation,
  type State,
  state,
  stateOf,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { charm, rawHook } from './charms.ts';

const database = relation('database', { remoteApp: 'pg', remoteAppData: { uris: 'pg:5432' } });
const metrics = relation('metrics', { remoteApp: 'prometheus' });
const peers = peerRelation('peers', { units: { 10: { name: 'ten' }, 2: { name: 'two' } } });
const world = state({ leader: true, relations: [database, metrics, peers] });

function tools(outcome: Outcome): string[] {
  return outcome.hookTools.map(({ tool }) => tool);
}

/** Publishes in every relation, and writes down which there are. */
function publisher(seen: string[][] = []) {
  return charm({
    reconcile: async (juju) => {
      const all: readonly Relation[] = [
        ...(await juju.relations('database')),
        ...(await juju.relations('metrics')),
      ];
      seen.push(all.map(({ name }) => name));
      for (const each of all) each.publishUnit({ host: 'h', app: each.remoteApp });
      if (await juju.isLeader()) for (const each of all) await each.publishApp({ path: '/metrics' });
    },
  });
}

describe('a dispatch that changes nothing', () => {
  test('asks Juju for no relation and no databag of its own, and writes nothing', async () => {
    const first = await publisher().run('config-changed', world);
    const second = await publisher().run('update-status', first);
    expect(tools(second)).toEqual(['state-get', 'is-leader']);
    expect(stateOf(second)).toEqual(stateOf(first));
  });

  test('does so with a thousand relations, too, and the record of them shrinks with them', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => relation('metrics', { remoteApp: `prometheus${i}` }));
    const first = await publisher().run('config-changed', { ...world, relations: [peers, ...many] });
    const keys = ({ memory }: State) =>
      Object.keys(memory).filter((key) => key.startsWith('charmwright.relations'));
    expect(keys(first).length).toBeGreaterThan(2);
    const second = await publisher().run('update-status', first);
    expect(tools(second)).toEqual(['state-get', 'is-leader']);
    expect(stateOf(second)).toEqual(stateOf(first));
    const few = await publisher().run('leader-elected', {
      ...second,
      relations: [peers, ...many.slice(0, 10)],
    });
    expect(keys(few)).toEqual(['charmwright.relations']);
    const seen: string[][] = [];
    expect(tools(await publisher(seen).run('update-status', few))).toEqual(['state-get', 'is-leader']);
    expect(seen[0]).toHaveLength(10);
  });

  test('a record of which a part is missing is no record', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => relation('metrics', { remoteApp: `prometheus${i}` }));
    const first = await publisher().run('config-changed', { ...world, relations: [peers, ...many] });
    const { 'charmwright.relations.1': _, ...memory } = first.memory;
    const seen: string[][] = [];
    const second = await publisher(seen).run('update-status', { ...first, memory });
    expect(tools(second)).toContain('relation-ids');
    expect(seen[0]).toHaveLength(1000);
    expect(second.memory).toEqual(first.memory);
  });

  test.each([
    'start',
    'upgrade-charm',
    'leader-elected',
  ] as const)('asks again at %s, and mends what somebody else has changed', async (event) => {
    const first = await publisher().run('config-changed', world);
    const meddled: State = {
      ...first,
      relations: first.relations.map((each) => ({
        ...each,
        localAppData: { path: '/wrong', left: 'over' },
      })),
    };
    expect(findRelation(await publisher().run('update-status', meddled), 'metrics').localAppData).toEqual(
      findRelation(meddled, 'metrics').localAppData,
    );
    const after = await publisher().run(event, meddled);
    expect(tools(after)).toEqual(expect.arrayContaining(['relation-ids', 'relation-get']));
    expect(findRelation(after, 'metrics').localAppData).toEqual({ path: '/metrics' });
  });
});

test('who has joined is asked for once, and then by the events of the relation only', async () => {
  const seen: (readonly string[])[] = [];
  const reader = charm({
    reconcile: async (juju) => void seen.push(await ((await juju.relation('database'))?.units() ?? [])),
  });
  const withUnits = (from: State, ...numbers: number[]): State => ({
    ...from,
    relations: from.relations.map((each) =>
      each.id === database.id
        ? { ...each, remoteUnits: Object.fromEntries(numbers.map((n) => [n, {}])) }
        : each,
    ),
  });
  const started = await reader.run('start', withUnits(world, 0));
  const calm = await reader.run('config-changed', started);
  const joining = withUnits(calm, 0, 1);
  const joined = await reader.run(
    { kind: 'relation-joined', relation: findRelation(joining, 'database'), remoteUnit: 1 },
    joining,
  );
  const calmAgain = await reader.run('update-status', joined);
  const departing = withUnits(calmAgain, 0, 1);
  const departed = await reader.run(
    { kind: 'relation-departed', relation: findRelation(departing, 'database'), remoteUnit: 0 },
    departing,
  );
  const atLast = await reader.run('update-status', departed);
  expect(seen).toEqual([['pg/0'], ['pg/0'], ['pg/0', 'pg/1'], ['pg/0', 'pg/1'], ['pg/1'], ['pg/1']]);
  const asked = [started, calm, joined, calmAgain, departed, atLast].map((outcome) =>
    tools(outcome).includes('relation-list'),
  );
  expect(asked).toEqual([true, false, true, false, true, false]);
});

describe('which relations there are', () => {
  test('before install has run, none: a relation begins with its relation-created', async () => {
    const seen: string[][] = [];
    const installed = await publisher(seen).run('install', world);
    const started = await publisher(seen).run('start', installed);
    const created = await publisher(seen).run({ kind: 'relation-created', relation: metrics }, started);
    await publisher(seen).run('config-changed', created);
    expect(seen).toEqual([[], [], [`metrics:${metrics.id}`], [`metrics:${metrics.id}`]]);
  });

  test('a unit that ran another charm before has no record, so Juju is asked', async () => {
    const seen: string[][] = [];
    const after = await publisher(seen).run('update-status', world);
    expect(tools(after)).toContain('relation-ids');
    expect(seen).toEqual([[`database:${database.id}`, `metrics:${metrics.id}`]]);
  });

  test('without a record, an endpoint that nobody looked at yet is asked for when somebody does', async () => {
    const seen: string[][] = [];
    const glance = charm({ reconcile: async (juju) => void (await juju.relations('database')) });
    const first = await glance.run('upgrade-charm', world);
    await publisher(seen).run('update-status', first);
    expect(seen).toEqual([[`database:${database.id}`, `metrics:${metrics.id}`]]);
  });

  test('a record that cannot be read is no record', async () => {
    const seen: string[][] = [];
    const odd = state({ ...world, memory: { 'charmwright.relations': '{"known":"many"}' } });
    await publisher(seen).run('update-status', odd);
    expect(seen[0]).toHaveLength(2);
  });

  // ops: 91
  test('one that is breaking is not among them, though its data can still be read', async () => {
    const seen: string[][] = [];
    for (const before of [world, await publisher().run('config-changed', world)]) {
      await publisher(seen).run({ kind: 'relation-broken', relation: database }, before);
    }
    expect(seen).toEqual([[`metrics:${metrics.id}`], [`metrics:${metrics.id}`]]);
  });

  test('one that is gone meanwhile reads as empty, and is forgotten', async () => {
    const read: unknown[] = [];
    const reader = charm({
      reconcile: async (juju) => {
        const db = await juju.relation('database');
        if (db === undefined) return void read.push('none');
        db.publishUnit({ host: 'h' });
        read.push([await db.remoteAppData(), await db.units()]);
      },
    });
    const first = await reader.run('config-changed', world);
    const without: State = { ...first, relations: [metrics, peers] };
    const second = await reader.run('update-status', without);
    await reader.run('update-status', second);
    expect(read).toEqual([[{ uris: 'pg:5432' }, ['pg/0']], [{}, []], 'none']);
    expect(second.memory['charmwright.relations']).not.toContain(`${database.id}/unit`);
  });

  test('one that goes between two questions is left out', async () => {
    const seen: unknown[] = [];
    const hook = await rawHook(
      { reconcile: async (juju) => void seen.push(await juju.relations('database')) },
      { JUJU_DISPATCH_PATH: 'hooks/config-changed' },
      { 'relation-ids': ['database:4'], 'relation-list': () => 'ERROR relation 4 not found' },
    );
    expect(hook.exitCode).toBe(0);
    expect(seen).toEqual([[]]);
  });

  test('one that is breaking is left out even when Juju lists it still', async () => {
    const seen: unknown[] = [];
    await rawHook(
      { reconcile: async (juju) => void seen.push(await juju.relations('database')) },
      {
        JUJU_DISPATCH_PATH: 'hooks/database-relation-broken',
        JUJU_RELATION_ID: 'database:4',
        JUJU_REMOTE_APP: 'pg',
      },
      { 'relation-ids': ['database:4'], 'relation-list': 'pg' },
    );
    expect(seen).toEqual([[]]);
  });

  test('one that goes while it is written to leaves no trace', async () => {
    const known = [{ endpoint: 'database', id: 4, app: 'pg' }];
    const hook = await rawHook(
      { reconcile: async (juju) => (await juju.relation('database'))?.publishUnit({ host: 'h' }) },
      { JUJU_DISPATCH_PATH: 'hooks/update-status' },
      {
        'state-get': { 'charmwright.relations': JSON.stringify({ known, published: {} }) },
        'relation-set': () => 'ERROR relation 4 not found',
      },
    );
    expect(hook.exitCode).toBe(0);
    const written = JSON.parse(hook.calls.find(({ tool }) => tool === 'state-set')?.stdin ?? '{}');
    expect(JSON.parse(written['charmwright.relations'])).toEqual({ known: [], published: {}, unlisted: [] });
  });

  test('asking for the only one of an endpoint that has two is an error that says what to do', async () => {
    const two = state({ relations: [metrics, relation('metrics', { remoteApp: 'other' })] });
    const it = charm({ reconcile: async (juju) => void (await juju.relation('metrics')) });
    await expect(it.run('start', two)).rejects.toThrow(
      'endpoint "metrics" has 2 relations; use juju.relations("metrics")',
    );
  });

  test('units come in the order of their numbers, and are asked for once', async () => {
    const seen: (readonly string[])[] = [];
    const it = charm({
      reconcile: async (juju) => {
        const others = await juju.relation('peers');
        for (let i = 0; i < 2; i++) seen.push((await others?.units()) ?? []);
      },
    });
    const after = await it.run('config-changed', world);
    expect(seen).toEqual([
      ['example-k8s/2', 'example-k8s/10'],
      ['example-k8s/2', 'example-k8s/10'],
    ]);
    expect(tools(after).filter((tool) => tool === 'relation-list')).toHaveLength(1);
  });
});

describe('publishing', () => {
  const full = relation('metrics', {
    localAppData: { path: '/old', port: '80', same: 'as before' },
    localUnitData: { host: 'old', 'egress-subnets': '192.0.2.0/32' },
  });
  const before = state({ leader: true, relations: [full] });

  function publishing(bags: {
    readonly app?: Record<string, string>;
    readonly unit?: Record<string, string>;
  }) {
    return charm({
      reconcile: async (juju) => {
        const all = await juju.relations('metrics');
        for (const each of all) {
          if (bags.unit !== undefined) each.publishUnit(bags.unit);
          if (bags.app !== undefined) await each.publishApp(bags.app);
        }
      },
    });
  }

  // ops: 128
  test('says what the databag holds from now on: other keys are deleted, equal ones not written', async () => {
    const after = await publishing({ app: { path: '/new', same: 'as before' } }).run(
      'config-changed',
      before,
    );
    expect(findRelation(after, 'metrics').localAppData).toEqual({ path: '/new', same: 'as before' });
    const writes = after.hookTools.filter(({ tool }) => tool === 'relation-set');
    expect(writes.map(({ stdin }) => JSON.parse(stdin ?? ''))).toEqual([{ path: '/new', port: '' }]);
  });

  test('leaves the keys alone that Juju itself writes', async () => {
    const after = await publishing({ unit: {} }).run('config-changed', before);
    expect(findRelation(after, 'metrics').localUnitData).toEqual({ 'egress-subnets': '192.0.2.0/32' });
  });

  test('from the record deletes what was published before, too', async () => {
    const first = await publishing({ app: { a: '1', b: '2' } }).run('config-changed', before);
    const second = await publishing({ app: { b: '2' } }).run('update-status', first);
    expect(tools(second)).not.toContain('relation-get');
    expect(findRelation(second, 'metrics').localAppData).toEqual({ b: '2' });
  });

  test('the last word counts, and is what the charm reads back', async () => {
    const seen: unknown[] = [];
    const it = charm({
      reconcile: async (juju) => {
        const [each] = await juju.relations('metrics');
        each?.publishUnit({ host: 'first' });
        each?.publishUnit({ host: 'second' });
        seen.push(await each?.localUnitData(), await each?.localAppData());
      },
    });
    const after = await it.run('config-changed', before);
    expect(seen).toEqual([{ host: 'second' }, full.localAppData]);
    expect(findRelation(after, 'metrics').localUnitData).toMatchObject({ host: 'second' });
  });

  test('application data is the leader`s: a follower is told so', async () => {
    const crash = publishing({ app: { path: '/' } }).run('start', { ...before, leader: false });
    await expect(crash).rejects.toMatchObject({ cause: expect.any(NotAllowedError) });
    await expect(crash).rejects.toThrow('example-k8s/0 is not the leader; ask juju.isLeader() first');
  });

  // ops: 127
  test('an empty value is no value: Juju cannot keep one', async () => {
    const after = await publishing({ app: { path: '', port: '1' } }).run('config-changed', before);
    expect(findRelation(after, 'metrics').localAppData).toEqual({ port: '1' });
  });
});

describe('typed databags', () => {
  const jobs = z.array(z.object({ name: z.string(), port: z.int().optional() }));
  const typed = (seen: unknown[] = []) =>
    charm({
      endpoints: {
        database: { remoteApp: z.object({ uris: z.string(), ports: json(z.array(z.int())) }) },
        metrics: { localApp: z.object({ jobs: json(jobs), scheme: z.enum(['http', 'https']) }) },
        peers: { remoteUnit: z.object({ name: z.string() }) },
      },
      reconcile: async (juju) => {
        const loaded = await (await juju.relation('database'))?.loadRemoteApp();
        seen.push(loaded?.ok === true ? loaded.data : loaded?.error);
        if (loaded?.ok === false) juju.addStatus(waiting(loaded.error.message));
      },
    });

  async function read(bag: Record<string, string>): Promise<{ after: Outcome; seen: unknown }> {
    const seen: unknown[] = [];
    const given = relation('database', { id: 7, remoteApp: 'pg', remoteAppData: bag });
    return { after: await typed(seen).run('config-changed', state({ relations: [given] })), seen: seen[0] };
  }

  // ops: 133
  test('are parsed, JSON and all', async () => {
    expect((await read({ uris: 'pg:5432', ports: '[5432,5433]', more: 'x' })).seen).toEqual({
      uris: 'pg:5432',
      ports: [5432, 5433],
    });
  });

  test.each([
    [
      {},
      '[database:7] data of pg: key "uris": Invalid input: expected string, received undefined; key "ports"',
    ],
    [{ uris: 'u', ports: '5432,' }, '[database:7] data of pg: key "ports": is not JSON'],
    [{ uris: 'u', ports: '[1,"2"]' }, 'key "ports": 1: Invalid input: expected number, received string'],
    [{ uris: 'u', ports: '{"__proto__":{"length":1}}' }, 'key "ports": Invalid input: expected array'],
    [{ uris: 'u', ports: '['.repeat(100_000) }, 'key "ports": is not JSON'],
    [
      JSON.parse('{"__proto__":"x","constructor":"y","uris":"u","ports":"null"}'),
      'key "ports": Invalid input',
    ],
    [{ uris: 'u\u0000', ports: '\u0000' }, 'key "ports": is not JSON'],
  ])('that are wrong are an error naming relation, application and key, and no crash: %o', async (bag, said) => {
    const { after, seen } = await read(bag);
    expect(after.exitCode).toBe(0);
    expect(seen).toBeInstanceOf(RelationDataError);
    expect(after.unitStatus.message).toContain(said);
  });

  test('with a thousand wrong entries name the first few', async () => {
    const { seen } = await read({ uris: 'u', ports: JSON.stringify(Array(1000).fill('x')) });
    expect(seen).toMatchObject({ message: expect.stringMatching(/; and 995 more$/) });
    expect(seen instanceof RelationDataError && seen.issues.length).toBe(1000);
  });

  test('for which a schema itself gives up are wrong data, no crash', async () => {
    type Tree = { readonly in?: Tree | undefined };
    const tree: z.ZodType<Tree> = z.object({ in: z.lazy(() => tree).optional() });
    const deep = `${'{"in":'.repeat(50_000)}{}${'}'.repeat(50_000)}`;
    const it = charm({
      endpoints: { database: { remoteApp: z.object({ tree: json(tree) }) } },
      reconcile: async (juju) => {
        const loaded = await (await juju.relation('database'))?.loadRemoteApp();
        juju.addStatus(blocked(loaded?.ok === false ? loaded.error.message : 'read'));
      },
    });
    const given = relation('database', { id: 7, remoteApp: 'pg', remoteAppData: { tree: deep } });
    const after = await it.run('config-changed', state({ relations: [given] }));
    expect(after.unitStatus.message).toBe(
      '[database:7] data of pg: databag: cannot be read: Maximum call stack size exceeded',
    );
  });

  test('of one bad unit name that unit', async () => {
    const others = peerRelation('peers', { id: 8, units: { 1: { name: 'one' }, 2: {} } });
    const seen: unknown[] = [];
    const it = charm({
      endpoints: { peers: { remoteUnit: z.object({ name: z.string() }) } },
      reconcile: async (juju) => {
        const all = await juju.relation('peers');
        for (const unit of (await all?.units()) ?? []) {
          const loaded = await all?.loadRemoteUnit(unit);
          seen.push(loaded?.ok === true ? loaded.data.name : loaded?.error.entity);
        }
      },
    });
    await it.run('config-changed', state({ relations: [others] }));
    expect(seen).toEqual(['one', 'example-k8s/2']);
  });

  // ops: 134
  test('are written with sorted keys: equal data in any order is equal text, and wakes nobody', async () => {
    const job = { name: 'node', port: 9100 };
    const turned = { port: 9100, name: 'node' };
    const publish = (given: z.infer<typeof jobs>) =>
      charm({
        endpoints: {
          metrics: { localApp: z.object({ jobs: json(jobs), scheme: z.enum(['http', 'https']) }) },
        },
        reconcile: async (juju) => {
          for (const each of await juju.relations('metrics'))
            await each.publishApp({ jobs: given, scheme: 'http' });
        },
      });
    const first = await publish([job]).run('config-changed', world);
    expect(findRelation(first, 'metrics').localAppData).toEqual({
      jobs: '[{"name":"node","port":9100}]',
      scheme: 'http',
    });
    for (const event of ['update-status', 'config-changed'] as const) {
      expect(tools(await publish([turned]).run(event, first))).not.toContain('relation-set');
    }
  });

  test('as JSON have their keys sorted at every depth, and lists as they are', () => {
    const labels = json(z.record(z.string(), z.unknown()));
    const text = '{"a":[{"x":1,"y":2},0],"b":{"c":null,"d":"→"}}';
    expect(z.encode(labels, { b: { d: '→', c: null }, a: [{ y: 2, x: 1 }, 0] })).toBe(text);
    expect(stableJson(z.decode(labels, text))).toBe(text);
  });

  test('do not depend on the order in which relations, units and keys are listed', async () => {
    const shuffled = <T>(list: readonly T[]): T[] => list.toReversed();
    const turned = (each: RelationState): RelationState => ({
      ...each,
      remoteAppData: Object.fromEntries(shuffled(Object.entries(each.remoteAppData))),
    });
    const many = state({
      leader: true,
      relations: [
        metrics,
        relation('metrics', { remoteApp: 'b', remoteAppData: { x: '1', y: '2' } }),
        relation('metrics', { remoteApp: 'c', remoteAppData: { p: '1', q: '2' } }),
      ],
    });
    const gather = charm({
      reconcile: async (juju) => {
        const all = await juju.relations('metrics');
        const bags = await Promise.all(all.map((each) => each.remoteAppData()));
        for (const each of all)
          await each.publishApp({ all: all.map(({ id }) => id).join(), n: `${bags.length}` });
      },
    });
    const straight = await gather.run('config-changed', many);
    const other = await gather.run('config-changed', {
      ...many,
      relations: shuffled(many.relations).map(turned),
    });
    const writes = (outcome: Outcome) =>
      outcome.hookTools
        .filter(({ tool }) => /-set$/.test(tool))
        .map(({ tool, args, stdin }) => [tool, args, stdin]);
    expect(writes(other)).toEqual(writes(straight));
    expect(writes(straight).length).toBeGreaterThan(3);
  });
});
