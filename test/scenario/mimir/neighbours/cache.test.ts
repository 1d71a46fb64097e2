import { createServer } from 'node:net';
import { peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { configOf, MODEL, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.92';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const cache = z.object({
  backend: z.literal('memcached'),
  memcached: z.looseObject({ addresses: z.string() }),
});
const caching = z.object({
  frontend: z.optional(z.object({ cache_results: z.literal(true), results_cache: cache })),
  blocks_storage: z.object({
    bucket_store: z.object({
      index_cache: z.optional(cache),
      chunks_cache: z.optional(cache),
      metadata_cache: z.optional(cache),
    }),
  }),
});

/** Of each of the four caches. */
function addresses(state: State): readonly (string | undefined)[] {
  const { frontend, blocks_storage: storage } = caching.parse(configOf(state));
  const { index_cache: index, chunks_cache: chunks, metadata_cache: metadata } = storage.bucket_store;
  return [frontend?.results_cache, index, chunks, metadata].map((each) => each?.memcached.addresses);
}

const NONE = [undefined, undefined, undefined, undefined];
const all = (text: string) => [text, text, text, text];

type Units = Readonly<Record<number, Readonly<Record<string, string>>>>;
function cached(units: Units) {
  const memcached = relation('cache', { id: 7, remoteApp: 'memcached', remoteUnits: units });
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), memcached] });
}

describe("Mimir's caches", () => {
  test('are its own before a memcached has said where it is', async () => {
    expect(addresses(await mimir.run(ready, cached({ 0: {} })))).toEqual(NONE);
  });

  test('are on all units of the related memcached, by address and in order, whoever spoke first', async () => {
    const after = await mimir.run(
      ready,
      cached({ 1: { host: '127.78.1.95', port: '11211' }, 0: { host: '127.78.1.94', port: '11211' }, 2: {} }),
    );
    expect(addresses(after)).toEqual(all('127.78.1.94:11211,127.78.1.95:11211'));
  });

  test('follow a unit that leaves, and end with the relation', async () => {
    const there = await mimir.run(ready, cached({ 0: { host: '127.78.1.94' }, 1: { host: '127.78.1.95' } }));
    const relations = cached({ 0: { host: '127.78.1.94' } }).relations;
    const fewer = await mimir.run({ kind: 'relation-changed', relation: 'cache' }, { ...there, relations });
    expect(addresses(fewer)).toEqual(all('127.78.1.94:11211'));
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'cache' }, fewer);
    expect(addresses(gone)).toEqual(NONE);
    expect(gone.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('are told to Mimir by address where the unit gives a name, since a name may keep Mimir from starting', async () => {
    const after = await mimir.run(ready, cached({ 0: { host: 'localhost', port: '11299' } }));
    const [results] = addresses(after);
    expect(results?.split(',')).toContain('127.0.0.1:11299');
    expect(results).not.toContain('localhost');
  });

  test('leave out a name that does not resolve', async () => {
    const named = { 0: { host: 'no-such-name.invalid' }, 1: { host: '127.78.1.95' } };
    const after = await mimir.run(ready, cached(named));
    expect(addresses(after)).toEqual(all('127.78.1.95:11211'));
    expect(after.unitStatus.message).toContain('data of memcached (cache:7): key "host" does not resolve');
  });

  test('keep away from a memcached that is another Mimir`s, and take it when that has gone', async () => {
    let owner = 'another-model/mimir-k8s';
    let asked = 0;
    const memcached = createServer((socket) => {
      asked++;
      socket.once('data', () => socket.end(`VALUE mimir-k8s-owner 0 ${owner.length}\r\n${owner}\r\nEND\r\n`));
    }).listen(11_211, '127.78.1.96');
    const others = await mimir.run(ready, cached({ 0: { host: '127.78.1.96' }, 1: { host: '127.78.1.95' } }));
    expect(addresses(others)).toEqual(all('127.78.1.95:11211'));
    expect(others.unitStatus.message).toContain('key "host" is the cache of another Mimir');
    const askedBefore = asked;
    const still = await mimir.run('config-changed', others);
    expect(addresses(still)).toEqual(all('127.78.1.95:11211'));
    expect(asked, 'nobody is asked without need').toBe(askedBefore);
    owner = `${MODEL.uuid}/mimir-k8s`;
    const ours = await mimir.run('update-status', still);
    expect(addresses(ours)).toEqual(all('127.78.1.95:11211,127.78.1.96:11211'));
    memcached.close();
  });

  test('are told of when a unit says nonsense', async () => {
    const after = await mimir.run(ready, cached({ 0: { host: '127.78.1.94,10.6.6.6' } }));
    expect(addresses(after)).toEqual(NONE);
    expect(after.unitStatus.message).toContain(
      '[cache] not used: data of memcached (cache:7): key "host" must be an IP address or a host name',
    );
  });
});

describe('a Redis', () => {
  test('is refused in a sentence that says what to relate instead, and nothing else changes', async () => {
    const before = await mimir.run(ready, world(HOST));
    const redis = relation('redis', {
      id: 9,
      remoteApp: 'redis-k8s',
      remoteUnits: { 0: { hostname: '10.1.0.30', port: '6379' } },
    });
    const related = { ...before, relations: [...before.relations, redis] };
    const after = await mimir.run({ kind: 'relation-changed', relation: redis }, related);
    expect(after.unitStatus).toEqual({
      name: 'blocked',
      message:
        '[redis] Mimir 3 cannot use Redis, which asks for no password while it is related: juju remove-relation mimir-k8s:redis redis-k8s, and juju integrate mimir-k8s:cache with a memcached instead',
    });
    expect(after.serviceStarts).toEqual([]);
    expect(after.containers).toEqual(before.containers);
    const gone = await mimir.run({ kind: 'relation-broken', relation: redis }, after);
    expect(gone.unitStatus.name).toBe('active');
  });
});
