/**
 * Mimir among those that watch it and help it: a collector of traces, two Lokis, an Alertmanager that is away, units of
 * memcached, a Redis. All in one model; the tests build on one another.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { Collector } from '../support/collector-charm.ts';
import { memcached } from '../support/debian.ts';
import { LokiStandIn } from '../support/loki-charm.ts';
import { TestModel, type TinyCharm, unitStatus } from './tiny-charm.ts';

const ROOT = join(import.meta.dirname, '../..');
const UNIT = 'mimir-k8s/0';

const redis: TinyCharm = {
  name: 'redis-k8s',
  metadata: 'provides:\n  redis: {interface: redis}\n',
  script:
    'case "$DISPATCH" in hooks/redis-relation-joined) relation-set hostname=10.1.0.30 port=6379 ;; esac',
};

let model: TestModel;
let collector: Collector;
let loki: LokiStandIn;
let otherLoki: LokiStandIn;

beforeAll(async () => {
  const installed = await memcached();
  if (installed.kind === 'absent') throw new Error(installed.why);
  model = await TestModel.open();
  collector = new Collector(model);
  loki = new LokiStandIn(model, 'loki');
  otherLoki = new LokiStandIn(model, 'other-loki');
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const packed = join(model.folder, 'memcached');
  const pack = ['pack/main.ts', 'test/charms/memcached', '--arch', arch, '--unpacked', packed];
  await promisify(execFile)(process.execPath, pack, { cwd: ROOT });
  await model.client.call('deploy', {
    charm: inject('mimirCharm'),
    resources: { 'mimir-image': inject('mimirImage') },
    trust: true,
  });
  await model.client.call('deploy', { charm: packed, units: 2, resources: { 'memcached-image': 'none' } });
  await collector.deploy();
  for (const each of [loki, otherLoki]) await each.deploy();
  await model.deploy(redis);
  await model.until('Mimir to serve', (now) => unitStatus(now, UNIT)?.current === 'active');
});

afterAll(() => model?.destroy());

async function integrate(ours: string, theirs: string): Promise<void> {
  await model.client.call('integrate', { endpoints: [`mimir-k8s:${ours}`, theirs] });
}

async function separate(ours: string, theirs: string): Promise<void> {
  await model.client.call('remove-relation', { endpoints: [`mimir-k8s:${ours}`, theirs] });
}

async function serves(): Promise<void> {
  await model.settled();
  await model.until('Mimir to serve', (now) => unitStatus(now, UNIT)?.current === 'active');
}

/** In the unit's charm container, which shares its network with Mimir. */
function get(path: string): Promise<string> {
  const script = `fetch("http://127.0.0.1:9009${path}").then(async (r) => console.log(r.status, await r.text()))`;
  return model.exec(UNIT, `bin/node -e '${script}'`);
}

const QUERY = '/prometheus/api/v1/query?query=vector(1)';

/** So many minutes ago, in seconds and a multiple of a minute: other ranges are not kept. */
function past(minutes: number): number {
  return Math.floor(Date.now() / 60_000 - minutes) * 60;
}

/** What a unit of memcached was asked to keep. */
async function kept(unit: string): Promise<number> {
  const script = `const s = require("net").connect(11211, "127.0.0.1"); s.write("stats\\r\\nquit\\r\\n"); s.pipe(process.stdout)`;
  const stats = await model.exec(unit, `bin/node -e '${script}'`);
  return Number(/STAT cmd_set (\d+)/.exec(stats)?.[1]);
}

test('all of them related at once, Mimir comes back once and serves', async () => {
  await integrate('cache', 'memcached-k8s:cache');
  await integrate('workload-tracing', 'collector:tracing');
  await integrate('charm-tracing', 'collector:tracing');
  await integrate('logging-consumer', 'loki:logging');
  await serves();
  expect(await get(QUERY)).toMatch(/^200 /);
});

