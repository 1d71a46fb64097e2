/** Another number of copies, with three real Mimirs, while one writes and reads all the time: no answer has less than was taken. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MimirApi } from '../../charm/mimir-api.ts';
import { ConstantLoad } from '../support/constant-load.ts';
import { TestModel } from '../support/local-model.ts';

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1', 'mimir-k8s/2'] as const;

let model: TestModel;
let urls: readonly string[];
let load: ConstantLoad;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ units: UNITS.length, config: { 'replication-factor': '1' } });
  await model.integrate();
  await model.untilActive(240);
  urls = await Promise.all(UNITS.map((unit) => model.forward(unit, 9009)));
  load = new ConstantLoad(urls);
});

afterAll(async () => {
  await load[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

function copies(): Promise<readonly number[]> {
  return Promise.all(urls.map((url) => new MimirApi(url).replicationFactor().catch(() => 0)));
}

test.each([3, 1])('changed to %i under load', async (wanted) => {
  await expect.poll(() => load.seen.answers, { timeout: 60_000 }).toBeGreaterThan(30);
  await model.config({ 'replication-factor': String(wanted) });
  await expect.poll(copies, { timeout: 180_000, interval: 1000 }).toEqual([wanted, wanted, wanted]);
  await model.untilActive();
  const before = load.seen.answers;
  await expect.poll(() => load.seen.answers, { timeout: 120_000 }).toBeGreaterThan(before + 100);
  const { acknowledged, refused, unanswered, incomplete, answers } = load.seen;
  console.info({ wanted, acknowledged, refused, answers, unanswered, incomplete });
  expect(incomplete).toEqual([]);
});

test('and nothing that was taken is lost', async () => {
  const { acknowledged } = await load.end();
  for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});
