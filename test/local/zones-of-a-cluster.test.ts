/**
 * A cluster of applications whose nodes are in three zones, by a real Kubernetes API, from one copy of each series to three:
 * where the real Mimirs keep them, and that all units of one zone may be away.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { progress } from '../../charm/drain/ingester-api.ts';
import { MimirApi } from '../../charm/mimir-api.ts';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { ConstantLoad, SERIES } from '../support/constant-load.ts';
import { nginx } from '../support/debian.ts';
import { KubernetesClient } from '../support/kubernetes-client.ts';
import { TestModel } from '../support/local-model.ts';

const installed = await nginx();
const LEADER = 'mimir';
/** Pods are put on nodes by their numbers: two of five are in zone-b. */
const JOINED = { write: 5, read: 1 } as const;
const ZONES = [['write/0', 'write/3'], ['write/1', 'write/4'], ['write/2']] as const;

let model: TestModel;
let gateway: string;
let querier: string;
let load: ConstantLoad;

beforeAll(async () => {
  if (installed.kind !== 'there') return;
  model = await TestModel.start();
  await KubernetesClient.start(model);
  await model.deployMinio();
  // With nothing decided about the pods they stay as they are first made.
  const pods = { 'pod-anti-affinity': 'none', 'termination-grace-period': '30s' };
  await model.deployMimir({
    application: LEADER,
    config: { ...pods, roles: 'backend', 'replication-factor': '1' },
  });
  await model.integrate([`${LEADER}:s3`, 'minio-k8s:s3']);
  for (const [application, units] of Object.entries(JOINED)) {
    await model.deployMimir({ application, units, config: { ...pods, roles: application } });
    await model.integrate([`${LEADER}:mimir-cluster`, `${application}:join-cluster`]);
  }
  await model.untilActive(400);
  querier = await model.forward('read/0', HTTP_PORT);
  gateway = await model.forward(LEADER, GATEWAY_PORT);
  load = new ConstantLoad([gateway], { asksAnyone: true, queriers: [querier] });
}, 500_000);

afterAll(async () => {
  await load?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
}, 120_000);

const patiently = { timeout: 180_000, interval: 1000 };

const ringShape = z.object({
  shards: z.array(z.object({ id: z.string(), state: z.string(), zone: z.string() })),
});

/** `write-0 zone-a`, of those that serve. */
async function zonesOf(unit: string, ring: string): Promise<readonly string[]> {
  const origin = await model.forward(unit, HTTP_PORT);
  const answer = await fetch(`${origin}/${ring}/ring`, { headers: { accept: 'application/json' } });
  return ringShape
    .parse(await answer.json())
    .shards.filter(({ state }) => state === 'ACTIVE')
    .map(({ id, zone }) => `${id} ${zone}`)
    .toSorted();
}

/** Rings that know zones, by what a Mimir runs with. */
async function inZones(unit: string): Promise<readonly string[]> {
  const text = await (await fetch(`${await model.forward(unit, HTTP_PORT)}/config?mode=diff`)).text();
  const sections = text.split(/^(?=[a-z_]+:)/m);
  return sections
    .filter((section) => section.includes('zone_awareness_enabled: true'))
    .map((section) => section.split(':')[0] ?? '');
}

/** So many series the ingesters of a zone hold: a copy of each, where zones are known. */
async function seriesIn(zone: readonly string[]): Promise<number> {
  const held = zone.map(async (unit) => progress(new MimirApi(await model.forward(unit, HTTP_PORT))));
  return (await Promise.all(held)).reduce((sum, { series }) => sum + series, 0);
}

async function untilMoved(amount: number): Promise<void> {
  const { answers, acknowledged } = load.seen;
  await expect.poll(() => load.seen.acknowledged, patiently).toBeGreaterThan(acknowledged + amount);
  await expect.poll(() => load.seen.answers, patiently).toBeGreaterThan(answers + amount);
}

describe.skipIf(installed.kind !== 'there')('a Mimir of three applications in three zones', () => {
  test('knows no zones with one copy', async () => {
    expect(await inZones('write/0')).toEqual([]);
    await untilMoved(30);
  });

  test('keeps three copies in different zones, from the change to three on', async () => {
    load.beginAnew();
    const values = { 'replication-factor': '3' };
    await model.client.call('set-config', { application: LEADER, values });
    const copies = async () => new MimirApi(querier).replicationFactor().catch(() => undefined);
    await expect
      .poll(() => inZones('read/0').catch(String), { timeout: 300_000, interval: 1000 })
      .toEqual(['ingester']);
    await model.untilActive(300);
    expect(await copies()).toBe(3);
    for (const unit of ['write/0', 'write/4', `${LEADER}/0`])
      expect(await inZones(unit)).toEqual(['ingester']);
    const members = [
      'write-0 zone-a',
      'write-1 zone-b',
      'write-2 zone-c',
      'write-3 zone-a',
      'write-4 zone-b',
    ];
    await expect.poll(() => zonesOf('read/0', 'ingester'), patiently).toEqual(members);
    await untilMoved(100);
    console.info(load.told('a cluster in zones, from 1 to 3'));
    expect(load.seen.incomplete).toEqual([]);
    const held = await Promise.all(ZONES.map(seriesIn));
    // Where there are two, one of them had more as long as the other took no writes yet.
    for (const series of held) expect(series).toBeGreaterThanOrEqual(SERIES);
    expect(held.at(-1)).toBe(SERIES);
  }, 700_000);

  test('serves on while all ingesters of one zone are away', async () => {
    const away = await Promise.all(ZONES[1].map((unit) => model.forward(unit, HTTP_PORT)));
    for (const unit of ZONES[1]) await model.client.call('hold-pod', { unit });
    load.beginAnew();
    await untilMoved(300);
    for (const url of away) await expect(fetch(`${url}/ready`)).rejects.toThrow();
    console.info(load.told('a cluster in zones, without one of them'));
    for (const unit of ZONES[1]) await model.client.call('release-pod', { unit });
    await model.untilActive(300);
    expect(load.seen.incomplete).toEqual([]);
  }, 700_000);

  test.each([
    { isWanted: 'off', rings: [] },
    { isWanted: 'on', rings: ['ingester'] },
  ])('with zone-awareness=$isWanted three copies stay, in other places', async ({ isWanted, rings }) => {
    load.beginAnew();
    const values = { 'zone-awareness': isWanted };
    await model.client.call('set-config', { application: LEADER, values });
    await expect
      .poll(() => inZones('read/0').catch(String), { timeout: 300_000, interval: 1000 })
      .toEqual(rings);
    await model.untilActive(300);
    for (const unit of ['write/0', 'write/4', `${LEADER}/0`]) expect(await inZones(unit)).toEqual(rings);
    await untilMoved(100);
    console.info(load.told(`a cluster, zone-awareness=${isWanted}`));
    expect(load.seen.incomplete).toEqual([]);
  }, 700_000);

  test('and nothing that was taken is lost', async () => {
    const { acknowledged } = await load.end();
    expect(await load.count(querier)).toBe(acknowledged);
    expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
  });
});
