/** Mimir's own spans, at the OpenTelemetry Collector's receiver. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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
    juju_unit: 'mimir-k8s/0',
  });
}, 300_000);

test('Mimir serves on when nobody takes its traces', async () => {
  const neighbours = { tracesUrl: 'http://127.78.90.4:4318' };
  await using mimir = await startMimir('127.78.90.4', { neighbours }, IMPATIENT);
  for (let n = 0; n < 20; n++) expect(await fetch(`${mimir.url}${QUERY}`)).toMatchObject({ status: 200 });
}, 300_000);
