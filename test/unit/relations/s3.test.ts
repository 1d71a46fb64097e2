import { describe, expect, test } from 'vitest';
import { type ObjectStorage, readS3, s3Request, s3SecretUri } from '../../../relations/s3.ts';
import { CERTIFICATE } from '../../support/certificate.ts';

const FROM = { relation: 's3:4', app: 'minio-k8s' };
const KEYS = { 'access-key': 'AKIA', 'secret-key': 'hush' };
const PLACE = { bucket: 'cos-mimir', endpoint: 'http://minio:9000' };

/** As the published library puts it into the databag. */
const REQUEST = {
  bucket: 'cos-mimir',
  'requested-secrets': '["access-key","secret-key"]',
  version: '1',
  'lib-version': '1.0',
};

function s3(result: ObjectStorage) {
  if (result.kind !== 'ready') throw new Error(`not ready: ${JSON.stringify(result)}`);
  return result.s3;
}

function problems(bag: Record<string, string>): string[] {
  const result = readS3(FROM, { ...PLACE, ...KEYS, ...bag }, undefined);
  return result.kind === 'invalid'
    ? result.problems.map(({ key, problem }) => `${key} ${problem}`)
    : [result.kind];
}

test('one request is understood by providers of both generations', () => {
  expect(s3Request('cos-mimir')).toEqual(REQUEST);
});

describe('a provider that', () => {
  test('puts the keys into its databag is understood', () => {
    expect(s3(readS3(FROM, { ...PLACE, ...KEYS, data: '{"bucket":"x"}' }, undefined))).toEqual({
      endpoint: 'minio:9000',
      insecure: true,
      bucket: 'cos-mimir',
      accessKey: 'AKIA',
      secretKey: 'hush',
      addressing: 'auto',
      signature: 'v4',
      prefix: '',
    });
  });

  test.each([
    ['secret:h6c4yml77bjny6m0gp83', true],
    ['secret://20ce8299-3634-4bef-8bd8-5ace6c8816b4/h6c4yml77bjny6m0gp83', true],
    ['secret:h6c4yml77bjny6m0gp8', false],
    ['--peek', false],
    ['secret:$(id)aaaaaaaaaaaaaaa', false],
  ])('names a secret is followed only to a real URI: %s', (uri, followed) => {
    expect(s3SecretUri({ 'secret-extra': uri })).toBe(followed ? uri : undefined);
  });

  test('puts the keys into a secret is understood', () => {
    const bag = { ...PLACE, 'secret-extra': 'secret:h6c4yml77bjny6m0gp83', version: '1' };
    expect(s3(readS3(FROM, bag, KEYS))).toMatchObject({ accessKey: 'AKIA', secretKey: 'hush' });
  });

  test('has said only its version is waited for, key by key', () => {
    expect(readS3(FROM, { version: '1' }, undefined)).toEqual({
      ...FROM,
      kind: 'waiting',
      missing: ['access-key', 'secret-key', 'bucket', 'endpoint'],
    });
  });

  test('has not granted its secret yet is waited for', () => {
    const bag = { ...PLACE, 'secret-extra': 'secret:h6c4yml77bjny6m0gp83' };
    expect(readS3(FROM, bag, undefined)).toMatchObject({
      kind: 'waiting',
      missing: ['access-key', 'secret-key'],
    });
  });
});

test.each([
  ['123456', 'true'],
  ['null', '{"a": 1}'],
  ['1e9', '0755'],
])('keys are text and nothing else, also when they look like JSON: %s', (accessKey, secretKey) => {
  const result = readS3(FROM, { ...PLACE, 'access-key': accessKey, 'secret-key': secretKey }, undefined);
  expect(s3(result)).toMatchObject({ accessKey, secretKey });
});

describe('the endpoint', () => {
  test.each([
    ['https://s3.amazonaws.com', 's3.amazonaws.com', false],
    ['https://s3.example:9000/', 's3.example:9000', false],
    ['HTTP://minio:9000', 'minio:9000', true],
    ['minio:9000', 'minio:9000', true],
    ['http://10.1.2.3:9000', '10.1.2.3:9000', true],
    ['https://[fd00::1]:9000', '[fd00::1]:9000', false],
  ])('%s is reached at %s, insecure: %s', (endpoint, host, insecure) => {
    expect(s3(readS3(FROM, { ...PLACE, ...KEYS, endpoint }, undefined))).toMatchObject({
      endpoint: host,
      insecure,
    });
  });

  test.each([
    'http://user:password@minio:9000',
    'http://minio:9000/a/path',
    'ftp://minio',
    'http://minio:99999',
    'http://minio:9000\nbucket_name: other',
    'http://$HOME',
    'http://',
  ])('%j is refused without being repeated', (endpoint) => {
    const [problem] = problems({ endpoint });
    expect(problem).toMatch(/^endpoint (must be|is too long)/);
    expect(problem).not.toContain('password');
  });

  test('that begins with the bucket is refused, as Mimir would', () => {
    expect(problems({ endpoint: 'https://cos-mimir.s3.amazonaws.com' })).toEqual([
      'endpoint must not begin with the name of the bucket',
    ]);
  });
});

