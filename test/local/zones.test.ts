/**
 * Three units whose nodes are in three zones, by a real Kubernetes API: where the real Mimir keeps its copies, from the
 * first, and when their number changes.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { query } from '../../demo/query.ts';
import { KubernetesClient } from '../support/kubernetes-client.ts';
import { TestModel } from '../support/local-model.ts';
import { remoteWrite } from '../support/remote-write.ts';

let model: TestModel;
beforeAll(async () => {
  model = await TestModel.start();
  await KubernetesClient.start(model);
  await model.deployMinio();
  // With nothing decided about the pods they stay as they are first made.
  const config = { 'pod-anti-affinity': 'none', 'termination-grace-period': '30s' };
  await model.deployMimir({ units: 3, config });
  await model.integrate();
  await model.untilActive(240);
}, 400_000);
afterAll(() => model[Symbol.asyncDispose]());

const ringShape = z.object({
  shards: z.array(z.object({ state: z.string(), zone: z.string(), address: z.string() })),
});

async function zonesOf(ring: string): Promise<readonly string[]> {
  const origin = await model.forward('mimir-k8s/0', 9009);
  const answer = await fetch(`${origin}/${ring}/ring`, { headers: { accept: 'application/json' } });
  const { shards } = ringShape.parse(await answer.json());
  return shards
    .filter(({ state }) => state === 'ACTIVE')
    .map(({ zone }) => zone)
    .toSorted();
}

test.each(['ingester', 'store-gateway'])('the ring of %ss has a member in each zone', async (ring) => {
  await expect.poll(() => zonesOf(ring), { timeout: 90_000 }).toEqual(['zone-a', 'zone-b', 'zone-c']);
});

test('metrics are written while a whole zone stands still, and read back', async () => {
  const origin = await model.forward('mimir-k8s/0', 9009);
  const pebble = (...words: string[]) => model.ssh('mimir-k8s/2', 'mimir', ['/charm/bin/pebble', ...words]);
  expect((await pebble('signal', 'SIGSTOP', 'mimir')).code).toBe(0);
  try {
    const series = [{ labels: { __name__: 'zones_test' }, samples: [{ value: 7, timestamp: Date.now() }] }];
    const written = () =>
      remoteWrite(`${origin}/api/v1/push`, series).then(
        () => 'written',
        (error: unknown) => String(error),
      );
    await expect.poll(written, { timeout: 60_000 }).toBe('written');
    const read = () =>
      query(`${origin}/prometheus`, 'zones_test', Date.now()).then(
        ([found]) => found?.points.at(-1)?.[1],
        (error: unknown) => String(error),
      );
    await expect.poll(read, { timeout: 60_000 }).toBe(7);
  } finally {
    await pebble('signal', 'SIGCONT', 'mimir');
  }
});

/** Rings that know zones, by what a Mimir runs with. */
async function ringsInZones(): Promise<number> {
  const origin = await model.forward('mimir-k8s/0', 9009);
  const configuration = await (await fetch(`${origin}/config?mode=diff`)).text();
  return configuration.split('zone_awareness_enabled: true').length - 1;
}

test.each([
  { copies: '1', rings: 0 },
  { copies: '3', rings: 3 },
])('with $copies from then on $rings rings know zones', async ({ copies, rings }) => {
  expect(await ringsInZones()).toBe(3 - rings);
  await model.config({ 'replication-factor': copies });
  await expect.poll(() => ringsInZones().catch(String), { timeout: 300_000, interval: 1000 }).toBe(rings);
  await model.untilActive(240);
}, 600_000);
