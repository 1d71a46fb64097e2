/**
 * The packed charm among those that it tells where to query: what Grafana makes of it, and Canonical's own class at the
 * other end of the exchange of data sources. All queries reach the real Mimir, as the data sources say.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { writeCharm } from '../local/tiny-charm.ts';
import type { Daemon } from '../support/daemon.ts';
import { nginx } from '../support/debian.ts';
import { GrafanaPeer } from '../support/grafana-peer.ts';
import {
  askThrough,
  checkAlertmanager,
  GrafanaStandIn,
  headersOf,
  type ProvisionedSource,
} from '../support/grafana-stand-in.ts';
import { TestModel } from '../support/local-model.ts';
import { freePort } from '../support/minio-server.ts';
import { pythonLibrary } from '../support/pypi.ts';
import { remoteWrite } from '../support/remote-write.ts';
import { startProxy } from '../support/traefik-stand-in.ts';

const INSIDE = 'http://mimir-k8s.local.svc.cluster.local:9009';
const SOURCES = ['grafana-source', 'grafana-source-alertmanager'] as const;
const ENDPOINTS = ['catalogue', 'ingress', 'prometheus-api', ...SOURCES] as const;

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
let model: TestModel;
let proxy: Daemon | undefined;
/** Where the application is from here. */
let mimir: string;
let grafana = new GrafanaStandIn('v0');
let peer: GrafanaPeer;

beforeAll(async () => {
  model = await TestModel.start();
  const tempo = join(model.dir, 'ops-tempo');
  await cp(fileURLToPath(new URL('./charms/ops-tempo', import.meta.url)), tempo, { recursive: true });
  await cp(await pythonLibrary('cosl', '1.11.3'), join(tempo, 'venv'), { recursive: true });
  const metadata = `
requires:
  grafana-source: {interface: grafana_datasource}
  grafana-source-alertmanager: {interface: grafana_datasource}
  prometheus-api: {interface: prometheus_api}
provides:
  catalogue: {interface: catalogue}
  ingress: {interface: ingress}
`;
  const neighbour = await writeCharm(model.dir, { name: 'neighbour', metadata, script: 'status-set active' });
  for (const charm of [tempo, neighbour]) await model.client.call('deploy', { charm });
  await model.deployMimir({ config: { 'max-global-exemplars-per-user': '1000' } });
  await model.integrate(['mimir-k8s:send-datasource', 'ops-tempo:receive-datasource']);
  for (const endpoint of ENDPOINTS) await model.integrate([`mimir-k8s:${endpoint}`, `neighbour:${endpoint}`]);
  await model.untilActive();
  mimir = await model.forward('mimir-k8s', 9009);
  peer = new GrafanaPeer({
    model,
    unit: 'neighbour/0',
    sources: SOURCES,
    rests: () => model.untilActive(),
  });
});

afterAll(async () => {
  await proxy?.stop();
  await model[Symbol.asyncDispose]();
});

/** The same data source, with an address that leads from here to where its own leads in the model. */
function fromHere(source: ProvisionedSource | undefined): ProvisionedSource {
  if (source === undefined) throw new Error('there is no such data source');
  return { ...source, url: source.url.replace(INSIDE, mimir) };
}

/** As senders do it: what a Mimir that restarts has cut is sent again. */
async function write(value: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const series = [{ labels: { __name__: 'asked' }, samples: [{ value, timestamp: Date.now() }] }];
  await vi.waitFor(() => remoteWrite(`${mimir}/api/v1/push`, series, headers), patience);
}

/** The only value of the query through the data source. */
async function valueThrough(source: ProvisionedSource | undefined): Promise<unknown> {
  const shape = z.object({
    data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
  });
  const answer = shape.safeParse(await askThrough(fromHere(source), 'asked').catch(String));
  return answer.data?.data.result.map(({ value: [, text] }) => text);
}

const TENANT = { 'X-Scope-OrgID': 'anonymous' };
const patience = { timeout: 60_000, interval: 500 };

