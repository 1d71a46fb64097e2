/** What other sides of relations published: read after an event of the relation, and remembered until the next one. */
import { type CharmParts, defineCharm } from 'charmwright';
import {
  context,
  crashTest,
  findRelation,
  peerRelation,
  relation,
  type State,
  state,
  stateOf,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { spec } from '../../types/example.ts';
import { rawHook, type Spec, tools } from './charms.ts';

const database = relation('database', {
  remoteApp: 'pg',
  remoteAppData: { uris: 'pg:5432' },
  remoteUnits: { 0: { host: 'pg-0' } },
});
const metrics = relation('metrics', {
  remoteApp: 'prometheus',
  remoteAppData: { scrape: '10s' },
  remoteUnits: {},
});
const peers = peerRelation('peers', { units: { 1: { name: 'one' } }, localAppData: { factor: '1' } });
const world = state({ leader: true, relations: [database, metrics, peers] });

/** Its folder, as the state has it. */
const folder = ({ charmFiles = {} }: State) => Object.keys(charmFiles).toSorted();
const fileOf = ({ id }: { readonly id: number }) => `.charmwright-remote/${id}.json`;

/** Of whom the databag is remembered. */
function remembered({ charmFiles = {} }: State, relation: { readonly id: number }): readonly string[] {
  return Object.keys(
    z.record(z.string(), z.unknown()).parse(JSON.parse(charmFiles[fileOf(relation)] ?? '{}')),
  );
}

/** Reads all that others have written, and shows it. */
function reader(parts: CharmParts<Spec, Record<never, never>> = {}, seen: string[] = []) {
  const charm = defineCharm(spec, {
    reconcile: async (juju) => {
      const found: Record<string, unknown> = {};
      for (const endpoint of ['database', 'metrics', 'peers'] as const)
        for (const each of await juju.relations(endpoint)) {
          found[each.name] = await each.remoteAppData();
          for (const unit of await each.units()) found[unit] = await each.remoteUnitData(unit);
        }
      seen.push(JSON.stringify(found));
    },
    ...parts,
  });
  return { charm, seen, ...context(charm, { remembersRemoteData: true }) };
}

/** Somebody at the other side has written; Juju has not told this unit yet. */
function written(before: State, id: number, uris: string): State {
  const relations = before.relations.map((each) =>
    each.id === id ? { ...each, remoteAppData: { uris } } : each,
  );
  return { ...stateOf(before), relations };
}

describe('what the other side published', () => {
  test('is asked for once, a process for each databag, and not again while nothing happens in the relation', async () => {
    const { run, seen } = reader();
    const first = await run('config-changed', world);
    expect(tools(first).filter((tool) => tool === 'relation-get')).toHaveLength(5);
    expect(folder(first)).toEqual([database, metrics, peers].map(fileOf));
    const second = await run('config-changed', first);
    expect(tools(second)).not.toContain('relation-get');
    expect(seen[1]).toBe(seen[0]);
    expect(stateOf(second)).toEqual(stateOf(first));
  });

  test('is seen at the event that tells of it, and then of that relation alone', async () => {
    const { run, seen } = reader();
    const first = await run('config-changed', world);
    const changed = written(first, database.id, 'pg:6432');
    const between = await run('update-status', changed);
    expect(seen[1]).toBe(seen[0]);
    const told = await run(
      { kind: 'relation-changed', relation: findRelation(between, database.id) },
      between,
    );
    expect(seen[2]).toContain('pg:6432');
    const asked = told.hookTools.filter(({ tool }) => tool === 'relation-get').map(({ args }) => args[2]);
    expect(new Set(asked)).toEqual(new Set([`database:${database.id}`]));
    await run('update-status', told);
    expect(seen[3]).toBe(seen[2]);
  });

  test.each([
    'joined',
    'changed',
    'departed',
  ] as const)('is read again of the unit that has %s, and not of the others', async (what) => {
    const { run } = reader();
    const remoteUnits = { 0: { host: 'pg-0' }, 1: { host: 'pg-1' }, 2: { host: 'pg-2' } };
    const many = { ...stateOf(world), relations: [{ ...database, remoteUnits }, metrics, peers] };
    const first = await run('config-changed', many);
    const told = await run(
      { kind: `relation-${what}`, relation: database.id, remoteUnit: 1 },
      stateOf(first),
    );
    const asked = told.hookTools.filter(({ tool }) => tool === 'relation-get').map(({ args }) => args.at(-1));
    expect(asked.filter((unit) => unit?.startsWith('pg/'))).toEqual(what === 'departed' ? [] : ['pg/1']);
    expect(remembered(told, database).filter((who) => who !== 'pg/1')).toEqual(['pg', 'pg/0', 'pg/2']);
  });

  test('of an application is read again when it has spoken, and not that of its units', async () => {
    const { run } = reader();
    const first = await run('config-changed', world);
    const told = await run({ kind: 'relation-changed', relation: database.id }, stateOf(first));
    const asked = told.hookTools.filter(({ tool }) => tool === 'relation-get').map(({ args }) => args.at(-1));
    expect(asked).toEqual(['pg']);
  });

  test.each(['joined', 'departed'] as const)('is read again when a unit has %s', async (what) => {
    const { run, seen } = reader();
    const first = await run('config-changed', world);
    const changed = written(first, database.id, 'pg:6432');
    await run(
      { kind: `relation-${what}`, relation: findRelation(changed, database.id), remoteUnit: 0 },
      changed,
    );
    expect(seen[1]).toContain('pg:6432');
  });

  test.each([
    'start',
    'upgrade-charm',
    'leader-elected',
  ] as const)('is all read again at %s', async (event) => {
    const { run, seen } = reader();
    const first = await run('config-changed', world);
    const after = await run(event, written(first, database.id, 'pg:6432'));
    expect(tools(after).filter((tool) => tool === 'relation-get')).toHaveLength(5);
    expect(seen[1]).toContain('pg:6432');
  });

  test('never comes back alive when its relation has broken', async () => {
    const seen: unknown[] = [];
    const { run } = reader({
      on: {
        'database-relation-broken': async (juju, event) => {
          const broken = await juju.relationOf(event);
          seen.push(await juju.relations('database'), await broken?.remoteAppData());
        },
      },
    });
    const first = await run('config-changed', world);
    const broken = await run({ kind: 'relation-broken', relation: database }, first);
    expect(seen).toEqual([[], { uris: 'pg:5432' }]); // Juju still tells who asks for it
    expect(folder(broken)).toEqual([metrics, peers].map(fileOf));
  });

  test('with `remoteData: "fresh"` is read in each dispatch, and kept nowhere', async () => {
    const { run, seen } = reader({ remoteData: 'fresh' });
    const first = await run('config-changed', world);
    expect(folder(first)).toEqual([]);
    await run('update-status', written(first, database.id, 'pg:6432'));
    expect(seen[1]).toContain('pg:6432');
  });

  test('is what the state says in a test that does not ask for memory', async () => {
    const { charm, seen } = reader();
    const { run } = context(charm);
    const first = await run('config-changed', world);
    await run('update-status', written(first, database.id, 'pg:6432'));
    expect(seen[1]).toContain('pg:6432');
    expect(folder(first)).toEqual([]);
  });
});

describe('a hook that does not come to its end', () => {
  const changedBy = (before: State) => {
    const changed = written(before, database.id, 'pg:6432');
    return [
      { kind: 'relation-changed', relation: findRelation(changed, database.id) } as const,
      changed,
    ] as const;
  };

  test.each([
    1, 2, 3,
  ])('and is killed after call %i leaves nothing stale behind', async (killAfterToolCall) => {
    const { run, seen } = reader();
    const [event, changed] = changedBy(await run('config-changed', world));
    const killed = await run(event, changed, { killAfterToolCall, onFailure: 'return' });
    expect(killed.killed).toBe(true);
    expect(remembered(killed, database)).toEqual(['pg/0']);
    // An operator who gives up on the hook: Juju goes on with the next one.
    await run('update-status', killed);
    expect(seen.at(-1)).toContain('pg:6432');
  });

  test('but throws has forgotten, and keeps nothing of what it read', async () => {
    let isBad = false;
    const { run, seen } = reader({
      beforeCommit: () => {
        if (isBad) throw new Error('no');
      },
    });
    const [event, changed] = changedBy(await run('config-changed', world));
    isBad = true;
    const failed = await run(event, changed, { onFailure: 'return' });
    expect(remembered(failed, database)).toEqual(['pg/0']);
    isBad = false;
    await run('update-status', failed);
    expect(seen.at(-1)).toContain('pg:6432');
  });

  test('ends as the undisturbed one when it is run again, wherever it was killed', async () => {
    const { charm, run } = reader({
      reconcile: async (juju) => {
        const mine = await juju.relation('peers');
        const theirs = await juju.relation('database');
        const { uris = '' } = (await theirs?.remoteAppData()) ?? {};
        await mine?.publishApp({ ...(await mine.localAppData()), uris });
      },
    });
    const [event, changed] = changedBy(await run('config-changed', world));
    const { problems, calls } = await crashTest(charm, event, changed, { remembersRemoteData: true });
    expect(problems).toEqual([]);
    expect(calls).toBeGreaterThan(3);
  });
});

describe('what is not remembered', () => {
  test("our own application's data, of peers, once we have written it", async () => {
    const seen: string[] = [];
    const charm = defineCharm(spec, {
      reconcile: async (juju, event) => {
        const mine = await juju.relation('peers');
        seen.push((await mine?.localAppData())?.factor ?? '');
        if (event.kind === 'config-changed') await mine?.publishApp({ factor: '3' });
      },
    });
    const { run } = context(charm, { remembersRemoteData: true });
    const first = await run('update-status', world);
    expect(folder(first)).toEqual([fileOf(peers)]);
    const second = await run('config-changed', first);
    expect(folder(second)).toEqual([]);
    await run('update-status', second);
    expect(seen).toEqual(['1', '1', '3']);
  });

  test('data that Juju refuses to show, as it does while a relation is going', async () => {
    const files = new Map<string, string>();
    const { exitCode, calls } = await rawHook(
      { reconcile: async (juju) => void (await (await juju.relation('database'))?.remoteAppData()) },
      { JUJU_DISPATCH_PATH: 'hooks/update-status', JUJU_HOOK_NAME: 'update-status' },
      {
        'relation-ids': ['database:1'],
        'relation-list': 'pg',
        'relation-get': () => 'ERROR permission denied\n',
      },
      {
        remembersRemoteData: true,
        files: {
          read: (name) => files.get(name),
          write: (name, text) => void files.set(name, text),
          remove: (name) => void files.delete(name),
        },
      },
    );
    expect(calls.map(({ tool }) => tool)).toContain('relation-get');
    expect([exitCode, [...files.keys()]]).toEqual([0, []]);
  });

  test.each([
    ['half a file', '{"pg":{"uris":"pg:1'],
    ['a file of another shape', '{"pg":["uris"]}'],
    ['no text at all', ''],
  ])('%s: it counts as none, and is written anew', async (_, text) => {
    const { run, seen } = reader();
    const first = await run('config-changed', world);
    const damaged = { ...stateOf(first), charmFiles: { ...first.charmFiles, [fileOf(database)]: text } };
    const after = await run('update-status', damaged);
    expect(seen[1]).toBe(seen[0]);
    expect(after.charmFiles).toEqual(first.charmFiles);
  });

  test('more than four megabytes of a relation', async () => {
    const { run } = reader();
    const large = written(world, database.id, 'x'.repeat(5_000_000));
    expect(folder(await run('config-changed', large))).toEqual([metrics, peers].map(fileOf));
  });
});
