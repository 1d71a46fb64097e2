/**
 * Ingesters that are killed, real ones, with one copy of each series, while one asks all the time: in the seconds in which
 * one that is drained is out of its ring and not yet stopped, and without a word.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { peerRelation, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningStorage } from '../../charm/drain/bucket.ts';
import { drainIngester } from '../../charm/drain/drain.ts';
import { prepareShutdown } from '../../charm/drain/ingester-api.ts';
import { ringMembers } from '../../charm/drain/ring-api.ts';
import { leaveRing } from '../../charm/drain/ring-exit.ts';
import type { MimirServer } from '../support/mimir-server.ts';
import { mimir, world } from '../support/mimir-world.ts';
import { OneCopy } from '../support/one-copy.ts';

const HOST = '127.78.1.246';
/** More than a heartbeat, and less than Mimir's minute. */
const QUICK = ['-ingester.ring.heartbeat-timeout=20s', '-compactor.cleanup-interval=2s'];
const PATIENTLY = { timeout: 120_000, interval: 200 };
const REST = 'rest ACTIVE';

let mimirs: OneCopy;
let one: MimirServer;
let two: MimirServer;

beforeAll(async () => {
  mimirs = await OneCopy.at(HOST, QUICK);
  one = await mimirs.begin('mimir-k8s-1', '127.78.1.247', QUICK);
  two = await mimirs.begin('mimir-k8s-2', '127.78.1.248', QUICK);
}, 240_000);
afterAll(() => mimirs?.[Symbol.asyncDispose](), 60_000);

/** Until the one that is asked has said twice more that it lives: one that is silent since then is unhealthy. */
async function heartbeats(): Promise<void> {
  const heardOf = async () =>
    (await ringMembers(mimirs.rest.api, 'ingester'))?.find(({ id }) => id === 'rest')?.heardOf;
  for (let beats = 0; beats < 2; beats += 1) {
    const before = await heardOf();
    while ((await heardOf()) === before) await sleep(500);
  }
}

async function drained({ api, files }: MimirServer): Promise<void> {
  const storage = runningStorage(files);
  if (storage === undefined) throw new TypeError('it has no storage');
  const result = await drainIngester({
    api,
    storage,
    leaving: true,
    readers: [mimirs.rest.api],
    deadline: Date.now() + 240_000,
    tell: async () => undefined,
  });
  expect(result).toMatchObject({ kind: 'drained', blocks: 1 });
}

test('one that is killed when it is out of its ring does not come back there, and is missed by no query', async () => {
  const all = ['mimir-k8s-1 ACTIVE', 'mimir-k8s-2 ACTIVE', REST];
  await expect.poll(() => mimirs.ring(), PATIENTLY).toEqual(all);
  await mimirs.write();
  const failures = await mimirs.failuresWhile(async () => {
    await drained(two);
    await prepareShutdown(two.api);
    const leaving = leaveRing(two.api, 'mimir-k8s-2');
    await expect.poll(() => mimirs.ring(), PATIENTLY).toEqual(['mimir-k8s-1 ACTIVE', REST]);
    process.kill(two.pid, 'SIGKILL');
    await leaving;
    await heartbeats();
    expect(await mimirs.ring()).toEqual(['mimir-k8s-1 ACTIVE', REST]);
  });
  expect(failures.told()).toEqual([]);
}, 360_000);

test('one that is killed and gone for good is taken out by the leader, in the hook in which it departs', async () => {
  const units = { 1: {} };
  const relations = [
    peerRelation('mimir-peers', { id: 1, units, localAppData: { 'replication-factor': '1' } }),
  ];
  const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
  const leader = await mimir.run(ready, world(HOST, { relations, plannedUnits: 1 }));
  process.kill(one.pid, 'SIGKILL');
  const failed = mimirs.ask().catch(String);
  expect(await failed, 'what it holds is nowhere else').toMatch(/answered 500/);
  const departed = { kind: 'relation-departed', relation: 'mimir-peers', remoteUnit: 1 } as const;
  const after = await mimir.run(departed, stateOf(leader));
  expect(await mimirs.ring()).toEqual([REST]);
  const failures = await mimirs.failuresWhile(heartbeats, () => mimirs.ask());
  expect(failures.told()).toEqual([]);
  expect((await mimir.run('update-status', stateOf(after))).unitStatus).toEqual(after.unitStatus);
  expect(await mimirs.ring()).toEqual([REST]);
}, 240_000);
