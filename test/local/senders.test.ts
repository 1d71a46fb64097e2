/**
 * Real Prometheus servers write what they scrape, where the charm tells them to and nowhere else: to two real Mimirs
 * over one bucket. The tests build on one another.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { query } from '../../demo/query.ts';
import { TestModel } from '../support/local-model.ts';
import { longestGap, sampleTimes, type Window } from '../support/samples.ts';
import {
  addressOf,
  deployTester,
  killPrometheus,
  packTester,
  startPrometheus,
  TESTER_PORT,
} from '../support/tester-charm.ts';

const WRITE_URL = 'http://mimir-k8s.local.svc.cluster.local:9009/api/v1/push';
const FAILOVER_SECONDS = 12;

let model: TestModel;
let tester: string;
/** Each unit's Mimir, as Grafana asks it. */
let mimirs: readonly [string, string];

beforeAll(async () => {
  model = await TestModel.start();
  tester = await packTester(model.dir);
  await model.deployMinio();
  await model.deployMimir({ units: 2 });
  await model.integrate();
  mimirs = [`${await model.forward('mimir-k8s/0', 9009)}`, `${await model.forward('mimir-k8s/1', 9009)}`];
  await deployTester(model, tester, 'full', {
    mode: 'full',
    targets: ['localhost:9090', addressOf('mimir-k8s/0', 9009), addressOf('mimir-k8s/1', 9009)],
    'scrape-interval': '2s',
    'external-labels': 'site=here',
  });
  await model.untilUnit('full/0', 'waiting', /^for a URL to write to$/);
});

afterAll(() => model?.[Symbol.asyncDispose]());

const patiently = { timeout: 120_000, interval: 1000 };

const asPrometheus = (url: string) => `${url}/prometheus`;

/** In milliseconds since 1970; a little back, so that what belongs to the window has been scraped. */
const justNow = () => Date.now() - 5000;

/** Both have the same samples at the same times, soon. */
async function expectSame(mimir: string, itself: string, window: Window): Promise<void> {
  const wanted = await sampleTimes(itself, window);
  expect(wanted.length, 'samples that were scraped').toBeGreaterThan(2);
  await expect
    .poll(() => sampleTimes(asPrometheus(mimir), window).catch(String), { timeout: 60_000, interval: 500 })
    .toEqual(wanted);
}

/** Until this many seconds of samples are there. */
async function untilScraped(itself: string, selector: string, seconds: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const times = await sampleTimes(itself, { selector, seconds: 600, end: Date.now() });
        return (times.at(-1) ?? 0) - (times[0] ?? 0);
      },
      { timeout: 120_000, interval: 500 },
    )
    .toBeGreaterThan(seconds);
}

describe('a Prometheus that is related', () => {
  let itself: string;

  test('is told one URL, though there are two units to write to', async () => {
    await model.integrate(['full:send-remote-write', 'mimir-k8s:receive-remote-write']);
    await model.untilActive();
    await model.untilUnit('full/0', 'active', new RegExp(`^writes to ${WRITE_URL}$`));
    itself = await model.forward('full/0', TESTER_PORT);
  });

  test('writes every sample of each of its targets, and each unit of Mimir has it once', async () => {
    const targets = ['localhost:9090', addressOf('mimir-k8s/0', 9009), addressOf('mimir-k8s/1', 9009)];
    await untilScraped(itself, 'up{instance="localhost:9090"}', 25);
    const end = justNow();
    for (const mimir of mimirs)
      for (const instance of targets)
        await expectSame(mimir, itself, { selector: `up{instance="${instance}"}`, seconds: 15, end });
    const everything = '{juju_application="full",instance="localhost:9090"}[15s]';
    const scraped = (await query(itself, everything, end)).map(({ points }) => points.length);
    expect(scraped.length, 'series').toBeGreaterThan(100);
    const stored = await query(asPrometheus(mimirs[0]), everything, end);
    expect(stored.map(({ points }) => points.length).toSorted()).toEqual(scraped.toSorted());
  });

  test('and says where in Juju they come from, with labels of its own besides', async () => {
    const [series] = await query(asPrometheus(mimirs[0]), 'up{instance="localhost:9090"}', Date.now());
    expect(series?.labels).toMatchObject({
      juju_model: 'local',
      juju_application: 'full',
      juju_charm: 'tester-k8s',
      juju_unit: 'full/0',
      site: 'here',
    });
  });

  test('as an agent does, which keeps nothing', async () => {
    await deployTester(model, tester, 'agent', {
      targets: ['localhost:9090'],
      'scrape-interval': '2s',
    });
    await model.integrate(['agent:send-remote-write', 'mimir-k8s:receive-remote-write']);
    await model.untilActive();
    const agent = await model.forward('agent/0', TESTER_PORT);
    expect((await request(`${agent}/api/v1/query?query=up`)).statusCode, 'agents answer no queries').toBe(
      422,
    );
    await expect
      .poll(() => query(asPrometheus(mimirs[1]), 'up{juju_application="agent"}', Date.now()).catch(String), {
        timeout: 60_000,
        interval: 1000,
      })
      .toMatchObject([{ labels: { juju_unit: 'agent/0' } }]);
  });

  test('stops writing when the relation is removed', async () => {
    await model.separate(['agent:send-remote-write', 'mimir-k8s:receive-remote-write']);
    await model.untilUnit('agent/0', 'waiting', /^for a URL to write to$/);
  });
});

