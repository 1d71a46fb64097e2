/** Rules of related senders, kept in step in Mimir's ruler. */
import {
  context,
  crashTest,
  type Outcome,
  peerRelation,
  type RelationInput,
  type RelationState,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mimir as charm } from '../../../../charm/charm.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.60';
/** As on a unit. */
const mimir = context(charm, { remembersRemoteData: true });
const APPS: Readonly<Record<number, string>> = { 5: 'agent', 6: 'collector' };

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
beforeEach(() => {
  server.ready = true;
  server.ruler.namespaces.clear();
  server.ruler.failure = undefined;
  server.ruler.asked();
});
afterAll(() => server[Symbol.asyncDispose]());

const AGENT = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'agent',
};
const down = (expr = 'up == 0', labels: object = {}) => ({ alert: 'Down', expr, labels });
const group = (name: string, ...rules: readonly object[]) => ({ name, rules });
const rulesOf = (...groups: readonly unknown[]) => ({ alert_rules: JSON.stringify({ groups }) });

function sender(id: number, input: RelationInput = {}): RelationState {
  return relation('receive-remote-write', { id, remoteApp: APPS[id] ?? 'agent', ...input });
}

function related(...senders: readonly RelationState[]): State {
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), ...senders] });
}

/** The same world after one side has said something else. */
function says(state: State, id: number, remoteAppData: Readonly<Record<string, string>>): State {
  const relations = state.relations.map((each) => (each.id === id ? { ...each, remoteAppData } : each));
  return { ...stateOf(state), relations };
}

const changed = (id: number) => ({ kind: 'relation-changed', relation: id }) as const;
const run = (event: Parameters<typeof mimir.run>[0], state: State): Promise<Outcome> =>
  mimir.run(event, stateOf(state));

function eventSaid(state: State, id: number): string | undefined {
  return state.relations.find((each) => each.id === id)?.localAppData.event;
}

describe('rules of a sender', () => {
  test('are loaded, in a namespace of its own, and looked after no more until they change', async () => {
    const after = await run(changed(5), related(sender(5, { remoteAppData: rulesOf(group('a', down())) })));
    expect(server.ruler.expressions).toEqual({ 'receive-remote-write:5:agent': { a: ['up == 0'] } });
    expect(eventSaid(after, 5)).toBe('{}');
    server.ruler.asked();
    const later = await run('update-status', after);
    expect(server.ruler.asked()).toEqual([]);
    await run(changed(5), says(later, 5, rulesOf(group('a', down()), group('b', down('b')))));
    expect(server.ruler.asked()).toEqual([
      'GET receive-remote-write:5:agent',
      'POST receive-remote-write:5:agent',
    ]);
  });

  test('look at the application that they are labelled with', async () => {
    const rules = rulesOf(group('a', down('absent(up{%%juju_topology%%, job="x"})', AGENT)));
    await run(changed(5), related(sender(5, { remoteAppData: rules })));
    expect(Object.values(server.ruler.expressions)[0]?.a).toEqual([
      'absent(up{ job="x",juju_model="cos",juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4",juju_application="agent"})',
    ]);
  });

  test('go with the relation, also with the last one', async () => {
    const before = await run(
      changed(5),
      related(
        sender(5, { remoteAppData: rulesOf(group('a', down())) }),
        sender(6, { remoteAppData: rulesOf(group('a', down())) }),
      ),
    );
    expect(Object.keys(server.ruler.expressions)).toHaveLength(2);
    const one = await run({ kind: 'relation-broken', relation: 5 }, before);
    expect(Object.keys(server.ruler.expressions)).toEqual(['receive-remote-write:6:collector']);
    const none = { ...stateOf(one), relations: one.relations.filter(({ id }) => id !== 5) };
    await run({ kind: 'relation-broken', relation: 6 }, none);
    expect(server.ruler.expressions).toEqual({});
  });

  test('of one group name from two senders do not meet', async () => {
    const rules = (expr: string) => ({ remoteAppData: rulesOf(group('a', down(expr))) });
    await run(changed(6), related(sender(5, rules('x')), sender(6, rules('y'))));
    expect(server.ruler.expressions).toEqual({
      'receive-remote-write:5:agent': { a: ['x'] },
      'receive-remote-write:6:collector': { a: ['y'] },
    });
  });

  test('go when the sender has no more units, and come again with one', async () => {
    const state = related(sender(5, { remoteAppData: rulesOf(group('a', down())) }));
    const before = await run(changed(5), state);
    const none = await run({ kind: 'relation-departed', relation: 5, remoteUnit: 0 }, before);
    expect(server.ruler.expressions).toEqual({});
    await run(changed(5), { ...stateOf(none), relations: state.relations });
    expect(Object.keys(server.ruler.expressions)).toEqual(['receive-remote-write:5:agent']);
  });

  test('that say nothing cause no question', async () => {
    await run(changed(5), related(sender(5), sender(6, { remoteAppData: { alert_rules: '{}' } })));
    expect(server.ruler.asked()).toEqual([]);
  });

  test("are the leader's to load", async () => {
    const state = related(sender(5, { remoteAppData: rulesOf(group('a', down())) }));
    const follower = { ...state, leader: false };
    const after = await run(changed(5), follower);
    expect(server.ruler.asked()).toEqual([]);
    await run('leader-elected', { ...stateOf(after), leader: true });
    expect(Object.keys(server.ruler.expressions)).toEqual(['receive-remote-write:5:agent']);
  });
});

