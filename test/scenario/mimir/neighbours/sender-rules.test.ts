/** Rules of related senders, kept in step in Mimir's ruler. */
import {
  context,
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
import { world } from '../../../support/mimir-world.ts';

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
});
