/** Applications of one cluster that are to be restarted: one after the other, whatever each of them is. */
import { waiting } from 'charmwright';
import { afterEach, expect, test, vi } from 'vitest';
import { SmallCluster } from '../../support/small-cluster.ts';

/** Whoever waits in a hook asks once here: the next hook asks again. */
vi.mock('../../../charm/patience.ts', () => import('../../support/no-patience.ts'));

const HOST = '127.78.1.242';
const ROLES = { 'write-a': 'write', 'write-b': 'write' } as const;

let cluster: SmallCluster;
afterEach(() => cluster[Symbol.asyncDispose]());

test('an option of the one that leads restarts one application at a time, and each says for whom it waits', async () => {
  cluster = await SmallCluster.of(ROLES, HOST);
  cluster.configure({ 'log-level': 'debug' });
  await cluster.settle();
  cluster.wake();
  await cluster.settle();
  expect(cluster.starts).toEqual(['mimir']);
  const waits = waiting('[mimir] waiting for its turn to restart, after mimir');
  for (const name of ['write-a', 'write-b']) expect(cluster.statusOf(name)).toEqual(waits);
  cluster.becomesReady('mimir');
  await cluster.settle();
  cluster.wake();
  await cluster.settle();
  expect(cluster.starts).toEqual(['mimir', 'write-a']);
  expect(cluster.statusOf('write-b').message).toContain('after write-a');
  cluster.becomesReady('write-a');
  await cluster.settle();
  cluster.becomesReady('write-b');
  await cluster.settle();
  expect(cluster.starts).toEqual(['mimir', 'write-a', 'write-b']);
  for (const name of ['mimir', 'write-a', 'write-b'])
    expect(cluster.statusOf(name).message).not.toContain('turn');
});

test('one that breaks the first Mimir does not reach the others, and its correction passes', async () => {
  cluster = await SmallCluster.of(ROLES, HOST);
  cluster.configure({ 'log-level': 'debug' });
  await cluster.settle();
  cluster.configure({ 'log-level': 'warn' });
  await cluster.settle();
  expect(cluster.starts, 'whoever has the turn need not wait').toEqual(['mimir', 'mimir']);
  expect(cluster.on('info')).toEqual(['write-a', 'write-b']);
  await cluster.rest();
  expect(cluster.on('warn')).toEqual(['mimir', 'write-a', 'write-b']);
});

test('the next option finds the turn where it is', async () => {
  cluster = await SmallCluster.of(ROLES, HOST);
  cluster.configure({ 'log-level': 'debug' });
  await cluster.settle();
  cluster.becomesReady('mimir');
  await cluster.settle();
  cluster.configure({ 'log-level': 'warn' });
  await cluster.settle();
  expect(cluster.starts, 'write-a has it').toEqual(['mimir', 'write-a', 'write-a']);
  expect(cluster.statusOf('mimir').message).toContain('after write-a');
  await cluster.rest();
  expect(cluster.starts.slice(3), 'whoever asks again is behind those who wait').toEqual([
    'write-b',
    'mimir',
  ]);
  expect(cluster.on('warn')).toEqual(['mimir', 'write-a', 'write-b']);
});

test('one that goes while it has its turn holds up nobody', async () => {
  cluster = await SmallCluster.of(ROLES, HOST);
  cluster.configure({ 'log-level': 'debug' });
  await cluster.settle();
  cluster.becomesReady('mimir');
  await cluster.settle();
  expect(cluster.starts).toEqual(['mimir', 'write-a']);
  cluster.remove('write-a');
  await cluster.settle();
  expect(cluster.starts).toEqual(['mimir', 'write-a', 'write-b']);
});

test('whoever is led by a charm that gives no turns does not wait for any', async () => {
  cluster = await SmallCluster.of(ROLES, HOST, ['turn']);
  cluster.configure({ 'log-level': 'debug' });
  await cluster.settle();
  expect(cluster.starts.toSorted()).toEqual(['mimir', 'write-a', 'write-b']);
});