describe('two replicas that scrape the same target', () => {
  /** Replicas send the same series: none has its unit's label. */
  const selector = 'up{juju_application="pair",juju_unit=""}';
  let replicas: Readonly<Record<string, string>>;
  let other: string;

  test('are two series until Mimir tells replicas apart', async () => {
    await deployTester(model, tester, 'pair', {
      units: 2,
      mode: 'full',
      targets: [addressOf('agent/0')],
      'scrape-interval': '1s',
    });
    await model.integrate(['pair:send-remote-write', 'mimir-k8s:receive-remote-write']);
    for (const unit of ['pair/0', 'pair/1']) await model.untilUnit(unit, 'active', /^writes to/);
    replicas = {
      'pair/0': await model.forward('pair/0', TESTER_PORT),
      'pair/1': await model.forward('pair/1', TESTER_PORT),
    };
    await expect
      .poll(
        async () => (await query(asPrometheus(mimirs[0]), 'up{juju_application="pair"}', Date.now())).length,
        {
          timeout: 60_000,
          interval: 1000,
        },
      )
      .toBe(2);
  });

  test('are one series afterwards, of the samples of the chosen one, each once', async () => {
    await model.config({ 'ha-tracker': 'true', 'ha-failover-timeout': `${FAILOVER_SECONDS}s` });
    await expect
      .poll(() => chosen().catch(String), patiently)
      .toMatchObject({ cluster: expect.stringMatching(/^local_[0-9a-f]{8}_pair$/) });
    for (const unit of ['mimir-k8s/0', 'mimir-k8s/1']) await model.untilUnit(unit, 'active', /^$/);
    // In the first moment each unit of Mimir may have heard of another one first.
    await expect
      .poll(async () => (await chosen(mimirs[0])).replica === (await chosen(mimirs[1])).replica, patiently)
      .toBe(true);
    const { replica } = await chosen();
    const itself = replicas[replica] ?? '';
    const end = Date.now() + 22_000;
    await untilStored(mimirs[0], selector, end);
    for (const mimir of mimirs) await expectSame(mimir, itself, { selector, seconds: 20, end });
    expect((await chosen()).replica, 'and it stays the chosen one').toBe(replica);
  });

  test('and the same at another Mimir, which makes a choice of its own', async () => {
    await model.deployMimir({ application: 'other', config: { 'ha-tracker': 'true' } });
    await model.integrate(['pair:send-remote-write', 'other:receive-remote-write']);
    other = await model.forward('other/0', 9009);
    const urls = /^writes to http:\/\/mimir-k8s\.\S* http:\/\/other\.\S*$/;
    for (const unit of ['pair/0', 'pair/1']) await model.untilUnit(unit, 'active', urls);
    await expect
      .poll(() => chosen(other).catch(String), patiently)
      .toMatchObject({ replica: expect.stringMatching(/^pair\//) });
    const itself = replicas[(await chosen(other)).replica] ?? '';
    const end = Date.now() + 10_000;
    await untilStored(other, selector, end);
    await expectSame(other, itself, { selector, seconds: 10, end });
  });

  test('and the death of the chosen one costs no more than the time to choose the other', async () => {
    const { replica } = await chosen();
    const other = replica === 'pair/0' ? 'pair/1' : 'pair/0';
    const killedAt = Date.now();
    await killPrometheus(model, replica);
    await expect.poll(async () => (await chosen()).replica, { timeout: 120_000, interval: 500 }).toBe(other);
    const failedOverAt = Date.now();
    await untilStored(mimirs[0], selector, failedOverAt + 5000);
    const end = failedOverAt + 5000;
    const window = { selector, seconds: Math.ceil((end - killedAt) / 1000) + 10, end };
    const times = await sampleTimes(asPrometheus(mimirs[0]), window);
    // Two scrapes and the sending, on a machine that has other things to do.
    expect(longestGap(times, window)).toBeLessThan(FAILOVER_SECONDS + 8);
  });

  test('when it comes back, nothing is counted twice', async () => {
    const { replica } = await chosen();
    const back = replica === 'pair/0' ? 'pair/1' : 'pair/0';
    await startPrometheus(model, back);
    const since = Date.now();
    await expect
      .poll(
        async () =>
          (await sampleTimes(replicas[back] ?? '', { selector, seconds: 60, end: Date.now() })).filter(
            (time) => time * 1000 > since,
          ).length,
        { timeout: 60_000 },
      )
      .toBeGreaterThan(12);
    const window = { selector, seconds: 10, end: justNow() };
    await expectSame(mimirs[1], replicas[replica] ?? '', window);
  });
});

const elections = z.object({
  elected: z.array(z.object({ cluster: z.string(), replica: z.string() })),
});

/** Of the application `pair`, by one of the Mimirs' word. */
async function chosen(mimir = mimirs[1]): Promise<{ readonly cluster: string; readonly replica: string }> {
  const { body } = await request(`${mimir}/distributor/ha_tracker`, {
    headers: { accept: 'application/json' },
  });
  const pair = elections.parse(await body.json()).elected.find(({ cluster }) => cluster.endsWith('_pair'));
  if (pair === undefined) throw new Error('no replica is chosen');
  return pair;
}

async function untilStored(mimir: string, selector: string, time: number): Promise<void> {
  const newest = async () =>
    (await sampleTimes(asPrometheus(mimir), { selector, seconds: 60, end: Date.now() })).at(-1) ?? 0;
  await expect.poll(newest, { timeout: 60_000, interval: 500 }).toBeGreaterThan(time / 1000);
}
