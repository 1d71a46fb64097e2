/** Limits of tenants, and the real Mimir: what it takes, what it refuses, and what it does without a restart. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { exec, findContainer, type State } from 'charmwright/testing';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TENANT_LIMITS_FILE } from '../../charm/plan/paths.ts';
import { JUDGED, LIMITS, type LimitKind } from '../../charm/tenant-limits/limits.generated.ts';
import { peer } from '../../tools/peers.ts';
import { withOptions } from '../support/mimir-inputs.ts';
import { startTime } from '../support/mimir-process.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { image, mimir, world } from '../support/mimir-world.ts';
import { encodeWriteRequest } from '../support/remote-write.ts';

const HOST = '127.77.1.40';

let folder: string;
let binary: string;
let server: MimirServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-limits-'));
  binary = await peer('mimir');
  const changes = withOptions({ multitenancy: true });
  server = await startMimir(HOST, changes, [...IMPATIENT, '-runtime-config.reload-period=1s']);
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** Node gives a program a socket to read, which none can open as /dev/stdin. */
function judged(config: string) {
  const file = join(folder, 'judged.yaml');
  writeFileSync(file, config);
  const { status, stderr } = spawnSync(binary, ['-modules', `-config.file=${file}`]);
  return { code: status ?? 1, stderr: String(stderr) };
}

/** The unit that this Mimir belongs to; its binary judges in the container, too. */
async function unit(): Promise<State> {
  const judge = exec(['/bin/mimir'], ({ command, stdin }) => {
    expect(command).toEqual(['/bin/mimir', '-modules', '-config.file=/dev/stdin']);
    return judged(stdin);
  });
  const before = world(HOST, { config: { multitenancy: true }, containers: [image({ execs: [judge] })] });
  return mimir.run({ kind: 'pebble-ready', container: 'mimir' }, before);
}

async function setLimits(state: State, tenant: string, limits: string): Promise<State> {
  const after = await mimir.runAction('set-tenant-limits', { tenant, limits }, state);
  expect(after.failed).toBeUndefined();
  await server.replace(
    TENANT_LIMITS_FILE,
    String(findContainer(after.state, 'mimir').files[TENANT_LIMITS_FILE]),
  );
  return after.state;
}

let pushes = 0;
/** As many new series, in one request. */
async function push(tenant: string, series: number): Promise<{ status: number; says: string }> {
  const name = `pushed_${pushes++}`;
  const { statusCode, body } = await request(`${server.url}/api/v1/push`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-scope-orgid': tenant,
    },
    body: encodeWriteRequest(
      Array.from({ length: series }, (_, i) => ({
        labels: { __name__: name, i: String(i) },
        samples: [{ value: i, timestamp: Date.now() }],
      })),
    ),
  });
  return { status: statusCode, says: await body.text() };
}

async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(300)) {
    const seen = await look();
    if (isIt(seen) || Date.now() > deadline) return seen;
  }
}

describe('a limit of one tenant', () => {
  test('bites, and is lifted, while the process stays the same', async () => {
    const started = await startTime(server.url);
    const first = await setLimits(await unit(), 'team-a', '{max_global_series_per_user: 2}');
    const refused = await until(
      () => push('team-a', 5),
      ({ status }) => status !== 200,
    );
    expect(refused).toMatchObject({
      status: 400,
      says: expect.stringContaining('err-mimir-max-series-per-user'),
    });
    // Another tenant has the limits of all.
    expect(await push('team-b', 5)).toMatchObject({ status: 200 });
    await setLimits(first, 'team-a', '{max_global_series_per_user: 1000}');
    expect(
      await until(
        () => push('team-a', 5),
        ({ status }) => status === 200,
      ),
    ).toMatchObject({ status: 200 });
    expect(await startTime(server.url)).toBe(started);
  });

  test('on the rate of writing answers 429 until it is raised', async () => {
    const started = await startTime(server.url);
    const slow = await setLimits(await unit(), 'team-c', '{ingestion_rate: 1, ingestion_burst_size: 1}');
    const refused = await until(
      () => push('team-c', 5),
      ({ status }) => status !== 200,
    );
    expect(refused).toMatchObject({
      status: 429,
      says: expect.stringContaining('err-mimir-tenant-max-ingestion-rate'),
    });
    const { body } = await request(`${server.url}/runtime_config?mode=diff`);
    expect(parse(await body.text())).toMatchObject({ overrides: { 'team-c': { ingestion_rate: 1 } } });
    await setLimits(slow, 'team-c', '');
    expect(
      await until(
        () => push('team-c', 5),
        ({ status }) => status === 200,
      ),
    ).toMatchObject({ status: 200 });
    expect(await startTime(server.url)).toBe(started);
  });
});

test('a thousand tenants are read in one go', async () => {
  const tenants = Array.from({ length: 1000 }, (_, i) => `tenant-${i}: {ingestion_rate: ${i + 1}}`);
  const config = { multitenancy: true, 'tenant-limits': tenants.join('\n') };
  const after = await mimir.run('config-changed', { ...(await unit()), config });
  const content = String(findContainer(after, 'mimir').files[TENANT_LIMITS_FILE]);
  await server.replace(TENANT_LIMITS_FILE, content);
  const read = async () => {
    const { body } = await request(`${server.url}/runtime_config?mode=diff`);
    return Object.keys(parse(await body.text()).overrides ?? {}).length;
  };
  expect(await until(read, (count) => count === 1000)).toBe(1000);
});

test('limits that contradict each other are refused in Mimir`s own words', async () => {
  const limits = '{ha_tracker_update_timeout: 1h}';
  const { failed } = await mimir.runAction('set-tenant-limits', { tenant: 'team-a', limits }, await unit());
  expect(failed).toMatch(
    /^limits of tenant "team-a" \(ha_tracker_update_timeout\): HA Tracker failover timeout \(30s\) must be .*; nothing was changed$/,
  );
});

/** What each kind may be, to its ends. */
const SAMPLES: readonly Readonly<Record<Exclude<LimitKind, 'string' | 'any'>, unknown>>[] = [
  { integer: 1, number: 0.5, boolean: true, duration: '24h' },
  { integer: -5, number: 1e-9, boolean: false, duration: 0 },
  { integer: Number.MAX_SAFE_INTEGER, number: 1e21, boolean: true, duration: '1d12h' },
];

describe('the list of limits', () => {
  test('has only names that this Mimir knows', () => {
    const limits = Object.fromEntries([...LIMITS.keys()].map((name) => [name, null]));
    expect(judged(JSON.stringify({ limits }))).toEqual({ code: 0, stderr: '' });
  });

  test('lacks none that this Mimir shows, but those that it documents nowhere', async () => {
    const { stdout } = await promisify(execFile)(binary, ['-print.config'], { maxBuffer: 1e7 });
    const others = Object.keys(parse(stdout).limits).filter((name) => !LIMITS.has(name));
    expect(others.toSorted()).toEqual([
      'active_series_limit_response_code',
      'ingestion_artificial_delay',
      'max_active_series_per_user',
    ]);
  });

  test.each(SAMPLES)('says of each what this Mimir takes: %j', (samples) => {
    const values = [...LIMITS].flatMap(([name, kind]) =>
      kind === 'string' || kind === 'any' || JUDGED.has(name) ? [] : [[name, samples[kind]]],
    );
    expect(values.length).toBeGreaterThan(90);
    expect(judged(JSON.stringify({ limits: Object.fromEntries(values) }))).toEqual({ code: 0, stderr: '' });
  });
});
