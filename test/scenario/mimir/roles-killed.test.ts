/** Hooks of a cluster that are killed at every call they make to Juju or Pebble, and run again: the end is the same. */
import { peerRelation, relation, type State, secret, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { endAsUnkilled } from '../../support/killed-hooks.ts';
import { KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.103';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const peers = peerRelation('mimir-peers', { id: 1 });
const rest = relation('mimir-cluster', {
  id: 7,
  remoteApp: 'rest',
  remoteAppData: { role: '"write,read,query-scheduler"', planned_units: '1' },
  remoteUnits: { 0: { address: '"rest-0.rest-endpoints.cos.svc.cluster.local"', ip: '"10.1.0.9"' } },
});
/** The unit has asked, and it is its turn. */
const ASKED = { asked: 1, done: 0 };
const TURN = {
  'cluster-restart': JSON.stringify(ASKED),
  'cluster-turn': JSON.stringify({ application: 'mimir-k8s', request: 1 }),
  turn: JSON.stringify({ unit: 'mimir-k8s/0', request: 1 }),
};
const writers = { ...rest, id: 8, remoteApp: 'writers' };

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const alone = world(HOST, { relations: [peers, s3(HOST)], secrets: [S3_SECRET] });
const leads = async () =>
  stateOf(
    await mimir.run(ready, { ...alone, relations: [...alone.relations, rest], config: { roles: 'backend' } }),
  );

/** Led by a charm that gives no turns. */
async function joined(): Promise<State> {
  const led = await leads();
  const { turn: _turn, ...bag } = led.relations.find(({ id }) => id === 7)?.localAppData ?? {};
  const cluster = relation('join-cluster', {
    id: 6,
    remoteApp: 'leading',
    remoteAppData: { ...bag, s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`) },
  });
  const secrets = [secret({ id: S3_SECRET.id, content: KEYS })];
  return world(HOST, { relations: [peers, cluster], secrets, config: { roles: 'read' } });
}

endAsUnkilled({
  'the first application that joins': {
    event: { kind: 'relation-changed', relation: 'mimir-cluster' },
    before: async () => {
      const state = stateOf(await mimir.run(ready, alone));
      return { ...state, relations: [...state.relations, rest] };
    },
    // The gateway.
    starts: 2,
  },
  'one more': {
    event: { kind: 'relation-created', relation: writers },
    before: async () => {
      const state = await leads();
      return { ...state, relations: [...state.relations, writers] };
    },
    starts: 2,
  },
  'the end of all roles of the one that leads': {
    event: 'config-changed',
    before: async () => {
      const state = await leads();
      const others = state.relations.map((each) => {
        if (each.id === 7) return { ...each, remoteAppData: { role: '"all"', planned_units: '1' } };
        return each.id === peers.id ? { ...each, localAppData: { ...each.localAppData, ...TURN } } : each;
      });
      return {
        ...state,
        relations: others,
        config: { roles: 'none' },
        stored: { ...state.stored, restart: ASKED },
      };
    },
    starts: 1,
  },
  'the first start of one that has joined': { event: ready, before: joined, starts: 2 },
  'other roles of one that has joined': {
    event: 'config-changed',
    before: async () => ({
      ...stateOf(await mimir.run(ready, await joined())),
      config: { roles: 'read,ruler' },
    }),
    starts: 2,
  },
  'the end of its relation': {
    event: { kind: 'relation-broken', relation: 'join-cluster' },
    before: async () => stateOf(await mimir.run(ready, await joined())),
    starts: 0,
  },
});
