/** The packed charm beside a real Kubernetes API: what it finds in its pod, what it may do, and what stands then. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { kubectl } from '../support/debian.ts';
import { KubernetesClient } from '../support/kubernetes-client.ts';
import { TestModel } from '../support/local-model.ts';

const UNIT = 'mimir-k8s/0';
const OWN_DISK = /on this unit's own disk/;

const installed = await kubectl();

let model: TestModel;
let api: KubernetesClient;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  model = await TestModel.start();
  api = await KubernetesClient.start(model);
  await writeFile(join(folder, 'config'), api.kubeconfig);
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const statefulSetShape = z.object({
  metadata: z.object({ managedFields: z.array(z.object({ manager: z.string() })) }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        containers: z.array(z.object({ name: z.string(), resources: z.unknown() })),
      }),
    }),
  }),
});

async function statefulSet() {
  return statefulSetShape.parse(await api.get('/apis/apps/v1/namespaces/local/statefulsets/mimir-k8s'));
}

const grace = async () => (await statefulSet()).spec.template.spec.terminationGracePeriodSeconds;

test('without trust the unit is blocked, with the command to run, and Mimir serves', async () => {
  await model.deployMimir({ trust: false });
  const told = /^\[kubernetes\] may not patch StatefulSet mimir-k8s: juju trust mimir-k8s --scope=cluster$/;
  await model.untilUnit(UNIT, 'blocked', told);
  expect(await grace()).toBe(30);
  const origin = await model.forward(UNIT, 9009);
  await expect.poll(async () => (await fetch(`${origin}/ready`)).status, { timeout: 60_000 }).toBe(200);
});

test('trust lets the charm decide', async () => {
  await model.client.call('trust', { application: 'mimir-k8s' });
  await model.untilUnit(UNIT, 'active', OWN_DISK);
  const { metadata, spec } = await statefulSet();
  expect(spec.template.spec.terminationGracePeriodSeconds).toBe(1200);
  expect(metadata.managedFields.map(({ manager }) => manager)).toContain('mimir-k8s-charm');
});

test('what is configured stands', async () => {
  await model.config({ 'memory-limit': '4Gi', 'service-ports': 'http: 80:9009' });
  await expect
    .poll(async () => (await statefulSet()).spec.template.spec.containers, { timeout: 60_000 })
    .toContainEqual({ name: 'mimir', resources: { limits: { memory: '4Gi' } } });
  expect(await api.get('/api/v1/namespaces/local/services/mimir-k8s')).toMatchObject({
    spec: {
      ports: expect.arrayContaining([
        expect.objectContaining({ name: 'juju-9009-tcp' }),
        expect.objectContaining({ name: 'http', port: 80 }),
      ]),
    },
  });
  await model.untilUnit(UNIT, 'active', OWN_DISK);
});

test('the pod is made anew for that, and is ready when its charm has said so', async () => {
  await api.untilRolledOut('mimir-k8s', 1);
  const { spec, status } = await api.pod(UNIT);
  // A pod asks for what it may have at most, where nothing else is said.
  const resources = { limits: { memory: '4Gi' }, requests: { memory: '4Gi' } };
  expect(spec.containers).toContainEqual({ name: 'mimir', resources });
  expect(spec.readinessGates).toEqual([{ conditionType: 'mimir-k8s.charm/applied' }]);
  expect(status.conditions).toEqual({
    ContainersReady: 'True',
    Ready: 'True',
    'mimir-k8s.charm/applied': 'True',
  });
});

test.skipIf(installed.kind !== 'there')('kubectl finds it, and by whom it was decided', async () => {
  const program = installed.kind === 'there' ? installed.path : '';
  const ask = async (...words: string[]) => {
    const kubeconfig = ['--kubeconfig', join(folder, 'config'), '--namespace', 'local'];
    return (await promisify(execFile)(program, [...kubeconfig, ...words])).stdout;
  };
  const objects = (await ask('get', 'statefulset,service,serviceaccount', '--output', 'name')).split('\n');
  expect(objects).toEqual(
    expect.arrayContaining(['statefulset.apps/mimir-k8s', 'service/mimir-k8s', 'serviceaccount/mimir-k8s']),
  );
  const managers = 'jsonpath={.metadata.managedFields[*].manager}';
  expect(await ask('get', 'statefulset', 'mimir-k8s', '--output', managers)).toContain('mimir-k8s-charm');
  expect(await ask('rollout', 'status', 'statefulset', 'mimir-k8s', '--timeout', '60s')).toMatch(
    /roll out complete: 1 new pods/,
  );
});

test('a refresh writes Juju`s own grace period, and the charm its own again', async () => {
  await model.refreshMimir();
  await expect.poll(grace, { timeout: 60_000, interval: 50 }).toBe(30);
  await expect.poll(grace, { timeout: 120_000 }).toBe(1200);
  await model.untilUnit(UNIT, 'active', OWN_DISK);
});

test('the objects of an application go with it', async () => {
  await model.client.call('remove-application', { application: 'mimir-k8s', destroyStorage: true });
  await model.until('the application is gone', ({ applications }) => applications['mimir-k8s'] === undefined);
  await expect
    .poll(() => api.get('/apis/apps/v1/namespaces/local/statefulsets/mimir-k8s'), { timeout: 30_000 })
    .toMatchObject({ code: 404 });
});
