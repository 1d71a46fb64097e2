/** Hooks that are killed at every call they make to Juju or Pebble, and run again: the end is the same. */
import { findContainer, network, peerRelation, relation, secret, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { endAsUnkilled } from '../../support/killed-hooks.ts';
import { image, KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.2';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const bucket = s3(HOST);
const peers = peerRelation('mimir-peers', { id: 1 });
const writer = relation('receive-remote-write', { id: 5 });
const grafana = relation('grafana-source', { id: 6 });

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const fresh = world(HOST, { relations: [peers, bucket, writer, grafana], secrets: [S3_SECRET] });
const onBucket = async () => stateOf(await mimir.run(ready, fresh));
const onOwnDisk = async () => stateOf(await mimir.run(ready, world(HOST)));

endAsUnkilled({
  'the very first': {
    event: 'install',
    before: async () => world(HOST, { containers: [image({ canConnect: false })], relations: [] }),
    starts: 0,
  },
  'the start on the own disk': { event: ready, before: async () => world(HOST), starts: 2 },
  'the start on a bucket': { event: ready, before: async () => fresh, starts: 2 },
  'the move to a bucket': {
    event: { kind: 'relation-changed', relation: 's3' },
    before: async () => ({ ...(await onOwnDisk()), relations: [peers, bucket], secrets: [S3_SECRET] }),
    starts: 2,
  },
  'the choice of a replication factor for three': {
    event: 'leader-elected',
    before: async () => ({ ...fresh, plannedUnits: 3 }),
    starts: 2,
  },
  'a change of an option': {
    event: 'config-changed',
    before: async () => ({ ...(await onBucket()), config: { 'log-level': 'debug' } }),
    starts: 2,
  },
  'a wrong option': {
    event: 'config-changed',
    before: async () => ({ ...(await onBucket()), config: { 'log-level': 'loud' } }),
    starts: 0,
  },
  'limits of tenants': {
    event: 'config-changed',
    before: async () => ({
      ...(await onBucket()),
      config: { 'tenant-limits': 'anonymous: {query_ingesters_within: 14h}' },
    }),
    starts: 0,
  },
  'rotated keys': {
    event: { kind: 'secret-changed', secret: S3_SECRET },
    before: async () => ({
      ...(await onBucket()),
      secrets: [secret({ id: S3_SECRET.id, content: KEYS, latest: { ...KEYS, 'secret-key': 'new' } })],
    }),
    starts: 2,
  },
  'a bucket that is taken away': {
    event: { kind: 'relation-broken', relation: 's3' },
    before: onBucket,
    starts: 0,
  },
  'a new sender of metrics': {
    event: { kind: 'relation-created', relation: { ...writer, id: 9 } },
    before: async () => {
      const state = await onBucket();
      return { ...state, relations: [...state.relations, { ...writer, id: 9 }] };
    },
    starts: 0,
  },
  'a replaced pod at a new address': {
    event: ready,
    before: async () => {
      const state = await onBucket();
      const { files } = findContainer(state, 'mimir');
      const volume = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/data/')));
      return {
        ...state,
        containers: { mimir: image({ files: volume }) },
        networks: { '': network('127.78.1.9') },
      };
    },
    starts: 2,
  },
  'a check that recovers': {
    event: { kind: 'pebble-check-recovered', container: 'mimir', check: 'mimir-ready' },
    before: onBucket,
    starts: 0,
  },
});