describe('traces', () => {
  test("of Mimir's requests arrive, with the unit named in them", async () => {
    const found = await vi.waitUntil(async () => {
      await get(QUERY);
      return (await collector.received()).find(({ name }) => name.includes('prometheus_api_v1_query'));
    }, 60_000);
    expect(found.resource).toMatchObject({ 'service.name': 'mimir-k8s', juju_unit: UNIT });
  });

  test('of the hooks arrive as well', async () => {
    await model.client.call('set-config', {
      application: 'mimir-k8s',
      values: { 'max-global-exemplars-per-user': '10' },
    });
    await serves();
    const traces = await vi.waitUntil(async () => {
      const found = await collector.tracesWith(({ name }) => name === 'reconcile: mimir-k8s');
      return found.length > 0 && found;
    }, 60_000);
    expect(traces[0]?.map(({ name }) => name)).toContain('dispatch');
  });
});

describe('the log', () => {
  test('arrives line by line, labelled with where it comes from', async () => {
    const line = await vi.waitUntil(
      async () => (await loki.lines()).find(({ text }) => text.includes('msg="Starting application"')),
      60_000,
    );
    expect(line.labels).toEqual({
      product: 'Juju',
      charm: 'mimir-k8s',
      job: expect.stringMatching(/^juju_testing_[0-9a-f]{8}_mimir-k8s$/),
      juju_model: 'testing',
      juju_model_uuid: expect.any(String),
      juju_application: 'mimir-k8s',
      juju_unit: UNIT,
      pebble_service: 'mimir',
    });
  });

  test('has rules about it, which look at this application only', async () => {
    const shape = z.object({
      groups: z.array(z.object({ name: z.string(), rules: z.array(z.object({ expr: z.string() })) })),
    });
    const { groups } = shape.parse(JSON.parse(await loki.rules()));
    const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(3);
    for (const expr of expressions) expect(expr).toContain('juju_application="mimir-k8s"');
  });

  test('goes to two Lokis, and stops going to one that is not related any more; Mimir is not restarted for it', async () => {
    const started = async () => /process_start_time_seconds (\S+)/.exec(await get('/metrics'))?.[1];
    /** A query is logged with its words. */
    const say = (word: string) => get(`/prometheus/api/v1/query?query=${word}`);
    const heard = async (by: LokiStandIn, word: string) =>
      (await by.lines()).some(({ text }) => text.includes(word));
    const before = await started();

    await integrate('logging-consumer', 'other-loki:logging');
    await serves();
    await say('said_to_both');
    for (const each of [loki, otherLoki]) await vi.waitUntil(() => heard(each, 'said_to_both'), 60_000);

    await separate('logging-consumer', 'loki:logging');
    await serves();
    await say('said_to_one');
    await vi.waitUntil(() => heard(otherLoki, 'said_to_one'), 60_000);
    expect(await heard(loki, 'said_to_one')).toBe(false);
    expect(await started()).toBe(before);
  });
});

describe('the caches', () => {
  test('are kept on the units of memcached', async () => {
    await vi.waitUntil(
      async () => {
        await get(
          `/prometheus/api/v1/query_range?query=vector(1)&start=${past(120)}&end=${past(60)}&step=60`,
        );
        return (await kept('memcached-k8s/0')) + (await kept('memcached-k8s/1')) > 0;
      },
      { timeout: 60_000, interval: 500 },
    );
  });

  test('that go away with their application leave a Mimir that serves', async () => {
    const pebble = 'PEBBLE_SOCKET=/charm/containers/memcached/pebble.socket /charm/bin/pebble';
    for (const unit of ['memcached-k8s/0', 'memcached-k8s/1'])
      await model.exec(unit, `${pebble} stop memcached`);
    for (let n = 0; n < 20; n++) expect(await get(QUERY)).toMatch(/^200 /);
    await model.client.call('remove-application', { application: 'memcached-k8s' });
    await serves();
    expect(await get('/config')).not.toContain('backend: memcached');
  });
});

describe('a Redis', () => {
  test('is refused, and forgotten when it has gone', async () => {
    await integrate('redis', 'redis-k8s:redis');
    const blocked = await model.until('the refusal', (now) => unitStatus(now, UNIT)?.current === 'blocked');
    expect(unitStatus(blocked, UNIT)?.message).toContain('juju integrate mimir-k8s:cache');
    expect(await get(QUERY)).toMatch(/^200 /);
    await separate('redis', 'redis-k8s:redis');
    await serves();
  });
});
