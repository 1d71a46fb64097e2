/**
 * A real Mimir, configured as the charm does it, behind a real proxy: what works through an ingress, and that nothing
 * inside the cluster is lost for it.
 */
import { createServer } from 'node:http';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import type { Daemon } from '../support/daemon.ts';
import { nginx } from '../support/debian.ts';
import { checkAlertmanager, type ProvisionedSource } from '../support/grafana-stand-in.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { freePort } from '../support/minio-server.ts';
import { startProxy } from '../support/traefik-stand-in.ts';

const INGRESS = '127.78.1.86';
const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const running: AsyncDisposable[] = [];
afterAll(async () => {
  for (const each of running.toReversed()) await each[Symbol.asyncDispose]();
});

/** @param host of the Mimir. @param strip what the proxy takes away. */
async function behind(host: string, strip: string): Promise<{ mimir: MimirServer; outside: string }> {
  // Not 127.0.0.1, which in Mimir's configuration stands for the Mimir of the pod.
  const address = `${INGRESS}:${await freePort()}`;
  const outside = `http://${address}${strip}`;
  const neighbours = { ingressUrl: outside, lastIngressUrl: outside };
  const mimir = await startMimir(host, { neighbours }, [...IMPATIENT, '-ruler.poll-interval=1s']);
  running.push(mimir);
  const proxy: Daemon = await startProxy(program, address, { strip, backends: [mimir.url] });
  running.push(proxy);
  return { mimir, outside };
}

const alertmanager = (url: string): ProvisionedSource => ({
  uid: 'P0',
  name: 'alertmanager',
  type: 'alertmanager',
  url,
  jsonData: { implementation: 'mimir' },
  secureJsonData: {},
});

async function get(url: string) {
  const { statusCode, body, headers } = await request(url);
  return { statusCode, text: await body.text(), location: headers.location };
}

async function post(url: string, body: string, type = 'application/yaml'): Promise<number> {
  const answer = await request(url, { method: 'POST', headers: { 'content-type': type }, body });
  await answer.body.dump();
  return answer.statusCode;
}

/** What a page makes the browser load, as absolute addresses. */
function loads(page: string, html: string): readonly string[] {
  return [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)].map(
    ([, path = '']) => new URL(path, page).href,
  );
}

const RULES = `
name: always
interval: 1s
rules: [{alert: AlwaysThere, expr: vector(1), labels: {severity: critical}}]
`;

describe.skipIf(program === '')('behind a path that the ingress takes away', () => {
  let inside: string;
  let outside: string;
  let batch: Batch;
  beforeAll(async () => {
    const started = await behind('127.78.1.83', '/cos-mimir-k8s');
    [inside, outside] = [started.mimir.url, started.outside];
  });

  test('metrics that are written through it are read through it, and inside', async () => {
    batch = await writeBatch(outside, 'through');
    await expectWhole(outside, batch);
    await expectWhole(inside, batch);
  });

  test('Grafana finds the Alertmanager healthy, through it and inside', async () => {
    await expect
      .poll(() => checkAlertmanager(alertmanager(inside)), { timeout: 60_000 })
      .toBe('Health check passed.');
    expect(await checkAlertmanager(alertmanager(outside))).toBe('Health check passed.');
  });

  test.each(['/', '/alertmanager/'])('the page %s opens with all that it loads', async (path) => {
    const page = `${outside}${path}`;
    const { statusCode, text } = await get(page);
    expect(statusCode).toBe(200);
    const parts = loads(page, text);
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) expect((await get(part)).statusCode, part).toBe(200);
  });

  test('without the slash at its end the Alertmanager would send people elsewhere', async () => {
    expect(await get(`${outside}/alertmanager`)).toMatchObject({
      statusCode: 301,
      location: '/alertmanager/',
    });
  });

  test('rules are set through it, in a namespace of any characters, and their alerts link back to it', async () => {
    const namespace = encodeURIComponent('a/b %2F');
    expect(await post(`${outside}/prometheus/config/v1/rules/${namespace}`, RULES)).toBe(202);
    await expect
      .poll(async () => JSON.parse((await get(`${inside}/alertmanager/api/v2/alerts`)).text), {
        timeout: 90_000,
      })
      .toMatchObject([
        { generatorURL: expect.stringContaining(`${outside}/prometheus/graph?g0.expr=vector`) },
      ]);
  });
});

describe.skipIf(program === '')('behind a host name of its own', () => {
  test('what the Alertmanager sends to people leads through the ingress', async () => {
    const { mimir, outside } = await behind('127.78.1.84', '');
    const told = Promise.withResolvers<string>();
    const receiver = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      outgoing.end();
      told.resolve(Buffer.concat(chunks).toString());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    try {
      const address = receiver.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const routing = `route: {receiver: hook, group_wait: 0s}\nreceivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:${port}/"}]}]\n`;
      const config = JSON.stringify({ alertmanager_config: routing });
      expect(await post(`${mimir.url}/api/v1/alerts`, config)).toBe(201);
      const alert = JSON.stringify([{ labels: { alertname: 'Told' } }]);
      await expect
        .poll(() => post(`${outside}/alertmanager/api/v2/alerts`, alert, 'application/json'), {
          timeout: 60_000,
        })
        .toBe(200);
      expect(JSON.parse(await told.promise)).toMatchObject({ externalURL: `${outside}/alertmanager` });
      expect(await checkAlertmanager(alertmanager(mimir.url))).toBe('Health check passed.');
    } finally {
      receiver.close();
      receiver.closeAllConnections();
    }
  });
});

describe('an external URL with a path, which the charm never writes', () => {
  test('would cut the Alertmanager off, from inside and from outside', async () => {
    const flag = '-alertmanager.web.external-url=http://example.org/cos-mimir-k8s/alertmanager';
    const mimir = await startMimir('127.78.1.85', {}, [...IMPATIENT, flag]);
    running.push(mimir);
    await expect
      .poll(async () => (await get(`${mimir.url}/alertmanager/api/v2/status`)).statusCode, {
        timeout: 60_000,
      })
      .toBe(404);
    expect((await get(`${mimir.url}/cos-mimir-k8s/alertmanager/api/v2/status`)).statusCode).toBe(404);
  });
});
