/** Tenants of a Mimir that is several applications: the operator speaks to the one that leads, which runs no Mimir. */
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TestModel } from '../support/local-model.ts';
import { encodeWriteRequest } from '../support/remote-write.ts';

let model: TestModel;
let write: string;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ application: 'mimir', config: { roles: 'none', multitenancy: 'true' } });
  await model.deployMimir({ application: 'write', config: { roles: 'write' } });
  await model.deployMimir({ application: 'rest', config: { roles: 'read,backend' } });
  await model.integrate(['mimir:s3', 'minio-k8s:s3']);
  for (const application of ['write', 'rest'])
    await model.integrate(['mimir:mimir-cluster', `${application}:join-cluster`]);
  await model.untilActive(240);
  write = await model.forward('write/0', 9009);
});
afterAll(() => model?.[Symbol.asyncDispose]());

const patiently = { timeout: 120_000, interval: 1000 };

async function run(unit: string, action: string, params: Record<string, unknown>) {
  const { task } = await model.run(unit, action, params);
  expect(task, task.message).toMatchObject({ status: 'completed' });
  return z.record(z.string(), z.unknown()).parse(task.results);
}

let written = 0;
async function push(series: number): Promise<number> {
  const labels = { __name__: `written_${written++}` };
  const samples = [{ value: 1, timestamp: Date.now() }];
  const { statusCode, body } = await request(`${write}/api/v1/push`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-scope-orgid': 'team-a',
    },
    body: encodeWriteRequest(
      Array.from({ length: series }, (_, i) => ({ labels: { ...labels, i: String(i) }, samples })),
    ),
  });
  await body.dump();
  return statusCode;
}

test('limits that the leader is told bite in the application that writes', async () => {
  await expect.poll(() => push(3), patiently).toBe(200);
  await run('mimir/0', 'set-tenant-limits', { tenant: 'team-a', limits: '{max_global_series_per_user: 5}' });
  await expect.poll(() => push(10), patiently).toBe(400);
  const { task } = await model.run('write/0', 'set-tenant-limits', { tenant: 'team-a', limits: '' });
  expect(task.message).toContain('run the action on mimir/leader');
  await run('mimir/0', 'set-tenant-limits', { tenant: 'team-a', limits: '' });
  await expect.poll(() => push(10), patiently).toBe(200);
});

test('who is in which ring is shown by the leader, and its actions say what it has not', async () => {
  const { rings, unhealthy } = await run('mimir/0', 'ring-status', {});
  const members = z
    .record(z.string(), z.array(z.object({ id: z.string() })))
    .parse(JSON.parse(String(rings)));
  const pods = Object.entries(members).map(([ring, all]) => [ring, all.map(({ id }) => id)] as const);
  const [write, rest] = [['write-0'], ['rest-0']];
  expect(Object.fromEntries(pods)).toEqual({
    alertmanager: rest,
    compactor: rest,
    distributor: write,
    ingester: write,
    'query-scheduler': rest,
    ruler: rest,
    'store-gateway': rest,
  });
  expect(unhealthy).toBe('[]');
  const { task } = await model.run('rest/0', 'flush-ingesters');
  expect(task.message).toBe('rest/0 has no ingester: run the action on a unit that has this role');
});

test('a tenant is counted and deleted by the leader, wherever its things are', async () => {
  const { labels } = await run('mimir/0', 'show-cardinality', { tenant: 'team-a', limit: 1 });
  expect(JSON.parse(String(labels))).toHaveLength(1);
  await run('write/0', 'flush-ingesters', { tenant: 'team-a' });
  const there = await run('rest/0', 'delete-tenant', { tenant: 'team-a', 'dry-run': true });
  expect(there).toMatchObject({ state: 'there', marked: 'false', ingesters: '["write-0"]' });
  const after = await run('mimir/0', 'delete-tenant', { tenant: 'team-a', confirm: 'team-a', timeout: 0 });
  expect(after).toMatchObject({ ingesters: '["write-0"]' });
  expect(await run('rest/0', 'delete-tenant', { tenant: 'team-a', 'dry-run': true })).toMatchObject({
    marked: 'true',
  });
});
