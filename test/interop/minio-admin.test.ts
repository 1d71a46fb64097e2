/** The MinIO charm's client against a real MinIO server. */
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sealForAdmin } from '../../minio/charm/madmin.ts';
import { MinioApi, MinioRefusedError, MinioUnreachableError } from '../../minio/charm/minio-api.ts';
import { bucketPolicy, samePolicy } from '../../minio/charm/plan/accounts.ts';
import { type Credentials, queryText, signedHeaders } from '../../s3/sigv4.ts';
import { freePort, type MinioServer, startMinio } from '../support/minio-server.ts';

const REGION = 'eu-test-1';
const ROOT: Credentials = { accessKey: 'minio-root', secretKey: 'a-root-key-of-the-test' };
const MINE: Credentials = { accessKey: 'juju-relation-7', secretKey: 'a-first-key-of-the-test' };

let server: MinioServer;
let url: string;
let api: MinioApi;

beforeAll(async () => {
  server = await startMinio(ROOT, REGION);
  url = server.url;
  api = new MinioApi({ url, region: REGION, credentials: ROOT });
});

afterAll(() => server.stop());

test('a bucket is created once, and listed', async () => {
  expect(await api.createBucket('blocks')).toBe(true);
  expect(await api.createBucket('blocks')).toBe(false);
  expect(await api.buckets()).toContainEqual({
    name: 'blocks',
    created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    objects: 0,
    bytes: 0,
  });
});

test('a bucket name that MinIO does not take is refused with its code', async () => {
  const refusal = api.createBucket('BAD_NAME');
  await expect(refusal).rejects.toThrow(MinioRefusedError);
  await expect(refusal).rejects.toMatchObject({ code: 'InvalidBucketName', status: 400 });
});

test('the server says which release it is', async () => {
  expect(await api.version()).not.toBe('');
});

