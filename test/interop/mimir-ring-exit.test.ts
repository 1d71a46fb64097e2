/**
 * Ingesters that end, real ones, with one copy of each series, while one asks all the time: what others notice of it is
 * whether they are in their ring then.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leaveRing } from '../../charm/drain/ring-exit.ts';
import type { MimirServer } from '../support/mimir-server.ts';
import { OneCopy } from '../support/one-copy.ts';

const PATIENTLY = { timeout: 60_000, interval: 500 };
const ALL = ['first ACTIVE', 'rest ACTIVE', 'second ACTIVE'];

let mimirs: OneCopy;
let first: MimirServer;
let second: MimirServer;
/** What an ingester had that is not drained is missing then, and is not what this is about. */
const ask = () => mimirs.ask();

beforeAll(async () => {
  mimirs = await OneCopy.at('127.78.1.181');
  first = await mimirs.begin('first', '127.78.1.182');
  second = await mimirs.begin('second', '127.78.1.183');
}, 240_000);
afterAll(() => mimirs?.[Symbol.asyncDispose](), 60_000);

test('one that is out of its ring before it is stopped is missed by no query', async () => {
  await expect.poll(() => mimirs.ring(), PATIENTLY).toEqual(ALL);
  await mimirs.write();
  const failures = await mimirs.failuresWhile(async () => {
    await leaveRing(first.api, 'first');
    expect(await mimirs.ring()).toEqual(['rest ACTIVE', 'second ACTIVE']);
    await first.stop();
    // One that had been stopped in its ring would be missed from now on.
    for (let i = 0; i < 50; i += 1) await ask();
  }, ask);
  expect(failures.told()).toEqual([]);
  expect(await mimirs.ring()).toEqual(['rest ACTIVE', 'second ACTIVE']);
}, 120_000);

test('without that no query is answered any more', async () => {
  await second.stop();
  await expect.poll(() => ask().catch(String), PATIENTLY).toMatch(/too many unhealthy instances/);
}, 120_000);
