/** An application that leads a cluster, and of which another unit leads now: the secret that all may read is the same. */
import { findRelation, peerRelation, relation, type State, secret, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { gateway, image, KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.201';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const MEMBERS = ['write', 'rest'].map((app, at) =>
  relation('mimir-cluster', {
    id: 7 + at,
    remoteApp: app,
    remoteAppData: { role: JSON.stringify(app === 'write' ? 'write' : 'read'), planned_units: '1' },
    remoteUnits: { 0: { address: JSON.stringify(`${app}-0.${app}-endpoints.cos.svc.cluster.local`) } },
  }),
);

/** The one that led has gone. */
const PEERS_OF_1 = peerRelation('mimir-peers', { id: 1 });
const shared = (state: State) => state.secrets.filter(({ label }) => label === 'object-storage');
const told = (state: State) => findRelation(state, 7).localAppData;

test('keys that were rotated while nobody led come to all, by the secret that they have', async () => {
  const input = {
    config: { roles: 'backend' },
    containers: [image(), gateway()],
    plannedUnits: 2,
    relations: [peerRelation('mimir-peers', { id: 1, units: { 1: {} } }), s3(HOST), ...MEMBERS],
    secrets: [S3_SECRET],
  };
  const before = await mimir.run(ready, world(HOST, input));
  expect(shared(before).map(({ revisions }) => revisions.at(-1)?.content)).toEqual([KEYS]);

  const rotated = { 'access-key': 'another-access-key', 'secret-key': 'another-secret-key' };
  const kept = before.secrets.filter(({ id }) => id !== S3_SECRET.id);
  const other = await mimir.run('leader-elected', {
    ...stateOf(before),
    unitNumber: 1,
    relations: before.relations.map((each) => (each.endpoint === 'mimir-peers' ? PEERS_OF_1 : each)),
    // It has never led.
    stored: {},
    memory: {},
    secrets: [...kept, secret({ id: S3_SECRET.id, content: rotated })],
  });
  expect(told(other).s3_secret_id).toBe(told(before).s3_secret_id);
  expect(shared(other).map(({ id }) => id)).toEqual(shared(before).map(({ id }) => id));
  expect(shared(other)[0]?.revisions.at(-1)?.content).toEqual(rotated);
  expect(shared(other)[0]?.grants.map(({ relationId }) => relationId)).toEqual([7, 8]);
});
