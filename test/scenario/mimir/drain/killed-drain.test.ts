/** The hook that empties a unit which leaves, killed at every call that it makes to Juju or Pebble, and run again. */
import { maintenance } from 'charmwright';
import {
  crashTest,
  exec,
  findContainer,
  peerRelation,
  type State,
  stateOf,
  storage,
} from 'charmwright/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { mimir as charm } from '../../../../charm/charm.ts';
import { FakeMimir, s3Error } from '../../../support/fake-mimir.ts';
import { image, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

/** Whoever waits does so at once, and the clock goes on by as much. */
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => {
    vi.setSystemTime(Date.now() + ms);
  },
}));

const HOST = '127.78.1.173';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const detaching = { kind: 'storage-detaching', storage: 'data' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterAll(() => {
  vi.useRealTimers();
  return server[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.ready = true;
  server.endIsPrepared = false;
  server.asks.length = 0;
  server.rings.takesWrites = true;
  server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'ACTIVE' });
});

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
function ulidNow(): string {
  const time = Array.from({ length: 10 }, (_, i) => CROCKFORD[Math.floor(Date.now() / 32 ** (9 - i)) % 32]);
  return `${time.join('')}TSV4RRFFQ69G5FAV`;
}

/** One of two, which serves, and is to go. */
async function leaving(hasLog = true): Promise<State> {
  const relations = [
    peerRelation('mimir-peers', { id: 1, units: { 0: {} }, localAppData: { 'replication-factor': '1' } }),
    s3(HOST),
  ];
  const given = {
    relations,
    secrets: [S3_SECRET],
    storages: [storage('data')],
    leader: false,
    unitNumber: 1,
    containers: [image({ execs: [exec(['/bin/mimir', '-modules'])] })],
  };
  const state = stateOf(await mimir.run(ready, world(HOST, { ...given, plannedUnits: 2 })));
  const container = findContainer(state, 'mimir');
  const files = { ...container.files, ...(hasLog && { '/data/tsdb/anonymous/wal/00000000': '' }) };
  return { ...state, plannedUnits: 1, containers: { mimir: { ...container, files } } };
}

test('takes no writes, flushes, and is stopped', async () => {
  const after = await mimir.run(detaching, await leaving());
  expect(server.rings.takesWrites).toBe(false);
  expect(server.asks).toContain('/ingester/flush');
  expect(findContainer(after, 'mimir').services).toEqual({ mimir: 'inactive' });
  expect(after.unitStatus).toEqual(
    maintenance('[drain] leaving; metrics that only this unit has: in object storage'),
  );
});

test('is emptied although it has no metrics yet: it could be given some in the next moment, and is in the rings', async () => {
  const after = await mimir.run(detaching, await leaving(false));
  expect(server.rings.takesWrites).toBe(false);
  expect(server.endIsPrepared).toBe(true);
  expect(findContainer(after, 'mimir').services).toEqual({ mimir: 'inactive' });
});

test('is stopped when it has none and does not serve, so that nobody gives it any, and goes', async () => {
  const before = await leaving(false);
  server.ready = false;
  const after = await mimir.run(detaching, before);
  expect(findContainer(after, 'mimir').services).toEqual({ mimir: 'inactive' });
  expect(after.unitStatus).toEqual(maintenance('[drain] leaving; metrics that only this unit has: none'));
});

describe('a block that nobody knows yet', () => {
  beforeEach(() => {
    server.rings.block = ulidNow();
    // All that lies in the bucket is this, and an index it is not.
    server.bucket = { status: 200, body: '{}' };
  });
  afterEach(() => {
    server.rings.block = undefined;
    server.bucket = s3Error(404, 'NoSuchKey');
  });
  const gateways = (state: string) =>
    server.rings.members.set(
      'store-gateway',
      new Map(Object.entries({ 'mimir-k8s-0': state, 'mimir-k8s-1': 'ACTIVE' })),
    );

  test.each([
    'UNHEALTHY',
    'LEAVING',
    'JOINING',
  ])('keeps the unit while the only other one is %s, and will want it', async (state) => {
    gateways(state);
    await expect(mimir.run(detaching, await leaving())).rejects.toThrow(
      /the index of tenant anonymous cannot be read; the unit stays/,
    );
  });

  test('does not keep the last unit of all: nobody is there to query', async () => {
    gateways('UNHEALTHY');
    const after = await mimir.run(detaching, { ...(await leaving()), plannedUnits: 0 });
    expect(findContainer(after, 'mimir').services).toEqual({ mimir: 'inactive' });
  });
});

test('comes to the same end wherever it was killed: Mimir is started once more at most', async () => {
  const killed = await crashTest(charm, detaching, await leaving());
  // With what it was started last does not matter any more.
  const record = 'containers.mimir.files["/var/lib/mimir-charm/started"]';
  const differences = killed.problems.flatMap((problem) => problem.split('\n').slice(1));
  expect(differences.filter((line) => !line.includes(record))).toEqual([]);
  expect(killed.calls).toBeGreaterThan(5);
  expect(killed.mostStarts).toBeLessThanOrEqual(1);
});
