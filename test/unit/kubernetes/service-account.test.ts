/** Where a unit finds out who it is to Kubernetes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { podServiceAccount } from 'charmwright/kubernetes';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'account-'));
  await Promise.all([
    writeFile(join(folder, 'token'), 'the-token\n'),
    writeFile(join(folder, 'ca.crt'), 'PEM'),
    writeFile(join(folder, 'namespace'), 'cos'),
  ]);
});
afterEach(() => rm(folder, { recursive: true }));

const pod = { KUBERNETES_SERVICE_HOST: '10.152.183.1', KUBERNETES_SERVICE_PORT: '6443' };

test('in a pod it is what Kubernetes has mounted', async () => {
  expect(await podServiceAccount(pod, folder)).toEqual({
    origin: 'https://10.152.183.1:6443',
    token: 'the-token',
    authority: 'PEM',
    namespace: 'cos',
  });
});

test('an address of the sixth version stands in brackets', async () => {
  const account = await podServiceAccount({ KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder);
  expect(account?.origin).toBe('https://[fd00::1]:443');
});

test.each([
  ['outside of Kubernetes', {}, 'token'],
  ['without an address', { KUBERNETES_SERVICE_HOST: '' }, 'token'],
  ['without a token', pod, 'none'],
])('%s there is none', async (_where, env, kept) => {
  if (kept !== 'token') await rm(join(folder, 'token'));
  expect(await podServiceAccount(env, folder)).toBeUndefined();
});
