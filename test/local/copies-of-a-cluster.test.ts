/**
 * Another number of copies in a Mimir that is three applications, while one writes and reads all the time through the gateway of
 * the one that leads, and one asks a querier, however early: no answer has less than was taken, and none of it is lost.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isReadOnly } from '../../charm/drain/ingester-api.ts';
import { MimirApi } from '../../charm/mimir-api.ts';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { ConstantLoad } from '../support/constant-load.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { ringMembers } from '../support/ring-members.ts';

const installed = await nginx();
const LEADER = 'mimir';
const JOINED = { write: 3, read: 1 } as const;
/** Each has distributors of its own, that of `mimir` for what its ruler records. */
const MIMIRS = [`${LEADER}/0`, 'write/0', 'write/1', 'write/2', 'read/0'] as const;

let model: TestModel;
let gateway: string;
let querier: string;
let mimirs: readonly MimirApi[];
let load: ConstantLoad;

beforeAll(async () => {
  if (installed.kind !== 'there') return;
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({
    application: LEADER,
    config: { roles: 'backend', 'replication-factor': '1' },
  });
  await model.integrate([`${LEADER}:s3`, 'minio-k8s:s3']);
  for (const [application, units] of Object.entries(JOINED)) {
    await model.deployMimir({ application, units, config: { roles: application } });
    await model.integrate([`${LEADER}:mimir-cluster`, `${application}:join-cluster`]);
  }
  await model.untilActive(300);
  const urls = await Promise.all(MIMIRS.map((unit) => model.forward(unit, HTTP_PORT)));
  mimirs = urls.map((url) => new MimirApi(url));
  querier = urls.at(-1) ?? '';
  gateway = await model.forward(LEADER, GATEWAY_PORT);
  load = new ConstantLoad([gateway], { asksAnyone: true, queriers: [querier] });
}, 420_000);

afterAll(async () => {
  await load?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
}, 120_000);

const patiently = { timeout: 120_000, interval: 1000 };

function mimirOf(unit: (typeof MIMIRS)[number]): MimirApi {
  const api = mimirs[MIMIRS.indexOf(unit)];
  if (api === undefined) throw new RangeError(`no Mimir of ${unit}`);
  return api;
}

/** By which each Mimir goes; undefined where one does not answer. */
function copies(): Promise<readonly (number | undefined)[]> {
  return Promise.all(mimirs.map((api) => api.replicationFactor().catch(() => undefined)));
}

function change(copies: 1 | 3): Promise<unknown> {
  const values = { 'replication-factor': String(copies) };
  return model.client.call('set-config', { application: LEADER, values });
}

/** All go by it, all is well, and so much was written and asked since that what went wrong would show. */
async function untilChanged(wanted: 1 | 3): Promise<void> {
  await expect
    .poll(copies, { timeout: 300_000, interval: 500 })
    .toEqual(Array.from({ length: MIMIRS.length }, () => wanted));
  const { answers, acknowledged } = load.seen;
  await expect.poll(() => load.seen.acknowledged, patiently).toBeGreaterThan(acknowledged + 100);
  await expect.poll(() => load.seen.answers, patiently).toBeGreaterThan(answers + 100);
  await model.untilActive(240);
}

async function messageOf(unit: string): Promise<string> {
  return (await model.unit(unit))['workload-status'].message ?? '';
}

/** As behind a long action: what the unit is told does not reach its charm. @returns lets them go on */
async function holdUpHooks(unit: string): Promise<() => Promise<void>> {
  const held = model.exec(unit, 'touch /tmp/held; until [ -e /tmp/go ]; do sleep 0.2; done');
  const charm = (...argv: string[]) => model.ssh(unit, 'charm', argv);
  await expect.poll(async () => (await charm('/bin/ls', '/tmp/held')).code, patiently).toBe(0);
  return async () => {
    await charm('/bin/touch', '/tmp/go');
    await held;
  };
}

describe.skipIf(installed.kind !== 'there')('a Mimir of three applications, under load', () => {
  test('goes from one copy to three', async () => {
    const ingesters = ['write-0 ACTIVE', 'write-1 ACTIVE', 'write-2 ACTIVE'];
    await expect
      .poll(() => ringMembers(querier, '/ingester/ring').catch(String), patiently)
      .toEqual(ingesters);
    await expect.poll(() => load.seen.answers, patiently).toBeGreaterThan(30);
    load.beginAnew();
    await change(3);
    await untilChanged(3);
    console.info(load.told('a cluster, from 1 to 3'));
    expect(load.seen.incomplete).toEqual([]);
  }, 600_000);

  test('goes back to one, though the unit that leads is killed on the way, and one that writes in the restart', async () => {
    load.beginAnew();
    await change(1);
    await expect.poll(() => isReadOnly(mimirOf('write/0')), { timeout: 120_000, interval: 200 }).toBe(true);
    await model.client.call('kill-pod', { unit: `${LEADER}/0` });
    await expect.poll(copies, { timeout: 240_000, interval: 200 }).toContain(1);
    await model.client.call('kill-pod', { unit: 'write/1' });
    await untilChanged(1);
    console.info(load.told('a cluster, from 3 to 1, with pods killed on the way'));
    expect(load.seen.incomplete).toEqual([]);
  }, 600_000);

  test('takes no writes while one Mimir goes on by the old number, and says which', async () => {
    const late = 'write/2';
    await change(3);
    // Its hook goes on until it has said that it holds writes; what it is told after that waits.
    await expect.poll(() => isReadOnly(mimirOf(late)), { timeout: 240_000, interval: 200 }).toBe(true);
    const goOn = await holdUpHooks(late);
    await expect.poll(copies, { timeout: 120_000, interval: 200 }).toEqual([3, 3, 3, 1, 3]);
    const { acknowledged, refused } = load.seen;
    await expect.poll(() => messageOf(`${LEADER}/0`), patiently).toContain(`until ${late} runs with 3, too`);
    await expect.poll(() => load.seen.refused, patiently).toBeGreaterThan(refused + 100);
    expect(await copies()).toEqual([3, 3, 3, 1, 3]);
    expect(load.seen.acknowledged).toBe(acknowledged);
    await goOn();
    await untilChanged(3);
    expect(load.seen.incomplete).toEqual([]);
  }, 600_000);

  test('and nothing that was taken is lost', async () => {
    const { acknowledged } = await load.end();
    for (const url of [gateway, querier]) expect(await load.count(url)).toBe(acknowledged);
    expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
  });
});
