/** Three real Mimirs that are to be restarted, while one writes and reads all the time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConstantLoad } from '../support/constant-load.ts';
import { TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1', 'mimir-k8s/2'] as const;

let model: TestModel;
let urls: readonly string[];

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ units: UNITS.length });
  await model.integrate();
  await model.untilActive(240);
  urls = await Promise.all(UNITS.map((unit) => model.forward(unit, 9009)));
});

afterAll(() => model[Symbol.asyncDispose]());

test('an option restarts them one after the other, and nobody who writes or reads is refused', async () => {
  const before = await Promise.all(urls.map(startTime));
  const load = new ConstantLoad(urls);
  await expect.poll(() => load.seen.answers, { timeout: 30_000 }).toBeGreaterThan(10);

  await model.config({ 'log-level': 'warn' });
  await model.until('one has its turn, and the others wait for theirs', ({ applications }) => {
    const units = Object.values(applications['mimir-k8s']?.units ?? {});
    const waits = units.filter(({ 'workload-status': { message } }) =>
      message?.startsWith('[mimir] waiting for its turn to restart, after mimir-k8s/'),
    );
    return waits.length === 2;
  });
  const restarted = async () => {
    const now = await Promise.all(urls.map((url) => startTime(url).catch(() => undefined)));
    return now.filter((time, i) => time !== undefined && time !== before[i]).length;
  };
  await expect.poll(restarted, { timeout: 300_000, interval: 1000 }).toBe(UNITS.length);
  await model.untilActive();

  const { acknowledged, refused, unanswered, incomplete, answers, repeated, words } = await load.end();
  const why = words.told();
  console.info({ acknowledged, refused, answers, unanswered, repeated, incomplete, why });
  expect({ refused, unanswered, incomplete }, why.join('\n')).toEqual({
    refused: 0,
    unanswered: 0,
    incomplete: [],
  });
  for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});