describe('an account for one bucket', () => {
  beforeEach(async () => {
    await api.createBucket('mine');
    await api.createBucket('theirs');
    await api.putPolicy(MINE.accessKey, bucketPolicy('mine'));
    await api.putUser(MINE, MINE.accessKey);
  });

  test('puts, gets, lists and deletes objects in its bucket', async () => {
    expect(await s3('PUT', '/mine/folder/object', { body: 'content' })).toMatchObject({ status: 200 });
    expect(await s3('GET', '/mine/folder/object')).toMatchObject({ status: 200, text: 'content' });
    const list = await s3('GET', '/mine', { query: { 'list-type': '2' } });
    expect(list.text).toContain('<Key>folder/object</Key>');
    expect(await s3('DELETE', '/mine/folder/object')).toMatchObject({ status: 204 });
    expect(await s3('GET', '/mine/folder/object')).toMatchObject({ status: 404 });
  });

  test('uploads in parts', async () => {
    const opened = await s3('POST', '/mine/large', { query: { uploads: '' } });
    const uploadId = /<UploadId>(.*?)<\/UploadId>/.exec(opened.text)?.[1] ?? '';
    const part = await s3('PUT', '/mine/large', { query: { partNumber: '1', uploadId }, body: 'part' });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.etag}</ETag></Part></CompleteMultipartUpload>`;
    expect(await s3('POST', '/mine/large', { query: { uploadId }, body })).toMatchObject({ status: 200 });
    expect(await s3('GET', '/mine/large')).toMatchObject({ text: 'part' });
  });

  test.each([
    ['read', 'GET', '/theirs/object'],
    ['write', 'PUT', '/theirs/object'],
    ['list', 'GET', '/theirs'],
    ['delete', 'DELETE', '/theirs/object'],
  ] as const)('cannot %s in another bucket', async (_what, method, path) => {
    const answer = await s3(method, path, { body: method === 'PUT' ? 'x' : '' });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('AccessDenied') });
  });

  test.each([
    ['delete its bucket', 'DELETE', '/mine', {}],
    ['make a bucket', 'PUT', '/another', {}],
    ['open its bucket to everybody', 'PUT', '/mine', { policy: '' }],
    ['read policies', 'GET', '/minio/admin/v3/list-canned-policies', {}],
    ['change its secret key', 'PUT', '/minio/admin/v3/add-user', { accessKey: MINE.accessKey }],
  ] as const)('cannot %s', async (_what, method, path, query) => {
    const answer = await s3(method, path, {
      query,
      body: method === 'PUT' && path !== '/another' ? '{}' : '',
    });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('AccessDenied') });
  });

  test('cannot make itself further keys, which would outlive a rotation', async () => {
    const wish = JSON.stringify({ accessKey: 'another-key', secretKey: 'another-secret-key' });
    const body = sealForAdmin(MINE.secretKey, Buffer.from(wish));
    const answer = await s3('PUT', '/minio/admin/v3/add-service-account', { body });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('AccessDenied') });
  });

  test('is known to reach its bucket, and no other', async () => {
    expect(await api.reaches(MINE, 'mine')).toBe(true);
    expect(await api.reaches(MINE, 'theirs')).toBe(false);
    expect(await api.reaches({ ...MINE, secretKey: 'another-key' }, 'mine')).toBe(false);
    expect(await api.reaches({ ...MINE, accessKey: 'nobody-at-all' }, 'mine')).toBe(false);
  });

  test('made twice is the same account', async () => {
    await api.putPolicy(MINE.accessKey, bucketPolicy('mine'));
    await api.putUser(MINE, MINE.accessKey);
    expect(await api.reaches(MINE, 'mine')).toBe(true);
  });

  test('with a new secret key is refused with the old one', async () => {
    const renewed = { ...MINE, secretKey: 'a-second-key-of-the-test' };
    await api.putUser(renewed, MINE.accessKey);
    expect(await api.reaches(renewed, 'mine')).toBe(true);
    expect(await s3('GET', '/mine')).toMatchObject({ status: 403 });
  });

  test('moves to another bucket with its policy', async () => {
    await api.putPolicy(MINE.accessKey, bucketPolicy('theirs'));
    expect(await api.reaches(MINE, 'theirs')).toBe(true);
    expect(await api.reaches(MINE, 'mine')).toBe(false);
  });

  test('shows its policy as it was written', async () => {
    const policies = await api.policies();
    expect(samePolicy(bucketPolicy('mine'), policies[MINE.accessKey])).toBe(true);
    expect(samePolicy(bucketPolicy('theirs'), policies[MINE.accessKey])).toBe(false);
  });

  test('is gone after its removal, which can be repeated, and its objects stay', async () => {
    await s3('PUT', '/mine/kept', { body: 'still here' });
    for (const _time of ['first', 'second']) {
      await api.removeUser(MINE.accessKey);
      await api.removePolicy(MINE.accessKey);
    }
    expect(await api.policies()).not.toHaveProperty(MINE.accessKey);
    expect(await s3('GET', '/mine/kept')).toMatchObject({ status: 403 });
    expect(await s3('GET', '/mine/kept', { as: ROOT })).toMatchObject({ text: 'still here' });
  });
});

test('a bucket that is missing is not reached, even by root', async () => {
  expect(await api.reaches(ROOT, 'never-made')).toBe(false);
});

test('wrong credentials of root are a refusal, and the secret key is not in the message', async () => {
  const stranger = new MinioApi({ url, region: REGION, credentials: { ...ROOT, secretKey: 'wrong-wrong' } });
  const refusal = await stranger.policies().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MinioRefusedError);
  expect(String(refusal)).toContain('SignatureDoesNotMatch');
  expect(String(refusal)).not.toContain('wrong-wrong');
});

test('a server that is not there is told apart from one that refuses', async () => {
  const nowhere = new MinioApi({
    url: `http://127.0.0.1:${await freePort()}`,
    region: REGION,
    credentials: ROOT,
  });
  await expect(nowhere.buckets()).rejects.toThrow(MinioUnreachableError);
  expect(await nowhere.waitReady(0)).toBe(false);
});

interface Options {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly as?: Credentials;
}

/** One request as an S3 client of the account would send it. */
async function s3(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, options: Options = {}) {
  const { query = {}, as: credentials = MINE } = options;
  const body = Buffer.from(options.body ?? '');
  const unsigned = { method, host: new URL(url).host, path, query, body };
  const headers = signedHeaders(unsigned, { credentials, region: REGION, now: new Date() });
  const answer = await request(`${url}${path}?${queryText(query)}`, {
    method,
    headers,
    body: body.length === 0 ? null : body,
  });
  return { status: answer.statusCode, text: await answer.body.text(), etag: String(answer.headers.etag) };
}
