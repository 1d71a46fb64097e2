/**
 * A whole Mimir of two units with tenants, a sender who cannot name one, and certificates: the sender is a real Prometheus,
 * and knows nothing but the relation. What it writes is all in Mimir, under the sender's tenant. The tests build on one
 * another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { seriesIn } from '../../demo/query.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { deployAuthority } from '../support/ops-authority.ts';
import { sampleTimes } from '../support/samples.ts';
import { slowQuery } from '../support/slow-query.ts';
import { deployTester, packTester, TESTER_PORT } from '../support/tester-charm.ts';

const APP = 'mimir-k8s';
const UNITS = [`${APP}/0`, `${APP}/1`] as const;
const NAME = `${APP}.local.svc.cluster.local`;
const TENANT = { 'x-scope-orgid': 'platform' };
const patiently = { timeout: 180_000, interval: 1000 };
const installed = await nginx();

let model: TestModel;
/** The sender itself. */
let sender: string;
/** Trusts whom the units trust, and demands the application's name. */
let trusting: Agent | undefined;
/**
 * Since when the sender writes where it does, in milliseconds since 1970: a Prometheus that is told of another URL, or of
 * another authority, begins anew with what it scrapes from then on.
 */
let since: number;

beforeAll(async () => {
  if (installed.kind !== 'there') return;
  model = await TestModel.start();
  await deployAuthority(model);
  await model.deployMinio();
  await model.deployMimir({
    units: 2,
    config: { multitenancy: 'true', 'sender-tenant': 'platform' },
    trust: false,
  });
  await model.integrate();
  await deployTester(model, await packTester(model.dir), 'sender', {
    mode: 'full',
    targets: ['localhost:9090'],
    'scrape-interval': '1s',
  });
  await model.integrate(['sender:send-remote-write', `${APP}:receive-remote-write`]);
  await model.integrate(['sender:receive-ca-cert', 'ops-authority:send-ca-cert']);
  await model.untilActive(300);
  sender = await model.forward('sender/0', TESTER_PORT);
}, 600_000);
afterAll(async () => {
  await trusting?.close();
  await model?.[Symbol.asyncDispose]();
}, 60_000);

function untilWritesTo(scheme: 'http' | 'https') {
  return model.untilUnit(
    'sender/0',
    'active',
    new RegExp(`^writes to ${scheme}://${NAME.replaceAll('.', '\\.')}:${GATEWAY_PORT}/api/v1/push$`),
    240,
  );
}

/** As a person asks who has the authority's certificate, once there is one. */
async function at(target: string, port: number): Promise<string> {
  const url = await model.forward(target, port);
  return trusting === undefined ? url : url.replace('http:', 'https:');
}

