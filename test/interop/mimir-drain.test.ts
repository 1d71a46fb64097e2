/** An ingester that is drained, the real one, while its bucket is there, away, and back. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { maintenance } from 'charmwright';
import { storage as attached, findContainer, peerRelation, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningStorage, runningStorage } from '../../charm/drain/bucket.ts';
import { type DrainResult, drainIngester } from '../../charm/drain/drain.ts';
import { atShutdown, localBlocks } from '../../charm/drain/ingester-api.ts';
import { ringMembers } from '../../charm/drain/ring-api.ts';
import { CONFIG_FILE } from '../../charm/plan/paths.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import type { S3Connection } from '../../relations/s3.ts';
import { S3, s3Ready } from '../support/mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { mimir, S3_SECRET, s3, world } from '../support/mimir-world.ts';
import { freePort, type MinioServer, startMinio } from '../support/minio-server.ts';
import { remoteWrite } from '../support/remote-write.ts';

const HOST = '127.78.1.128';
const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';

/** The way to a server, which can be cut. */
class Way {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  isOpen = true;

  private constructor(port: number, server: Server) {
    this.port = port;
    this.#server = server;
  }

  static async to(target: URL): Promise<Way> {
    const server = createServer();
    const way = new Way(await freePort(), server);
    server.on('connection', (socket) => way.#pass(socket, target));
    await new Promise<void>((resolve) => server.listen(way.port, '127.0.0.1', resolve));
    return way;
  }

  #pass(socket: Socket, target: URL): void {
    if (!this.isOpen) {
      socket.destroy();
      return;
    }
    const inner = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  }

  cut(): void {
    this.isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let minio: MinioServer;
let way: Way;
let server: MimirServer;
let storage: RunningStorage;

beforeAll(async () => {
  minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket('metrics');
  way = await Way.to(new URL(minio.url));
  const connection: S3Connection = {
    ...S3,
    ...ROOT,
    bucket: 'metrics',
    endpoint: `127.0.0.1:${way.port}`,
    region: REGION,
  };
  const changes = { objectStorage: s3Ready(connection), agreement: { replicationFactor: 1 } };
  server = await startMimir(HOST, changes, IMPATIENT);
  const read = runningStorage(server.files);
  if (read === undefined) throw new Error(server.files[CONFIG_FILE]);
  storage = read;
}, 300_000);

afterAll(async () => {
  await server?.stop();
  await way?.[Symbol.asyncDispose]();
  await minio?.stop();
});

beforeEach(async () => {
  way.isOpen = true;
  await server.api.demand({
    what: 'take writes',
    method: 'DELETE',
    path: '/ingester/prepare-instance-ring-downscale',
  });
});

let written = 0;
async function write(): Promise<void> {
  written += 1;
  const sample = { value: written, timestamp: Date.now() };
  await remoteWrite(`${server.url}/api/v1/push`, [
    { labels: { __name__: `drained_${written}` }, samples: [sample] },
  ]);
}

async function drain(seconds: number): Promise<{ result: DrainResult; told: readonly string[] }> {
  const told: string[] = [];
  const result = await drainIngester({
    api: server.api,
    storage,
    leaving: true,
    readers: [],
    deadline: Date.now() + seconds * 1000,
    tell: async (text) => void told.push(text),
  });
  return { result, told };
}

describe('an ingester that leaves', () => {
  test('is empty when its blocks are seen in the bucket, and takes nothing more', async () => {
    await write();
    const { result, told } = await drain(60);
    expect(result).toEqual({ kind: 'drained', series: 1, blocks: 1 });
    expect(told).toEqual(['flushing 1 series', '1 recent blocks seen in the bucket']);
    await expect(write()).rejects.toThrow(/answered 5\d\d/);
    expect(await atShutdown(server.api), 'it flushes when it is stopped').toBe('leaves');
    const path = '/ingester/unregister-on-shutdown';
    const asked = await server.api.demand({ what: 'ask', method: 'GET', path });
    expect(asked.body, 'and is missed, should that be too early').toContain('"unregister":false');
    expect(await ringMembers(server.api, 'ingester')).toMatchObject([{ state: 'ACTIVE', readOnly: true }]);
    const [block] = await localBlocks(server.api);
    expect(await storage.bucket?.has(block ?? { tenant: '', id: '' })).toBe(true);
    expect(await storage.bucket?.has({ tenant: 'anonymous', id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })).toBe(false);
  });

  test('stays while the bucket is away, although Mimir says 204, and says why', async () => {
    await write();
    way.cut();
    const { result } = await drain(25);
    expect(result).toMatchObject({
      kind: 'stuck',
      reason: expect.stringMatching(/does not answer|not arrived/),
    });
    expect(await localBlocks(server.api), 'its metrics are on the volume').toHaveLength(2);
    way.isOpen = true;
    expect((await drain(90)).result).toMatchObject({ kind: 'drained' });
    for (const block of await localBlocks(server.api)) expect(await storage.bucket?.has(block)).toBe(true);
  });
});

test('the hook that tells a unit that it leaves drains it before its Mimir is stopped', async () => {
  const relations = [
    peerRelation('mimir-peers', { id: 1, localAppData: { 'replication-factor': '1' } }),
    s3(HOST, { bucket: 'metrics', endpoint: `http://127.0.0.1:${way.port}`, region: REGION }),
  ];
  const given = { relations, secrets: [S3_SECRET], storages: [attached('data')] };
  const alive = stateOf(await mimir.run({ kind: 'pebble-ready', container: 'mimir' }, world(HOST, given)));
  const container = findContainer(alive, 'mimir');
  const files = { ...container.files, '/data/tsdb/anonymous/wal/00000000': '' };
  const containers = { mimir: { ...container, files } };
  const going = { ...alive, plannedUnits: 0, leader: false, containers };
  await write();
  const blocks = (await localBlocks(server.api)).length;
  const after = await mimir.run({ kind: 'storage-detaching', storage: 'data' }, going);
  expect(after.unitStatus).toEqual(
    maintenance('[drain] leaving; metrics that only this unit has: in object storage'),
  );
  expect(await localBlocks(server.api)).toHaveLength(blocks + 1);
  for (const block of await localBlocks(server.api)) expect(await storage.bucket?.has(block)).toBe(true);
  expect(findContainer(after, 'mimir').services).toMatchObject({ mimir: 'inactive' });
  const stopped = await mimir.run('stop', stateOf(after));
  expect(stopped.pebbleCalls).toEqual([]);
});
