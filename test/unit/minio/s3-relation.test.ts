import { describe, expect, test } from 'vitest';
import { offerBag, readAsk, s3Provider } from '../../../minio/relations/s3.ts';

const ask = (bag: Record<string, string>) => readAsk(s3Provider.remoteApp.parse(bag), 7);
const offer = { endpoint: 'http://minio-k8s.m.svc.cluster.local:9000', region: 'us-east-1', bucket: 'mimir' };

describe('what a requirer asks for', () => {
  test('nothing, as long as its databag is empty', () => {
    expect(ask({})).toEqual({ kind: 'silent' });
  });

  test('version 0: a bucket, with the keys in the databag', () => {
    expect(ask({ bucket: 'mimir' })).toEqual({ kind: 'asks', bucket: 'mimir', asSecret: false });
  });

  test('version 1: a bucket and a path, with the keys in a secret', () => {
    const bag = {
      bucket: 'mimir',
      path: 'a/b',
      version: '1',
      'requested-secrets': '["access-key","secret-key"]',
    };
    expect(ask(bag)).toEqual({ kind: 'asks', bucket: 'mimir', path: 'a/b', asSecret: true });
  });

  test('version 1 without a bucket means the one of the relation', () => {
    const asked = { kind: 'asks', bucket: 'relation-7' };
    expect(ask({ version: '1' })).toMatchObject(asked);
    expect(ask({ 'lib-version': '1.0' })).toMatchObject(asked);
    expect(ask({ 'requested-secrets': '[]' })).toMatchObject(asked);
  });

  test('keys of other libraries are ignored', () => {
    expect(ask({ bucket: 'mimir', data: '{"bucket": "mimir"}' })).toMatchObject({ bucket: 'mimir' });
  });

  test.each([
    ['requested-secrets', 'not json'],
    ['requested-secrets', '{"access-key": true}'],
    ['bucket', 'x'.repeat(2000)],
  ])('a %s that is malformed is told by its key', (key, value) => {
    const result = s3Provider.remoteApp.safeParse({ [key]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(key);
  });
});

describe('what a requirer is told', () => {
  test('version 1: where, what, and the secret with the keys', () => {
    expect(offerBag({ ...offer, path: 'a/b', keys: { secret: 'secret:abc' } })).toEqual({
      version: '1',
      'lib-version': '1.0',
      endpoint: 'http://minio-k8s.m.svc.cluster.local:9000',
      region: 'us-east-1',
      bucket: 'mimir',
      path: 'a/b',
      's3-uri-style': 'path',
      'secret-extra': 'secret:abc',
    });
  });

  test('version 0: the keys themselves', () => {
    const bag = offerBag({ ...offer, keys: { accessKey: 'a', secretKey: 's' } });
    expect(bag).toMatchObject({ 'access-key': 'a', 'secret-key': 's' });
    expect(bag).not.toHaveProperty('secret-extra');
  });

  test('nothing but the version when it gets no bucket', () => {
    expect(offerBag(undefined)).toEqual({ version: '1', 'lib-version': '1.0' });
  });
});
