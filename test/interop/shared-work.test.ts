/**
 * Several rulers share the rules, so that no group is evaluated twice, and several Alertmanagers share the tenants: two
 * real Mimirs with the roles of a backend, and one with all the others. The tests build on one another.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Inputs } from '../../charm/plan/inputs.ts';
import type { Member } from '../../charm/plan/members.ts';
import { COMPONENTS, componentsOf } from '../../charm/plan/roles.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { s3Ready, withOptions } from '../support/mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { type MinioServer, startMinio } from '../support/minio-server.ts';
import { remoteWrite } from '../support/remote-write.ts';

const ROOT = { accessKey: 'minio-root', secretKey: 'minio-secret-key' };
const REGION = 'us-east-1';
const BUCKET = 'cos-mimir-k8s';
const [FIRST, SECOND, REST] = ['127.77.9.1', '127.77.9.2', '127.77.9.3'] as const;
const SHARED = 'ruler,alertmanager';
const TENANTS = Array.from({ length: 12 }, (_, i) => `team-${i}`);
const GROUPS = 12;
const INTERVAL_SECONDS = 5;
/** What waits for a minute, or ten, in earnest. */
const SOON = [
  '-ruler.poll-interval=3s',
  '-ruler.evaluation-delay-duration=0s',
  '-alertmanager.configs.poll-interval=3s',
];

let minio: MinioServer;
let backends: readonly [MimirServer, MimirServer];
let rest: MimirServer;

function member(roles: string): Member {
  const found = componentsOf(roles) ?? COMPONENTS.filter((each) => !componentsOf(SHARED)?.includes(each));
  return { relation: 'mimir-cluster:7', app: 'other', roles: found, plannedUnits: 1, units: [] };
}

/** A unit of an application with these roles; all others have the rest. */
function unit(roles: string, others: string): Partial<Inputs> {
  const { host } = new URL(minio.url);
  return {
    ...withOptions({ roles, multitenancy: true }),
    objectStorage: s3Ready({ endpoint: host, bucket: BUCKET, region: REGION, ...ROOT }),
    neighbours: { members: [member(others)] },
  };
}

beforeAll(async () => {
  minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(BUCKET);
  const others = COMPONENTS.filter((each) => !componentsOf(SHARED)?.includes(each)).join(',');
  const flags = [...IMPATIENT, ...SOON, `-memberlist.join=${REST}`];
  rest = await startMimir(REST, unit(others, SHARED), flags);
  const shared = unit(SHARED, others);
  backends = [
    await startMimir(FIRST, shared, [
      ...flags,
      '-ruler.ring.instance-id=first',
      '-alertmanager.sharding-ring.instance-id=first',
    ]),
    await startMimir(SECOND, shared, [
      ...flags,
      '-ruler.ring.instance-id=second',
      '-alertmanager.sharding-ring.instance-id=second',
    ]),
  ];
});

afterAll(async () => {
  for (const server of [...(backends ?? []), rest]) await server?.stop();
  await minio?.stop();
});

const patiently = { timeout: 90_000, interval: 500 };

/** Groups by the ruler that evaluates them. */
async function groups(server: MimirServer): Promise<readonly string[]> {
  const samples = await server.api.metrics(['cortex_prometheus_rule_group_rules']);
  return samples.map(({ labels }) => (labels.rule_group ?? '').replace(/^.*\/team-0\//, '')).toSorted();
}

async function evaluations(server: MimirServer): Promise<number> {
  const samples = await server.api.metrics(['cortex_prometheus_rule_evaluations_total']);
  return samples.reduce((sum, { value }) => sum + value, 0);
}

test('each group of rules is evaluated by one of two rulers', async () => {
  const [tenant = ''] = TENANTS;
  await remoteWrite(
    `${rest.url}/api/v1/push`,
    [{ labels: { __name__: 'one' }, samples: [{ value: 1, timestamp: Date.now() }] }],
    { 'x-scope-orgid': tenant },
  );
  for (let i = 0; i < GROUPS; i++) {
    await backends[0].api.setRuleGroup(tenant, 'shared', {
      name: `group-${i}`,
      interval: `${INTERVAL_SECONDS}s`,
      rules: [{ record: `recorded_${i}`, expr: 'vector(1)' }],
    });
  }
  await expect
    .poll(async () => (await Promise.all(backends.map(groups))).flat().length, patiently)
    .toBe(GROUPS);
  const [first, second] = await Promise.all(backends.map(groups));
  console.log(`rulers: ${first?.length} and ${second?.length} of ${GROUPS} groups`);
  expect(new Set([...(first ?? []), ...(second ?? [])]).size).toBe(GROUPS);
  expect(first?.length).toBeGreaterThan(0);
  expect(second?.length).toBeGreaterThan(0);
});

test('as often as it asks for, and not more often', async () => {
  const at = async () => (await Promise.all(backends.map(evaluations))).reduce((a, b) => a + b, 0);
  const before = await at();
  const started = Date.now();
  await expect.poll(at, patiently).toBeGreaterThanOrEqual(before + 6 * GROUPS);
  const seconds = (Date.now() - started) / 1000;
  const counted = (await at()) - before;
  console.log(`${counted} evaluations of ${GROUPS} groups in ${seconds} s`);
  // One more of each may have begun since.
  expect(counted).toBeLessThanOrEqual((seconds / INTERVAL_SECONDS + 2) * GROUPS);
});

test('each tenant is served by as many Alertmanagers as there are copies', async () => {
  for (const tenant of TENANTS) {
    await backends[0].api.setAlertmanagerConfig(tenant, {
      config: 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n',
      templates: {},
    });
  }
  const owned = async () =>
    Promise.all(
      backends.map(async (server) => {
        const samples = await server.api.metrics(['cortex_alertmanager_tenants_owned']);
        return samples.reduce((sum, { value }) => sum + value, 0);
      }),
    );
  await expect.poll(async () => (await owned()).reduce((a, b) => a + b, 0), patiently).toBe(TENANTS.length);
  const each = await owned();
  console.log(`Alertmanagers: ${each.join(' and ')} of ${TENANTS.length} tenants`);
  expect(Math.min(...each)).toBeGreaterThan(0);
  // Any of them answers for all.
  for (const { url } of backends) {
    for (const tenant of TENANTS) {
      const answer = await fetch(`${url}/alertmanager/api/v2/status`, {
        headers: { 'x-scope-orgid': tenant },
      });
      expect(answer.status, `${tenant} at ${url}`).toBe(200);
    }
  }
});
