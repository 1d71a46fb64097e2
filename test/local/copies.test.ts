/**
 * Another number of copies, with three real Mimirs, while one writes and reads all the time and pods are killed on the way: no
 * answer has less than was taken, whoever is asked and however early.
 */
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
  load = new ConstantLoad(urls, { asksAnyone: true });
});

afterAll(async () => {
  await load[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

function copies(): Promise<readonly number[]> {
  return Promise.all(urls.map((url) => new MimirApi(url).replicationFactor().catch(() => 0)));
}

/** A unit says that it is on its way there. */
async function untilSaid(unit: string, message: RegExp): Promise<void> {
  await model.until(`${unit} says ${message}`, ({ applications }) => {
    const { message: said = '' } = applications['mimir-k8s']?.units?.[unit]?.['workload-status'] ?? {};
    return message.test(said);
  });
}

async function leader(): Promise<string> {
  const units = Object.entries((await model.status()).applications['mimir-k8s']?.units ?? {});
  return units.find(([, unit]) => unit.leader)?.[0] ?? '';
}

/** And until so much was written and asked since that what went wrong would show. @param meanwhile what is done to it */
async function change(wanted: number, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  await expect.poll(() => load.seen.answers, { timeout: 60_000 }).toBeGreaterThan(30);
  load.beginAnew();
  await model.config({ 'replication-factor': String(wanted) });
  await meanwhile();
  await expect.poll(copies, { timeout: 480_000, interval: 1000 }).toEqual([wanted, wanted, wanted]);
  await model.untilActive(240);
  const { answers: before, acknowledged: taken } = load.seen;
  await expect.poll(() => load.seen.answers, { timeout: 120_000 }).toBeGreaterThan(before + 100);
  // Also what was refused on the way, and is sent again.
  await expect.poll(() => load.seen.acknowledged, { timeout: 60_000 }).toBeGreaterThan(taken + 100);
}

test('changed to 3 under load', async () => {
  // Asks those that are ready, as clients do.
  const url = await model.forward('mimir-k8s', 9009);
  await using clients = new ConstantLoad([url], { metric: 'of_clients', asksAnyone: true });
  await expect.poll(() => clients.seen.answers, { timeout: 60_000 }).toBeGreaterThan(30);
  clients.beginAnew();
  await change(3);
  console.info(clients.told('three units, from 1 to 3, through the service'));
  console.info(load.told('three units, from 1 to 3, also through those that are not ready'));
  expect([...load.seen.incomplete, ...clients.seen.incomplete]).toEqual([]);
}, 600_000);

test.each([
  { wanted: 1, verb: 'delete-pod' },
  { wanted: 3, verb: 'kill-pod' },
] as const)('changed to $wanted under load, with $verb on the way', async ({ wanted, verb }) => {
  await change(wanted, async () => {
    await untilSaid('mimir-k8s/1', /^\[replication-factor\] from/);
    await model.client.call(verb, { unit: 'mimir-k8s/2' });
    await untilSaid('mimir-k8s/2', /^\[replication-factor\] from/);
    await model.client.call(verb, { unit: await leader() });
  });
  console.info(load.told(`three units, to ${wanted}, ${verb} on the way`));
  expect(load.seen.incomplete).toEqual([]);
}, 900_000);

test('and nothing that was taken is lost', async () => {
  const { acknowledged } = await load.end();
  for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});
