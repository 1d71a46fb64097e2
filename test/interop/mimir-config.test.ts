/** The rendered configuration, judged by the real Mimir. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ringMembers } from '../../charm/drain/ring-api.ts';
import type { Inputs, Neighbours, RawOptions } from '../../charm/plan/inputs.ts';
import { type PlannedFile, plan } from '../../charm/plan/plan.ts';
import { COMPONENTS, componentsOf, targetOf } from '../../charm/plan/roles.ts';
import { ZONE_FLAGS } from '../../charm/plan/zones.ts';
import { ZONE_RINGS } from '../../relations/peers.ts';
import type { ObjectStorage } from '../../relations/s3.ts';
import { peer } from '../../tools/peers.ts';
import { inputs, s3Ready, withOptions } from '../support/mimir-inputs.ts';
import { placeFiles, startMimir } from '../support/mimir-server.ts';

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
    'ha-tracker': true,
    'ha-failover-timeout': '5s',
    'log-level': 'error',
  },
  'the greatest values': {
    'metrics-retention-period': '200y',
    'tsdb-block-retention-period': '1y2w3d4h5m6s',
    'max-global-exemplars-per-user': 1_000_000_000,
    'max-global-series-per-user': 1_000_000_000,
    'ingestion-rate': 1_000_000_000,
    'ha-tracker': true,
    'ha-failover-timeout': '200y',
    'log-level': 'debug',
  },
  'replication factor 5': { 'replication-factor': 5 },
  'encryption by the storage': { 's3-sse-type': 'SSE-S3' },
  'encryption with a key': {
    's3-sse-type': 'SSE-KMS',
    's3-sse-kms-key-id': 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    's3-sse-kms-encryption-context': '{"team": "c\'o\\"s"}',
  },
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

/** Those that have joined have all that the application itself has not. */
const rest = (roles: string): Neighbours => ({
  members: [
    {
      relation: 'mimir-cluster:7',
      app: 'rest',
      roles: COMPONENTS.filter((component) => !componentsOf(roles)?.includes(component)),
      plannedUnits: 3,
      endpoints: 'rest-endpoints.cos.svc.cluster.local',
      units: [],
    },
  ],
});
const ROLES = ['all', 'write', 'read', 'backend', 'read,write', 'read backend', 'ruler', ...COMPONENTS].map(
  (roles) => [roles, rest(roles)] as const,
);

let mimir: string;
let folder: string;

beforeAll(async () => {
  mimir = await peer('mimir');
  folder = await mkdtemp(join(tmpdir(), 'mimir-config-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function rendered(input: Inputs): readonly PlannedFile[] {
  const { workload } = plan(input);
  if (workload.kind !== 'run') throw new Error(`nothing to run: ${workload.kind}`);
  return workload.files;
}

describe('the real Mimir accepts what the charm renders for', () => {
  test.each(CASES)('$name', async ({ input }) => {
    const file = await placeFiles(rendered(input), join(folder, 'dry'));
    const { stdout } = await promisify(execFile)(mimir, ['-modules', `-config.file=${file}`]);
    expect(stdout).toContain('ingester');
  });

  test.each(ROLES)('an application with the roles %s', async (roles, neighbours) => {
    const input = inputs({
      objectStorage: s3Ready(),
      plannedUnits: 3,
      neighbours,
      ...withOptions({ roles }),
    });
    const file = await placeFiles(rendered(input), join(folder, 'dry'));
    const words = ['-modules', `-config.file=${file}`, `-target=${targetOf(componentsOf(roles) ?? [])}`];
    const { stdout } = await promisify(execFile)(mimir, words);
    for (const component of componentsOf(roles) ?? []) expect(stdout).toContain(component);
  });

  test('units in as many zones as there are copies', async () => {
    const rings = { silent: [], byCopies: { 3: ZONE_RINGS }, ingesters: 3 };
    const zones = { own: 'zone-a', rings };
    const input = inputs({ objectStorage: s3Ready(), plannedUnits: 3, zones });
    const file = await placeFiles(rendered(input), join(folder, 'dry'));
    const flags = ZONE_FLAGS.map((flag) => `-${flag}=zone-a`);
    const { stdout } = await promisify(execFile)(mimir, ['-modules', `-config.file=${file}`, ...flags]);
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
  await using server = await startMimir('127.77.1.1');
  const rules = await fetch(`${server.url}/prometheus/api/v1/rules`);
  expect(rules.status, 'the ruler is wired').toBe(200);
  const alerts = await fetch(`${server.url}/alertmanager/api/v2/status`);
  expect(alerts.status, 'the Alertmanager is wired').toBe(200);
  const query = await fetch(`${server.url}/prometheus/api/v1/query?query=1%2B1`, {
    signal: AbortSignal.timeout(20_000),
  });
  expect(await query.json(), 'queries find their scheduler').toMatchObject({
    status: 'success',
    data: { resultType: 'scalar' },
  });
  expect(await ringMembers(server.api, 'query-scheduler'), 'which is in no ring').toBeUndefined();
  expect(await ringMembers(server.api, 'ingester')).toHaveLength(1);
});