describe('rules that Mimir refuses', () => {
  const bad = { alert: 'Bad', expr: 'nofunc(up)' };
  const text =
    'group "a", rule "Bad": could not parse expression: 1:1: parse error: unknown function with name "nofunc"';
  const half = () =>
    related(sender(5, { remoteAppData: rulesOf(group('a', bad, down()), group('b', down())) }));

  test('are told to the sender, the operator and the log, and the others are loaded', async () => {
    const after = await run(changed(5), half());
    expect(server.ruler.expressions).toEqual({
      'receive-remote-write:5:agent': { a: ['up == 0'], b: ['up == 0'] },
    });
    expect(eventSaid(after, 5)).toBe(JSON.stringify({ errors: text }));
    expect(after.unitStatus).toEqual({
      name: 'active',
      message: `[receive-remote-write] not used: data of agent (receive-remote-write:5): key "alert_rules" ${text}`,
    });
    expect(after.logs.map(({ message }) => message).join('\n')).toContain(
      `rules of agent (receive-remote-write:5) that were not loaded: ${text}`,
    );
  });

  test('are told for as long as they are there, and asked of Mimir once', async () => {
    const before = await run(changed(5), half());
    server.ruler.asked();
    const later = await run('update-status', before);
    expect(server.ruler.asked()).toEqual([]);
    expect([eventSaid(later, 5), later.unitStatus]).toEqual([eventSaid(before, 5), before.unitStatus]);
    const mended = await run(changed(5), says(later, 5, rulesOf(group('a', down()))));
    expect(eventSaid(mended, 5)).toBe('{}');
    expect(mended.unitStatus.message).not.toContain('receive-remote-write');
  });

  test('that are no rules file leave what was loaded', async () => {
    const before = await run(changed(5), related(sender(5, { remoteAppData: rulesOf(group('a', down())) })));
    const after = await run(changed(5), says(before, 5, { alert_rules: 'groups: [' }));
    expect(eventSaid(after, 5)).toBe('{"errors":"is not the JSON of a rules file"}');
    expect(server.ruler.expressions).toEqual({ 'receive-remote-write:5:agent': { a: ['up == 0'] } });
  });

  test('do not keep those of another sender away', async () => {
    const state = related(
      sender(5, { remoteAppData: rulesOf(group('a', bad)) }),
      sender(6, { remoteAppData: rulesOf(group('a', down())) }),
    );
    const after = await run(changed(5), state);
    expect(Object.keys(server.ruler.expressions)).toEqual(['receive-remote-write:6:collector']);
    expect(eventSaid(after, 6)).toBe('{}');
  });
});

describe('rules of somebody who means no good', () => {
  test('may be ten thousand groups', async () => {
    const groups = Array.from({ length: 10_000 }, (_, i) => group(`g${i}`, down(`up > ${i}`)));
    const before = await run(changed(5), related(sender(5, { remoteAppData: rulesOf(...groups) })));
    expect(before.error).toBeUndefined();
    expect(Object.keys(server.ruler.expressions['receive-remote-write:5:agent'] ?? {})).toHaveLength(10_000);
    server.ruler.asked();
    await run(changed(5), says(before, 5, rulesOf(...groups.slice(1))));
    expect(server.ruler.asked()).toEqual([
      'GET receive-remote-write:5:agent',
      'DELETE receive-remote-write:5:agent/g0',
    ]);
  });

  test('may have names of any length: nothing that is told of them is long', async () => {
    const long = 'x'.repeat(1_000_000);
    const rules = Array.from({ length: 50 }, (_, i) => ({ alert: `${long}${i}`, expr: 'nofunc(up)' }));
    const after = await run(
      changed(5),
      related(sender(5, { remoteAppData: rulesOf(group(long, ...rules)) })),
    );
    expect(after.error).toBeUndefined();
    expect(eventSaid(after, 5)?.length).toBeLessThan(5000);
    expect(eventSaid(after, 5)).toMatch(/and 40 more/);
  });
});

