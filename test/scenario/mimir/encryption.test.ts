/** Encryption by object storage, as far as the charm decides on it; test/interop has the real ones. */
import { peerRelation } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { configOf, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.72';
const KMS = { 's3-sse-type': 'SSE-KMS', 's3-sse-kms-key-id': 'nobody-has-it' };

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Its bucket takes nothing that is put there. */
function running() {
  const relations = [peerRelation('mimir-peers', { id: 1 }), s3(HOST)];
  return mimir.run(
    { kind: 'pebble-ready', container: 'mimir' },
    world(HOST, { relations, secrets: [S3_SECRET] }),
  );
}

test('a key that the storage does not take is told of, and Mimir goes on as it was', async () => {
  const before = await running();
  const after = await mimir.run('config-changed', { ...before, config: { ...before.config, ...KMS } });
  expect(after.unitStatus).toMatchObject({
    name: 'blocked',
    message: expect.stringContaining(
      'the storage does not encrypt with SSE-KMS and key "nobody-has-it" (HTTP 404)',
    ),
  });
  expect(after.serviceStarts).toEqual([]);
  expect(configOf(after)).toEqual(configOf(before));
});

test('a key without a type is told of by its option', async () => {
  const before = await running();
  const config = { ...before.config, 's3-sse-kms-key-id': 'metrics' };
  const after = await mimir.run('config-changed', { ...before, config });
  expect(after.unitStatus.message).toContain(
    '[config] s3-sse-kms-key-id=metrics: must be empty while s3-sse-type is none',
  );
  expect(after.serviceStarts).toEqual([]);
});
