/** The rendered configuration, judged by the real Mimir. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inputs, RawOptions } from '../../charm/plan/inputs.ts';
import { DATA, HTTP_PORT } from '../../charm/plan/paths.ts';
import { type PlannedFile, plan } from '../../charm/plan/plan.ts';
import type { ObjectStorage } from '../../relations/s3.ts';
import { peer } from '../../tools/peers.ts';
import { inputs, s3Ready, withOptions } from '../support/mimir-inputs.ts';

const CA =
  '-----BEGIN CERTIFICATE-----\nthe binary does not read it before it starts\n-----END CERTIFICATE-----\n';

const STORAGES: Record<string, ObjectStorage> = {
  'its own disk': { kind: 'none' },
  's3 over http': s3Ready(),
  's3 over https with a private CA': s3Ready({ insecure: false, caChain: CA }),
  's3 in a region, virtual-hosted': s3Ready({
    endpoint: 's3.eu-central-1.amazonaws.com',
    insecure: false,
    region: 'eu-central-1',
    addressing: 'virtual-hosted',
  }),
  's3 with addressing left open, signature v2 and a path': s3Ready({
    addressing: 'auto',
    signature: 'v2',
    prefix: 'cosmimir',
  }),
  's3 with keys that look like YAML': s3Ready({
    accessKey: '123456',
    secretKey: '*a: {b}"\'#%@`|>!&\\ true',
  }),
};

const OPTIONS: Record<string, Partial<RawOptions>> = {
  'the default options': {},
  'multitenancy on': { multitenancy: true },
  'the least values': {
    'metrics-retention-period': '2h',
    'tsdb-block-retention-period': '13h',
    'max-global-exemplars-per-user': 0,
    'max-global-series-per-user': 0,
    'ingestion-rate': 1,
    'log-level': 'error',
  },
  'the greatest values': {
    'metrics-retention-period': '200y',
    'tsdb-block-retention-period': '1y2w3d4h5m6s',
    'max-global-exemplars-per-user': 1_000_000_000,
    'max-global-series-per-user': 1_000_000_000,
    'ingestion-rate': 1_000_000_000,
    'log-level': 'debug',
  },
  'replication factor 5': { 'replication-factor': 5 },
};

const CASES = Object.entries(STORAGES).flatMap(([storage, objectStorage]) =>
  Object.entries(OPTIONS).flatMap(([name, options]) =>
    [1, 2, 3]
      .filter((plannedUnits) => objectStorage.kind === 'ready' || plannedUnits === 1)
      .map((plannedUnits) => ({
        name: `${plannedUnits} unit(s) on ${storage} with ${name}`,
        input: inputs({ objectStorage, plannedUnits, ...withOptions(options) }),
      })),
  ),
);

let mimir: string;
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  mimir = await peer('mimir');
  folder = await mkdtemp(join(tmpdir(), 'mimir-config-'));
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function rendered(input: Inputs): readonly PlannedFile[] {
  const { workload } = plan(input);
  if (workload.kind !== 'run') throw new Error(`nothing to run: ${workload.kind}`);
  return workload.files;
}

/** Puts the files under `root` as if it were the volume, and returns the path of the configuration. */
async function place(files: readonly PlannedFile[], root: string): Promise<string> {
  const moved = (text: string) => text.replaceAll(`${DATA}/`, `${root}/`);
  for (const { path, content, permissions } of files) {
    await mkdir(dirname(moved(path)), { recursive: true });
    await writeFile(moved(path), moved(content), { mode: permissions });
  }
  return moved(files.at(-1)?.path ?? '');
}

describe('the real Mimir accepts what the charm renders for', () => {
  test.each(CASES)('$name', async ({ input }) => {
    const file = await place(rendered(input), join(folder, 'dry'));
    const { stdout } = await promisify(execFile)(mimir, ['-modules', `-config.file=${file}`]);
    expect(stdout).toContain('ingester');
  });

  test('and it does refuse a file with a fault', async () => {
    const file = join(folder, 'faulty.yaml');
    await writeFile(file, 'index_gateway: {}\n');
    await expect(promisify(execFile)(mimir, ['-modules', `-config.file=${file}`])).rejects.toThrow(
      'field index_gateway not found',
    );
  });
});

test('a unit on its own disk starts with its rendered files and becomes ready', async () => {
  const host = '127.77.1.1';
  const input = inputs({ address: { ip: host, fqdn: 'mimir-k8s-0' } });
  const { workload } = plan(input);
  if (workload.kind !== 'run') throw new Error('nothing to run');
  const root = join(folder, 'live');
  await place(workload.files, root);
  const [, ...flags] = workload.layer.services.mimir.command.replaceAll(`${DATA}/`, `${root}/`).split(' ');
  const child = spawn(
    mimir,
    // In a pod the ports are the unit's own; here other tests share the machine.
    [
      ...flags,
      `-server.http-listen-address=${host}`,
      `-server.grpc-listen-address=${host}`,
      `-memberlist.bind-addr=${host}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  running.push(child);
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += String(chunk);
  });

  while (!(await isReady(host))) {
    expect(child.exitCode, log).toBeNull();
    await sleep(500);
  }
  const rules = await fetch(`http://${host}:${HTTP_PORT}/prometheus/api/v1/rules`);
  expect(rules.status, 'the ruler is wired').toBe(200);
  const alerts = await fetch(`http://${host}:${HTTP_PORT}/alertmanager/api/v2/status`);
  expect(alerts.status, 'the Alertmanager is wired').toBe(200);
  const query = await fetch(`http://${host}:${HTTP_PORT}/prometheus/api/v1/query?query=1%2B1`, {
    signal: AbortSignal.timeout(20_000),
  });
  expect(await query.json(), 'queries find their scheduler').toMatchObject({
    status: 'success',
    data: { resultType: 'scalar' },
  });
});

async function isReady(host: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${HTTP_PORT}/ready`, { signal: AbortSignal.timeout(2000) });
    return answer.status === 200;
  } catch {
    return false;
  }
}
