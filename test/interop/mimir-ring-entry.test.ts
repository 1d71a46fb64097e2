/**
 * Ingesters that begin, real ones, with one copy of each series, while one asks all the time. Each is asked from the moment
 * on in which the others know it, and answers only when its Mimir runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Failures } from '../support/failures.ts';
import { OneCopy } from '../support/one-copy.ts';

const STARTS = '"rpc error: code = Unavailable desc = ingester is unavailable (current state: Starting)"';
/** Without a file Mimir thinks of its tokens itself. */
const WITHOUT_TOKENS = ['-ingester.ring.tokens-file-path='];

let mimirs: OneCopy;
beforeAll(async () => {
  mimirs = await OneCopy.at('127.78.1.242');
  await mimirs.write();
}, 240_000);
afterAll(() => mimirs?.[Symbol.asyncDispose](), 60_000);

interface Seen {
  readonly failures: Failures;
  /** In what states it was in the ring, in their order. */
  readonly states: readonly string[];
}

async function begun(name: string, host: string, flags: readonly string[] = []): Promise<Seen> {
  const states = new Set<string>();
  let ended = false;
  const looking = (async () => {
    while (!ended) {
      const member = (await mimirs.ring()).find((each) => each.startsWith(`${name} `));
      if (member !== undefined) states.add(member.slice(name.length + 1));
      await sleep(20);
    }
  })();
  const failures = await mimirs.failuresWhile(async () => {
    await mimirs.begin(name, host, flags);
    // It may know itself before the others do.
    await expect.poll(() => states.has('ACTIVE'), { timeout: 60_000, interval: 20 }).toBe(true);
    for (let i = 0; i < 50; i += 1) await mimirs.askForAll().catch(() => undefined);
    ended = true;
    await looking;
  });
  return { failures, states: [...states] };
}

test('one that begins as the charm starts it is in the ring when it answers, or a moment before', async () => {
  const seen = { first: await begun('first', '127.78.1.243'), second: await begun('second', '127.78.1.244') };
  const alone = await begun('alone', '127.78.1.245', WITHOUT_TOKENS);
  expect(seen).toMatchObject({ first: { states: ['ACTIVE'] }, second: { states: ['ACTIVE'] } });
  expect(alone.states, 'what it would be without: in the ring for a second with nothing').toEqual([
    'PENDING',
    'ACTIVE',
  ]);
  expect(alone.failures.told()[0]).toContain(STARTS);
  const failures = [seen.first.failures, seen.second.failures];
  expect(failures.map((each) => each.told((text) => !text.includes(STARTS)))).toEqual([[], []]);
  expect(failures.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(alone.failures.count / 2);
}, 240_000);
