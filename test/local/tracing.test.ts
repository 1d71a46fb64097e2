/**
 * A charm whose dispatches are traced, and the OpenTelemetry Collector's own receiver as another application's
 * workload: over the `tracing` relation, through an outage, and back. The tests build on one another.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Collector } from '../support/collector-charm.ts';
import type { ReceivedSpan } from '../support/otlp-receiver.ts';
import { TestModel, unitStatus } from './tiny-charm.ts';

const ROOT = join(import.meta.dirname, '../..');

let model: TestModel;
let collector: Collector;

beforeAll(async () => {
  model = await TestModel.open();
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const packed = join(model.folder, 'traced');
  const pack = [
    join(ROOT, 'pack/main.ts'),
    join(ROOT, 'test/charms/traced'),
    '--arch',
    arch,
    '--unpacked',
    packed,
  ];
  await promisify(execFile)(process.execPath, pack, { cwd: ROOT });
  collector = new Collector(model);
  await collector.deploy();
  await model.client.call('deploy', { charm: packed });
  await model.settled();
});

afterAll(() => model?.destroy());

/** The traces of the dispatches of one hook, each as its spans. */
function tracesOf(hook: string): Promise<readonly (readonly ReceivedSpan[])[]> {
  return collector.tracesWith((span) => span.attributes['juju.dispatch_path'] === hook);
}

async function configure(values: Record<string, string>): Promise<void> {
  await model.client.call('set-config', { application: 'traced-k8s', values });
  await model.settled();
}

const files = () => model.exec('traced-k8s/0', 'ls -A .charmwright-traces 2>/dev/null; true');

/** As if it had been found away a while ago. */
const forgetOutage = () => model.exec('traced-k8s/0', 'rm -f .charmwright-traces/lock');

test('nothing is recorded before there is a relation', async () => {
  expect(await model.exec('traced-k8s/0', 'ls -A')).not.toMatch(/charmwright-trac/);
});

// ops: 235, 238, 240, 241
test('a dispatch arrives at the collector as one trace, with its handlers, hook tools and Pebble calls', async () => {
  await model.client.call('integrate', { endpoints: ['traced-k8s:charm-tracing', 'collector:tracing'] });
  await model.settled();
  await configure({ greeting: 'good morning' });
  const [spans = []] = await vi.waitUntil(async () => {
    const traces = await tracesOf('hooks/config-changed');
    return traces.length > 0 && traces;
  }, 20_000);

  const named = (name: string) => spans.find((span) => span.name === name);
  const parentOf = (name: string) => spans.find(({ spanId }) => spanId === named(name)?.parentSpanId)?.name;
  expect(named('dispatch')?.parentSpanId).toBe('');
  expect(parentOf('config_changed: traced-k8s')).toBe('dispatch');
  expect(parentOf('config-get')).toBe('config_changed: traced-k8s');
  expect(parentOf('reconcile: traced-k8s')).toBe('dispatch');
  expect(parentOf('pebble get_system_info')).toBe('reconcile: traced-k8s');
  expect(parentOf('pebble push')).toBe('a page');
  expect(named('dispatch')?.resource).toMatchObject({
    juju_unit: 'traced-k8s/0',
    juju_model: 'testing',
    'service.name': 'traced-k8s',
  });
  for (const span of spans) {
    const root = named('dispatch');
    expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0));
    expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(root?.endTimeUnixNano ?? 0));
  }
  expect(JSON.stringify(spans)).not.toMatch(/good morning|s3cret/);

  const log: string[] = [];
  for await (const line of model.client.debugLog({ limit: null, include: ['traced-k8s/0'], level: 'DEBUG' }))
    log.push(line);
  expect(log.join('\n')).toMatch(`Starting root trace with id='${named('dispatch')?.traceId}'.`);
});

test('what happens while the collector is away is kept on the disk, whatever else goes wrong', async () => {
  await collector.stop();
  const before = await tracesOf('hooks/config-changed').then((traces) => traces.length);
  for (const greeting of ['one', 'two']) await configure({ greeting });
  await model.client.call('set-config', { application: 'traced-k8s', values: { fail: 'true' } });
  await model.until('an error', (now) => unitStatus(now, 'traced-k8s/0')?.current === 'error');
  await model.client.call('set-config', { application: 'traced-k8s', values: { fail: 'false' } });
  await model.until('no error', (now) => unitStatus(now, 'traced-k8s/0')?.current === 'active');
  await model.settled();
  expect(await files()).toMatch(/50-/);
  expect(await tracesOf('hooks/config-changed')).toHaveLength(before);
});

test('all of it arrives when the collector is back and another hook has run', async () => {
  await collector.start();
  await forgetOutage();
  await configure({ greeting: 'three' });
  const traces = await vi.waitUntil(async () => {
    await forgetOutage();
    const found = await tracesOf('hooks/config-changed');
    return found.length >= 6 && found;
  }, 30_000);
  const failed = traces.filter((spans) =>
    spans.some(({ name, status }) => name === 'dispatch' && status.code === 2),
  );
  expect(failed.length).toBeGreaterThan(0);
  for (const spans of failed) {
    const reconcile = spans.find(({ name }) => name === 'reconcile: traced-k8s');
    expect(reconcile?.status.message).toBe('Error: told to fail');
    expect(reconcile?.events[0]?.attributes['exception.stacktrace']).toMatch('main.mjs');
  }
  expect(new Set(traces.map(([span]) => span?.traceId)).size).toBe(traces.length);
  await vi.waitUntil(async () => !/\.jsonl/.test(await files()), 20_000);
});

test('an action is a trace as well', async () => {
  const { tasks } = await model.client.call('run', {
    units: ['traced-k8s/0'],
    action: 'greet',
    params: { name: 'Ann' },
  });
  expect(await model.client.waitTask(tasks[0]?.id ?? '')).toMatchObject({
    status: 'completed',
    results: { greeting: 'hello Ann', 'return-code': 0 },
  });
  await vi.waitUntil(async () => (await tracesOf('actions/greet')).length > 0, 20_000);
});

test('what the collector has against the traces is in the log of the next hook', async () => {
  await model.exec('traced-k8s/0', "printf 'http://tempo answered 400: bad' > .charmwright-traces/refused");
  await configure({ greeting: 'three and a half' });
  const log: string[] = [];
  for await (const line of model.client.debugLog({
    limit: null,
    include: ['traced-k8s/0'],
    level: 'WARNING',
  }))
    log.push(line);
  expect(log.join('\n')).toMatch('the collector refused traces: http://tempo answered 400: bad');
  expect(await files()).not.toMatch('refused');
});

test('a buffer that cannot be written to costs the trace, and not the hook', async () => {
  await model.exec('traced-k8s/0', 'rm -rf .charmwright-traces; echo in the way > .charmwright-traces');
  await configure({ greeting: 'four' });
  const status = await model.settled();
  expect(unitStatus(status, 'traced-k8s/0')?.current).toBe('active');
  await model.exec('traced-k8s/0', 'rm .charmwright-traces');
});

test('recording ends with the relation', async () => {
  await model.client.call('remove-relation', {
    endpoints: ['traced-k8s:charm-tracing', 'collector:tracing'],
  });
  await model.settled();
  expect(await model.exec('traced-k8s/0', 'ls -A')).not.toMatch(/\.charmwright-tracing$/m);
  expect((await collector.received()).length).toBeGreaterThan(0);
});
