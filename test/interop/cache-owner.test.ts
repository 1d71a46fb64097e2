/** Two Mimirs on Debian's memcached: the second keeps away. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimCache } from '../../charm/cache-owner.ts';
import { memcached } from '../support/debian.ts';
import { type MemcachedServer, startMemcached } from '../support/memcached-server.ts';

let program: string;
let server: MemcachedServer;
beforeAll(async () => {
  const installed = await memcached();
  if (installed.kind === 'absent') throw new Error(installed.why);
  program = installed.path;
  server = await startMemcached(program);
});
afterAll(() => server[Symbol.asyncDispose]());

test('the first that asks owns a memcached, for all its units and as long as it comes back', async () => {
  const ask = (owner: string) => claimCache(server.host, server.port, owner);
  expect(await ask('uuid-a/mimir')).toBe('ours');
  expect(await ask('uuid-b/mimir')).toBe('others');
  expect(await ask('uuid-a/mimir')).toBe('ours');
  expect(await ask('uuid-b/mimir')).toBe('others');
});

test('one that has forgotten everything is free again', async () => {
  const { host, port } = server;
  await server.stop();
  expect(await claimCache(host, port, 'uuid-b/mimir')).toBe('silent');
  server = await startMemcached(program, { port });
  expect(await claimCache(host, port, 'uuid-b/mimir')).toBe('ours');
});

test.each([
  ['talks without an end', 'x'.repeat(10_000)],
  ['says nothing', ''],
  ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
])('something that %s is nobody', async (_what, words) => {
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    if (words !== '') socket.write(words);
  }).listen(0, '127.0.0.1');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await claimCache('127.0.0.1', port, 'uuid-a/mimir')).toBe('silent');
  other.close();
});
