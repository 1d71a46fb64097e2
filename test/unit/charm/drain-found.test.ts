/** When queries find what an ingester has put into the bucket: not before that it may leave. The real ones are in test/interop. */
import { createServer, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlocksBucket } from '../../../charm/drain/bucket.ts';
import { drainIngester } from '../../../charm/drain/drain.ts';
import type { Indexed, IndexedMemory } from '../../../charm/drain/indexed.ts';
import { MimirApi } from '../../../charm/mimir-api.ts';
import type { S3Connection } from '../../../relations/s3.ts';

const MINUTE = 60_000;
const KNOWN_AFTER_SECONDS = 90;

/** Of a block that was made at this time. */
function ulid(time: number): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const place = (at: number) => digits[Math.floor(time / 32 ** at) % 32];
  return [...Array.from({ length: 10 }, (_, i) => place(9 - i)), 'RZ3NDEKTSV4RRFFQ'].join('');
}

/** An ingester without series, with one block, which is in the bucket; and that bucket. */
let block = '';
let index: Buffer | undefined;
let isThere = true;
let isDeleted = false;
let server: Server;
let url: URL;
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/ingester/tenants')) response.end('{"Tenants":[{"Tenant":"anonymous"}]}');
    else if (path.startsWith('/ingester/tsdb/')) response.end(JSON.stringify({ Blocks: [{ ID: block }] }));
    else if (path.endsWith(`/${block}/meta.json`) && isThere) response.end('{}');
    else if (path.endsWith('/tenant-deletion-mark.json') && isDeleted) response.end('{}');
    else if (path.endsWith('.json')) response.writeHead(404).end('NoSuchKey');
    else if (path.endsWith('bucket-index.json.gz') && index !== undefined) response.end(index);
    else if (path.endsWith('bucket-index.json.gz')) response.writeHead(404).end('NoSuchKey');
    else if (path.startsWith('/metrics')) response.end('cortex_ingester_memory_series 0\n');
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = new URL(`http://127.0.0.1:${address.port}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function uploaded(at: number): Buffer {
  const blocks = [{ block_id: block, uploaded_at: Math.floor(at / 1000) }];
  return gzipSync(JSON.stringify({ blocks }));
}

/** A hook that has less time left than it takes until queriers know a block. */
async function drain(memory?: IndexedMemory) {
  const connection: S3Connection = {
    endpoint: url.host,
    insecure: true,
    bucket: 'metrics',
    accessKey: 'key',
    secretKey: 'secret',
    addressing: 'path',
    signature: 'v4',
    prefix: '',
  };
  const bucket = new BlocksBucket(connection, 'blocks', '');
  return drainIngester({
    api: new MimirApi(url.origin),
    storage: { kind: 's3', bucket, seenAfterSeconds: KNOWN_AFTER_SECONDS },
    leaving: true,
    readers: 'unknown',
    ...(memory !== undefined && { memory }),
    deadline: Date.now() + 3000,
    tell: async () => undefined,
  });
}

test('a block that was made long ago and has just been uploaded, because storage was away, is waited for', async () => {
  block = ulid(Date.now() - 40 * MINUTE);
  index = uploaded(Date.now() - 5000);
  const reason = 'the blocks are in object storage, and it is too early for queriers to know them';
  expect(await drain()).toEqual({ kind: 'stuck', reason });
});

test('a block that is not in the index is waited for, however long ago it was made', async () => {
  block = ulid(Date.now() - 40 * MINUTE);
  index = undefined;
  const reason = 'the blocks are in object storage, and it is too early for its index to have them';
  expect(await drain()).toEqual({ kind: 'stuck', reason });
});

test('a block that was uploaded long ago is known to all', async () => {
  block = ulid(Date.now() - 40 * MINUTE);
  index = uploaded(Date.now() - 30 * MINUTE);
  expect(await drain()).toEqual({ kind: 'drained', series: 0, blocks: 1 });
});

/** What a drain that was killed has left behind. */
function memoryOf(indexed: Indexed | undefined): IndexedMemory & { readonly written: Indexed[] } {
  const written: Indexed[] = [];
  return { written, recall: async () => indexed, remember: async (seen) => void written.push(seen) };
}

test('a drain that was killed goes on waiting where it was', async () => {
  block = ulid(Date.now() - MINUTE);
  index = uploaded(Date.now() - MINUTE);
  const waited = memoryOf({ since: Date.now() - KNOWN_AFTER_SECONDS * 1000, blocks: [block] });
  expect(await drain(waited)).toEqual({ kind: 'drained', series: 0, blocks: 1 });
});

test('what was seen of other blocks, or by a clock that was ahead, is not gone by', async () => {
  block = ulid(Date.now() - MINUTE);
  index = uploaded(Date.now() - MINUTE);
  const early = { kind: 'stuck', reason: expect.stringContaining('too early for queriers') };
  const begun = Date.now();
  const other = memoryOf({ since: begun - 10 * MINUTE, blocks: ['01ARZ3NDEKTSV4RRFFQ69G5FAV'] });
  expect(await drain(other)).toEqual(early);
  expect(other.written, 'kept for the next one').toMatchObject([{ blocks: [block] }]);
  expect(other.written[0]?.since).toBeGreaterThanOrEqual(begun);
  expect(await drain(memoryOf({ since: begun + 10 * MINUTE, blocks: [block] }))).toEqual(early);
});

test('a block that is not in the bucket keeps the ingester, unless its tenant is deleted', async () => {
  block = ulid(Date.now() - 40 * MINUTE);
  isThere = false;
  expect(await drain()).toEqual({ kind: 'stuck', reason: '1 block has not arrived in object storage' });
  isDeleted = true;
  expect(await drain()).toEqual({ kind: 'drained', series: 0, blocks: 0 });
});
