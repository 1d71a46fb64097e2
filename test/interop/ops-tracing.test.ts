/** What ops-tracing from PyPI sends for a charm, and what ours sends for one that does the same: to one collector. */
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TestModel } from '../local/tiny-charm.ts';
import { Collector } from '../support/collector-charm.ts';
import type { ReceivedSpan } from '../support/otlp-receiver.ts';
import { pythonLibrary } from '../support/pypi.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [OURS, THEIRS] = ['traced-k8s', 'ops-traced'] as const;

let model: TestModel;
const traces = new Map<string, readonly ReceivedSpan[]>();

/** Of the trace of a config-changed. */
function named(application: string, name: string): ReceivedSpan {
  const spans = traces.get(application) ?? [];
  const found = spans.find((span) => span.name === name);
  if (found === undefined)
    throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`);
  return found;
}

const parentOf = (application: string, name: string) =>
  traces.get(application)?.find(({ spanId }) => spanId === named(application, name).parentSpanId)?.name;

beforeAll(async () => {
  model = await TestModel.open();
  const collector = new Collector(model);
  await collector.deploy();
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const pack = [join(ROOT, 'pack/main.ts'), join(ROOT, 'test/charms/traced'), '--arch', arch];
  const ours = join(model.folder, OURS);
  await promisify(execFile)(process.execPath, [...pack, '--unpacked', ours], { cwd: ROOT });
  const theirs = join(model.folder, THEIRS);
  await cp(fileURLToPath(new URL(`./charms/${THEIRS}`, import.meta.url)), theirs, { recursive: true });
  await cp(await pythonLibrary('ops-tracing', '3.9.0'), join(theirs, 'venv'), { recursive: true });
  for (const charm of [ours, theirs]) await model.client.call('deploy', { charm });
  await model.settled();
  for (const application of [OURS, THEIRS])
    await model.client.call('integrate', {
      endpoints: [`${application}:charm-tracing`, 'collector:tracing'],
    });
  await model.settled();
  for (const application of [OURS, THEIRS]) {
    await model.client.call('set-config', { application, values: { greeting: 'good morning' } });
    await model.settled();
    const trace = await vi.waitUntil(async () => {
      const found = await collector.tracesWith(
        ({ resource, attributes }) =>
          resource.juju_application === application && attributes.event_name === 'config_changed',
      );
      return found.at(-1);
    }, 30_000);
    traces.set(application, trace);
  }
});

afterAll(() => model?.destroy());

// ops: 239
test('the resource is described as theirs', () => {
  const ours = named(OURS, 'dispatch').resource;
  const theirs = named(THEIRS, 'ops.main').resource;
  const keys = Object.keys(theirs).filter((key) => key !== 'telemetry.sdk.version');
  expect(Object.keys(ours)).toEqual(expect.arrayContaining(keys));
  for (const key of [
    'juju_model',
    'juju_model_uuid',
    'service.namespace',
    'service.namespace.name',
    'service.instance.id',
  ])
    expect(ours[key]).toBe(theirs[key]);
  for (const [resource, application] of [
    [ours, OURS],
    [theirs, THEIRS],
  ] as const)
    expect(resource).toMatchObject({
      charm: application,
      'service.name': application,
      juju_application: application,
      juju_unit: `${application}/0`,
    });
});

// ops: 240
test("a handler's span has their name and their attributes", () => {
  const ours = named(OURS, `config_changed: ${OURS}`).attributes;
  const theirs = named(THEIRS, 'config_changed: Traced').attributes;
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  for (const key of ['deferred', 'event_type', 'event_class', 'event_name'])
    expect(ours[key]).toBe(theirs[key]);
});

test('hook tools and calls to Pebble have their names, in the handler that asked', () => {
  for (const name of ['config-get', 'secret-set', 'pebble push']) {
    expect(parentOf(THEIRS, name)).toBe('config_changed: Traced');
    expect(named(OURS, name).name).toBe(name);
  }
  for (const name of ['config-get', 'secret-set'])
    expect(parentOf(OURS, name)).toBe(`config_changed: ${OURS}`);
  const [ours, theirs] = [named(OURS, 'pebble push'), named(THEIRS, 'pebble push')];
  expect(ours.attributes.path).toBe(theirs.attributes.path);
  expect(ours.attributes['pebble.socket_path']).toBe(theirs.attributes['pebble.socket_path']);
});
