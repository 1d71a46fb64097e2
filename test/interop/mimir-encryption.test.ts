/** Encryption by object storage: what the real Mimir puts into a real MinIO that has a key. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from 'charmwright/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEncryption } from '../../charm/plan/encryption.ts';
import type { RawOptions } from '../../charm/plan/inputs.ts';
import { probeBucket } from '../../charm/probe.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { queryText, signedHeaders } from '../../s3/sigv4.ts';
import { DEFAULT_OPTIONS, S3, s3Ready } from '../support/mimir-inputs.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { type MinioServer, startMinio } from '../support/minio-server.ts';
import { remoteWrite } from '../support/remote-write.ts';

const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';
const KMS: Partial<RawOptions> = {
  's3-sse-type': 'SSE-KMS',
  's3-sse-kms-key-id': 'metrics',
  's3-sse-kms-encryption-context': '{"team": "cos"}',
};

let minio: MinioServer;
beforeAll(async () => {
  const key = randomBytes(32).toString('base64');
  minio = await startMinio(ROOT, REGION, { MINIO_KMS_SECRET_KEY: `metrics:${key}` });
});
afterAll(() => minio?.stop());

function connection(bucket: string) {
  return { ...S3, bucket, endpoint: new URL(minio.url).host, region: REGION };
}

async function withBucket(bucket: string) {
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(bucket);
  return connection(bucket);
}

async function get(path: string, query: Readonly<Record<string, string>> = {}) {
  const url = new URL(minio.url);
  const headers = signedHeaders(
    { method: 'GET', host: url.host, path, query, body: new Uint8Array() },
    { credentials: ROOT, region: REGION, now: new Date() },
  );
  const text = queryText(query);
  return new HttpClient({ origin: url.origin }).send({
    method: 'GET',
    path: text === '' ? path : `${path}?${text}`,
    headers,
  });
}

/** Names of the objects of Mimir, with how each is encrypted. */
async function encryptionIn(bucket: string): Promise<Readonly<Record<string, string | undefined>>> {
  const { body } = await get(`/${bucket}`, { 'list-type': '2' });
  const keys = [...body.toString('utf8').matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
  const found = await Promise.all(
    keys.map(async (key) => {
      const { headers } = await get(`/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`);
      return [key, String(headers['x-amz-server-side-encryption'])] as const;
    }),
  );
  return Object.fromEntries(found);
}

describe.each<[string, string, Partial<RawOptions>, string]>([
  ['SSE-KMS', 'kms', KMS, 'aws:kms'],
  ['SSE-S3', 'sse', { 's3-sse-type': 'SSE-S3' }, 'AES256'],
])('with %s', (_type, bucket, options, header) => {
  test('blocks and rules are encrypted', async () => {
    const s3 = await withBucket(`${bucket}-objects`);
    const host = bucket === 'kms' ? '127.78.1.75' : '127.78.1.76';
    await using mimir = await startMimir(
      host,
      {
        objectStorage: s3Ready(s3),
        options: { ...DEFAULT_OPTIONS, ...options },
        agreement: { replicationFactor: 1 },
      },
      IMPATIENT,
    );
    const samples = [{ value: 1, timestamp: Date.now() }];
    await remoteWrite(`${mimir.url}/api/v1/push`, [{ labels: { __name__: 'encrypted' }, samples }]);
    await mimir.api.setRuleGroup('anonymous', 'secret', {
      name: 'group',
      rules: [{ record: 'one', expr: 'vector(1)' }],
    });
    await mimir.api.flush('anonymous', 60_000);
    let found: Readonly<Record<string, string | undefined>> = {};
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
      found = await encryptionIn(s3.bucket);
      if (Object.keys(found).some((key) => key.startsWith('blocks/') && key.endsWith('/index'))) break;
    }
    const names = Object.keys(found).join('\n');
    expect(names).toMatch(/^blocks\/.*\/index$/m);
    expect(names).toMatch(/^rules\//m);
    expect([...new Set(Object.values(found))]).toEqual([header]);
  }, 240_000);

  test('the charm sees that the storage takes it', async () => {
    const s3 = await withBucket(`${bucket}-probe`);
    const wanted = parseEncryption({ ...DEFAULT_OPTIONS, ...options });
    const encryption = wanted.ok ? wanted.encryption : undefined;
    expect(await probeBucket(s3, { ...(encryption !== undefined && { encryption }) })).toEqual({
      kind: 'fine',
    });
  });
});

test('a key that the storage does not know is told of before Mimir is sent to it', async () => {
  const s3 = await withBucket('wrong-key');
  const encryption = { type: 'SSE-KMS', keyId: 'nobody-has-it' } as const;
  expect(await probeBucket(s3, { encryption })).toMatchObject({
    kind: 'refused',
    cause: expect.stringMatching(
      /^the storage does not encrypt with SSE-KMS and key "nobody-has-it" \(.+\): see s3-sse-type$/,
    ),
  });
});

test('without encryption nothing is put into the bucket by the charm', async () => {
  const s3 = await withBucket('plain');
  expect(await probeBucket(s3)).toEqual({ kind: 'fine' });
  expect(await encryptionIn('plain')).toEqual({});
});