async function trust(): Promise<void> {
  const { out } = await model.ssh(UNITS[0], 'mimir', ['cat', '/data/conf/trust/units.pem']);
  await trusting?.close();
  trusting = new Agent({ connect: { ca: out, servername: NAME } });
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await request(url, { headers, ...(trusting !== undefined && { dispatcher: trusting }) });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** Seconds since 1970 of each sample that Mimir has of the sender's own `up`. */
async function stored(url: string, seconds: number, end: number): Promise<readonly number[]> {
  const query = `up{juju_application="sender"}[${seconds}s]`;
  const { status, text } = await get(
    `${url}/prometheus/api/v1/query?${new URLSearchParams({ query, time: `${end / 1000}` })}`,
    TENANT,
  );
  if (status !== 200) throw new Error(`${status} ${text}`);
  return seriesIn(text).flatMap(({ points }) => points.map(([time]) => time));
}

/** So many seconds of the sender's samples have come to Mimir. */
const ENOUGH = 10;

/** From a sample on that has come to Mimir now. */
async function fromNow(): Promise<void> {
  const begin = Date.now();
  const url = await at(UNITS[0], GATEWAY_PORT);
  const first = async () =>
    (await stored(url, 60, Date.now()).catch(() => [])).find((time) => time * 1000 > begin);
  await expect.poll(first, patiently).toBeDefined();
  since = ((await first()) ?? 0) * 1000 - 1;
}

/** All that the sender has scraped since then is in Mimir, once, whichever unit is asked. */
async function expectWhole(): Promise<void> {
  await expect.poll(() => Date.now() - since, patiently).toBeGreaterThan(ENOUGH * 1000);
  const end = Date.now();
  const seconds = Math.floor((end - since) / 1000);
  const wanted = await sampleTimes(sender, { selector: 'up', seconds, end });
  expect(wanted.length).toBeGreaterThan(5);
  for (const unit of UNITS) {
    const url = await at(unit, GATEWAY_PORT);
    await expect.poll(() => stored(url, seconds, end).catch(String), patiently).toEqual(wanted);
  }
}

describe.skipIf(installed.kind !== 'there')('a sender who cannot name a tenant', () => {
  test('writes to the gateway, and its metrics are the named tenant`s', async () => {
    await untilWritesTo('http');
    await fromNow();
    await expectWhole();
    const url = await at(APP, GATEWAY_PORT);
    expect(await get(`${url}/prometheus/api/v1/labels`), 'readers are given no tenant').toMatchObject({
      status: 401,
    });
  }, 420_000);

  test('writes over TLS when all have turned to it', async () => {
    await model.integrate([`${APP}:certificates`, 'ops-authority:certificates']);
    await untilWritesTo('https');
    await model.untilActive(300);
    await trust();
    await fromNow();
    await expectWhole();
  }, 600_000);

  test('is served by each unit over TLS, with the certificate of the application', async () => {
    for (const unit of UNITS) {
      expect(await get(`${await at(unit, GATEWAY_PORT)}/ready`)).toEqual({ status: 200, text: 'ready\n' });
      expect((await get(`${await at(unit, HTTP_PORT)}/ready`)).status).toBe(200);
      const plain = await request(`${await model.forward(unit, GATEWAY_PORT)}/api/v1/push`, {
        method: 'POST',
      });
      expect(await plain.body.text()).toContain('HTTPS');
      expect(plain.statusCode, 'who has not heard of it tries again').toBe(503);
    }
  });

  test('a query that is under way when its pod ends is answered, by the gateway and the Mimir in it', async () => {
    const [, unit] = UNITS;
    const url = await at(unit, GATEWAY_PORT);
    const way = { headers: TENANT, ...(trusting !== undefined && { dispatcher: trusting }) };
    const slow = await slowQuery(url, 9, way);
    let isAnswered = false;
    const answer = slow.ask(url).finally(() => {
      isAnswered = true;
    });
    await sleep(500);
    await model.client.call('delete-pod', { unit });
    const takesNone = () =>
      get(`${url}/ready`).then(
        () => false,
        () => true,
      );
    await expect.poll(takesNone, { timeout: 30_000, interval: 100 }).toBe(true);
    expect(isAnswered, 'it was under way').toBe(false);
    expect(await answer).toEqual({ status: 200, value: slow.value });
    await model.untilActive(300);
    await expectWhole();
  }, 600_000);

  test('goes on when another authority signs', async () => {
    const { task } = await model.run('ops-authority/0', 'rotate-ca');
    expect(task, task.message).toMatchObject({ status: 'completed' });
    const first = async () =>
      (await model.ssh(UNITS[0], 'gateway', ['cat', '/var/lib/mimir-gateway/tls.pem'])).out;
    const before = await first();
    await expect.poll(first, patiently).not.toBe(before);
    await model.untilActive(300);
    await trust();
    await fromNow();
    await expectWhole();
  }, 600_000);

  test('goes on over plain HTTP when there are no certificates any more', async () => {
    await model.separate([`${APP}:certificates`, 'ops-authority:certificates']);
    await untilWritesTo('http');
    await model.untilActive(300);
    await trusting?.close();
    trusting = undefined;
    await fromNow();
    await expectWhole();
  }, 600_000);
});