describe('Grafana', () => {
  test('of today has one data source for queries, and one for alerts, and both work', async () => {
    const [prometheus, alertmanager, ...more] = await peer.provision(grafana);
    expect(more).toEqual([]);
    expect(prometheus).toMatchObject({
      name: expect.stringMatching(/^juju_local_.*_mimir-k8s_0$/),
      url: `${INSIDE}/prometheus`,
      jsonData: { prometheusType: 'Mimir', alertmanagerUid: alertmanager?.uid },
    });
    await write(41);
    await expect.poll(() => valueThrough(prometheus), patience).toEqual(['41']);
    await expect.poll(() => checkAlertmanager(fromHere(alertmanager)), patience).toBe('Health check passed.');
  });

  test('and Tempo, on cosl, learn of each other: exemplars lead to traces', async () => {
    await model.client.call('set-config', {
      application: 'ops-tempo',
      values: { grafana: grafana.uid },
      reset: [],
    });
    await model.untilUnit(
      'ops-tempo/0',
      'active',
      /"uid": "juju_local_.*_mimir-k8s_0", "grafana_uid": "juju_cos_/,
    );
    const [prometheus] = await peer.provision(grafana);
    expect(prometheus?.jsonData.exemplarTraceIdDestinations).toMatchObject([
      { datasourceUid: 'juju_local_tempo_0' },
      { datasourceUid: 'juju_local_tempo_0' },
    ]);
  });

  test('that is replaced by one that reads the application has one of each again, under a name that stays', async () => {
    grafana = new GrafanaStandIn('v1');
    const sources = await peer.provision(grafana);
    expect(sources.map(({ name }) => name.replace(/^juju_local_[^_]*_/, ''))).toEqual([
      'mimir-k8s',
      'mimir-k8s_alertmanager',
    ]);
    await expect.poll(() => valueThrough(sources[0]), patience).toEqual(['41']);
    await model.untilUnit('ops-tempo/0', 'active', /"uid": "juju_local_[^_]*_mimir-k8s", /);
  });
});

describe.skipIf(program === '')('an ingress that takes a path away', () => {
  let outside: string;

  test('moves every address, and what Grafana has works through it', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const strip = '/local-mimir-k8s';
    outside = `http://${address}${strip}`;
    proxy = await startProxy(program, address, { strip, backends: [mimir] });
    await peer.say('ingress', { ingress: JSON.stringify({ url: outside }) });
    const [prometheus, alertmanager] = await peer.provision(grafana);
    expect(prometheus?.url).toBe(`${outside}/prometheus`);
    expect(await peer.bag('prometheus-api')).toEqual({
      direct_url: `${INSIDE}/prometheus`,
      ingress_url: `${outside}/prometheus`,
    });
    expect(await peer.bag('catalogue')).toMatchObject({ url: `${outside}/` });
    await expect.poll(() => valueThrough(prometheus), patience).toEqual(['41']);
    await expect.poll(() => checkAlertmanager(fromHere(alertmanager)), patience).toBe('Health check passed.');
  });

  test('that goes takes its addresses with it', async () => {
    await model.separate(['mimir-k8s:ingress', 'neighbour:ingress']);
    const [prometheus] = await peer.provision(grafana);
    expect(prometheus?.url).toBe(`${INSIDE}/prometheus`);
    expect(await peer.bag('prometheus-api')).toEqual({ direct_url: `${INSIDE}/prometheus` });
    expect(await peer.bag('catalogue')).toMatchObject({ url: `${INSIDE}/` });
  });
});

test('with tenants the data source names one, without which Mimir would not answer', async () => {
  await model.config({ multitenancy: 'true' });
  await expect
    .poll(async () => (await peer.provision(grafana)).map(headersOf), patience)
    .toEqual([TENANT, TENANT]);
  const [source, alertmanager] = grafana.dataSources;
  await expect.poll(() => write(42, TENANT).catch(String), patience).toBeUndefined();
  await expect.poll(() => valueThrough(source), patience).toEqual(['42']);
  expect(
    await askThrough({ ...fromHere(source), secureJsonData: {}, jsonData: {} }, 'asked').catch(String),
  ).not.toMatchObject({
    status: 'success',
  });
  await expect.poll(() => checkAlertmanager(fromHere(alertmanager)), patience).toBe('Health check passed.');
});