describe('while something is in the way', () => {
  const state = () => related(sender(5, { remoteAppData: rulesOf(group('a', down()), group('b', down())) }));
  const loaded = { 'receive-remote-write:5:agent': { a: ['up == 0'], b: ['up == 0'] } };

  test('the rules wait for a Mimir that starts', async () => {
    server.ready = false;
    const before = await run(changed(5), state());
    expect(server.ruler.asked()).toEqual([]);
    server.ready = true;
    await run('update-status', before);
    expect(server.ruler.expressions).toEqual(loaded);
  });

  test('they wait for a ruler without storage, and the status says so', async () => {
    server.ruler.failure = { status: 500, body: 'object storage is away' };
    const before = await run(changed(5), state());
    expect(before.unitStatus).toEqual({
      name: 'waiting',
      message: expect.stringMatching(
        /^\[receive-remote-write\] rules of all senders are loaded later: cannot .*away$/,
      ),
    });
    server.ruler.failure = undefined;
    const after = await run('update-status', before);
    expect(server.ruler.expressions).toEqual(loaded);
    expect(after.unitStatus.message).not.toContain('receive-remote-write');
  });

  test('of a new leader, too: nothing is believed until Mimir has said what it holds', async () => {
    const before = await run(changed(5), state());
    server.ruler.failure = { status: 500, body: 'object storage is away' };
    const elected = await run('leader-elected', before);
    const gone = await run({ kind: 'relation-broken', relation: 5 }, elected);
    expect(gone.unitStatus.message).toMatch(
      /^\[receive-remote-write\] rules of all senders are loaded later: /,
    );
    const relations = gone.relations.filter(({ id }) => id !== 5);
    server.ruler.failure = undefined;
    await run('update-status', { ...stateOf(gone), relations });
    expect(server.ruler.expressions).toEqual({});
  });

  test('rules of a relation that has gone meanwhile are removed later', async () => {
    const before = await run(changed(5), state());
    server.ruler.failure = { status: 500, body: 'object storage is away' };
    const gone = await run({ kind: 'relation-broken', relation: 5 }, before);
    const relations = gone.relations.filter(({ id }) => id !== 5);
    server.ruler.failure = undefined;
    await run('update-status', { ...stateOf(gone), relations });
    expect(server.ruler.expressions).toEqual({});
  });
});

describe('what the ruler holds already', () => {
  const state = (input: RelationInput = { remoteAppData: rulesOf(group('a', down())) }) =>
    related(sender(5, input));

  /** As if it were of another time, or of people. */
  async function hold(namespace: string, name = 'old'): Promise<void> {
    const { ok } = await fetch(
      `http://${HOST}:9009/prometheus/config/v1/rules/${encodeURIComponent(namespace)}`,
      {
        method: 'POST',
        body: JSON.stringify(group(name, down('old'))),
      },
    );
    expect(ok).toBe(true);
  }

  test('of people stays; of senders that are gone, from another life of the application, goes', async () => {
    await hold('node');
    await hold('receive-remote-write:2:gone');
    await hold('receive-remote-write:3:gone-too');
    await run(changed(5), state());
    expect(Object.keys(server.ruler.expressions).toSorted()).toEqual([
      'node',
      'receive-remote-write:5:agent',
    ]);
  });

  test('is compared after a change of leader, and only the difference is sent', async () => {
    const before = await run(changed(5), state());
    await hold('receive-remote-write:5:agent');
    server.ruler.asked();
    await run('leader-elected', before);
    expect(server.ruler.asked()).toEqual(['GET', 'DELETE receive-remote-write:5:agent/old']);
  });

  test('is not believed to be there after the move to a bucket', async () => {
    const before = await run(changed(5), state());
    server.ruler.namespaces.clear();
    const bucket = s3(HOST);
    const moved = { ...stateOf(before), relations: [...before.relations, bucket], secrets: [S3_SECRET] };
    const after = await run({ kind: 'relation-changed', relation: 's3' }, moved);
    await run('update-status', after);
    expect(Object.keys(server.ruler.expressions)).toEqual(['receive-remote-write:5:agent']);
  });
});

describe('a hook that is killed', () => {
  const first = rulesOf(group('a', down()), group('b', down()));
  const second = rulesOf(group('a', down('x')), group('c', down()));
  const loaded = () => run(changed(5), related(sender(5, { remoteAppData: first })));

  test.each([
    [
      'as the first rules come',
      async () => related(sender(5, { remoteAppData: second })),
      changed(5),
      ['a', 'c'],
    ],
    ['as rules change', async () => says(await loaded(), 5, second), changed(5), ['a', 'c']],
    ['as the relation goes', loaded, { kind: 'relation-broken', relation: 5 } as const, []],
    ['as the leader changes', loaded, 'leader-elected' as const, ['a', 'b']],
  ])('%s leaves nothing undone', async (_when, before, event, groups) => {
    const { problems, calls } = await crashTest(charm, event, stateOf(await before()), {
      remembersRemoteData: true,
    });
    expect(problems).toEqual([]);
    expect(calls).toBeGreaterThan(1);
    expect(Object.keys(server.ruler.expressions['receive-remote-write:5:agent'] ?? {})).toEqual(groups);
  });

  test('when Mimir has the new rules, and then hears of the old ones again, leaves the old ones', async () => {
    const before = stateOf(await loaded());
    const { charmFiles = {} } = stateOf(await run(changed(5), says(before, 5, second)));
    expect(Object.keys(server.ruler.expressions['receive-remote-write:5:agent'] ?? {})).toEqual(['a', 'c']);
    for (const note of [charmFiles['sender-rules'], 'unfinished']) {
      await run(changed(5), { ...before, charmFiles: { ...charmFiles, 'sender-rules': note ?? '' } });
      expect(Object.keys(server.ruler.expressions['receive-remote-write:5:agent'] ?? {})).toEqual(['a', 'b']);
    }
  });
});
