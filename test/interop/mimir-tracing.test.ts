/** Mimir's own spans, at the OpenTelemetry Collector's receiver. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Authority } from '../support/authority.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';

const QUERY = '/prometheus/api/v1/query?query=vector(1)';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mimir-tracing-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a query arrives as a trace that names the unit', async () => {
  await using receiver = await OtlpReceiver.start({ out: join(folder, 'spans.jsonl') });
  const neighbours = { tracesUrl: `http://${receiver.address}` };
  await using mimir = await startMimir('127.78.90.3', { neighbours }, IMPATIENT);
  expect(await fetch(`${mimir.url}${QUERY}`)).toMatchObject({ status: 200 });
  const found = await vi.waitUntil(
    async () => (await receiver.spans()).find(({ name }) => name.includes('prometheus_api_v1_query')),
    60_000,
  );
  expect(found.resource).toMatchObject({
    'service.name': 'mimir-k8s',
    juju_model: 'cos',
    juju_application: 'mimir-k8s',
    juju_charm: 'mimir-k8s',
    juju_unit: 'mimir-k8s/3',
  });
}, 300_000);

test('over TLS it arrives at a receiver whose authority receive-ca-cert has named', async () => {
  await using authority = await Authority.make('Traces authority');
  const { key, certificate } = await authority.issue('IP:127.0.0.1');
  const tls = { cert: join(folder, 'receiver.pem'), key: join(folder, 'receiver.key') };
  await writeFile(tls.cert, certificate);
  await writeFile(tls.key, key);
  await using receiver = await OtlpReceiver.start({ out: join(folder, 'secured.jsonl'), tls });
  const neighbours = { tracesUrl: `https://${receiver.address}`, trusted: authority.certificate };
  await using mimir = await startMimir('127.78.90.5', { neighbours }, IMPATIENT);
  expect(await fetch(`${mimir.url}${QUERY}`)).toMatchObject({ status: 200 });
  await vi.waitUntil(
    async () => (await receiver.spans()).some(({ name }) => name.includes('prometheus_api_v1_query')),
    60_000,
  );
}, 300_000);

test('Mimir serves on when nobody takes its traces', async () => {
  const neighbours = { tracesUrl: 'http://127.78.90.4:4318' };
  await using mimir = await startMimir('127.78.90.4', { neighbours }, IMPATIENT);
  for (let n = 0; n < 20; n++) expect(await fetch(`${mimir.url}${QUERY}`)).toMatchObject({ status: 200 });
}, 300_000);