test.each([
  ['bucket', 'No_Such', 'bucket must be 3 to 63 lower-case letters, digits, dots and dashes'],
  ['bucket', '../../etc', 'bucket must be 3 to 63 lower-case letters, digits, dots and dashes'],
  ['region', 'eu central', 'region must be letters, digits and dashes'],
  ['s3-uri-style', 'virtual', 's3-uri-style must be path or host'],
  ['s3-api-version', 's3v4', 's3-api-version must be 2 or 4'],
  ['secret-key', 'two\nlines', 'secret-key has control characters'],
  ['secret-extra', '--peek', 'secret-extra must be the URI of a secret'],
  ['tls-ca-chain', 'not json', 'tls-ca-chain must be a JSON list of certificates'],
  ['tls-ca-chain', '{"__proto__": []}', 'tls-ca-chain must be a JSON list of certificates'],
  [
    'tls-ca-chain',
    '["-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"]',
    'tls-ca-chain certificate 1 of 1 is not a PEM certificate',
  ],
])('a bad %s is named: %j', (key, value, problem) => expect(problems({ [key]: value })).toEqual([problem]));

test.each(['access-key', 'endpoint', 'path'])('a %s of absurd length is refused', (key) => {
  expect(problems({ [key]: 'x'.repeat(5000) })).toEqual([`${key} is too long`]);
});

test('every bad key is named at once, and no value of a credential', () => {
  const found = problems({ bucket: '!', endpoint: 'x y', 'secret-key': 'hush\u0000' });
  expect(found.map((text) => text.split(' ')[0]).toSorted()).toEqual(['bucket', 'endpoint', 'secret-key']);
  expect(found.join()).not.toContain('hush');
});

test('what the provider says beyond the interface is ignored', () => {
  const result = readS3(FROM, { ...PLACE, ...KEYS, 'storage-class': '\u0000', attributes: '[' }, undefined);
  expect(result.kind).toBe('ready');
});

test.each([
  ['path', 'path'],
  ['host', 'virtual-hosted'],
])('the style %s becomes %s', (style, addressing) => {
  expect(s3(readS3(FROM, { ...PLACE, ...KEYS, 's3-uri-style': style }, undefined)).addressing).toBe(
    addressing,
  );
});

test('a path keeps apart what shares the bucket, in the letters that Mimir allows', () => {
  expect(s3(readS3(FROM, { ...PLACE, ...KEYS, path: '/cos/mimir-1/' }, undefined)).prefix).toBe('cosmimir1');
});

test.each([
  ['PEM, as providers write it', CERTIFICATE],
  ['base64 of PEM, as the specification says', Buffer.from(CERTIFICATE).toString('base64')],
])('with certificates in %s the endpoint is https even if it does not say so', (_form, text) => {
  const bag = { ...PLACE, ...KEYS, endpoint: 'minio:9000', 'tls-ca-chain': JSON.stringify([text, text]) };
  const found = s3(readS3(FROM, bag, undefined));
  expect(found.insecure).toBe(false);
  expect(found.caChain?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});

describe('where keys are not needed', () => {
  test('a provider that gives none is understood', () => {
    const found = s3(readS3(FROM, PLACE, undefined, false));
    expect(found).toMatchObject({ bucket: PLACE.bucket });
    expect(Object.keys(found)).not.toContain('accessKey');
  });

  test('empty ones are none', () => {
    expect(readS3(FROM, { ...PLACE, 'access-key': '', 'secret-key': ' ' }, undefined, false).kind).toBe(
      'ready',
    );
  });

  test('those that are given are used', () => {
    expect(s3(readS3(FROM, { ...PLACE, ...KEYS }, undefined, false)).accessKey).toBe(KEYS['access-key']);
  });

  test.each([
    ['half of them', { 'access-key': 'AKIA' }, ['secret-key']],
    [
      'a secret that cannot be read',
      { 'secret-extra': 'secret:h6c4vml77bjnv6m0gp83' },
      ['access-key', 'secret-key'],
    ],
  ])('%s are waited for', (_what, bag, missing) => {
    expect(readS3(FROM, { ...PLACE, ...bag }, undefined, false)).toMatchObject({ kind: 'waiting', missing });
  });
});
