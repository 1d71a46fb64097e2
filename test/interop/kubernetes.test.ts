/**
 * What the charm decides about its own objects, at a real Kubernetes API: what is applied is what stands, what Juju does
 * meanwhile, and what Kubernetes answers when it would not.
 */
import {
  applyObject,
  type Keeper,
  KubernetesConflictError,
  KubernetesForbiddenError,
  KubernetesInvalidError,
  KubernetesNotFoundError,
  keepObjects,
  type ObjectPatch,
  readObject,
  type ServiceAccount,
} from 'charmwright/kubernetes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { RawOptions } from '../../charm/plan/inputs.ts';
import { parseKubernetes } from '../../charm/plan/kubernetes.ts';
import { FIELD_MANAGER, kubernetesPatches, TAKEN_OVER } from '../../charm/plan/kubernetes-patches.ts';
import { KubernetesUnderTest, unit } from '../support/kube-apiserver.ts';
import { DEFAULT_OPTIONS } from '../support/mimir-inputs.ts';

const OPTIONS = { fieldManager: FIELD_MANAGER, takeOver: TAKEN_OVER };
const SET = {
  'cpu-request': '500m',
  'memory-request': '2Gi',
  'memory-limit': '4096Mi',
  'service-ports': 'http: 80:9009',
  'service-account-annotations': 'eks.amazonaws.com/role-arn: arn:aws:iam::1:role/mimir',
} as const;

let kubernetes: KubernetesUnderTest;
let account: ServiceAccount;
let app: string;
let count = 0;
beforeAll(async () => {
  kubernetes = await KubernetesUnderTest.start();
});
afterAll(() => kubernetes[Symbol.asyncDispose]());
beforeEach(async () => {
  app = `mimir-${count++}`;
  await kubernetes.juju({ name: app, units: { [`${app}/0`]: unit(`${app}/0`, ['9009/tcp']) } });
  account = await kubernetes.account(app);
});

function patches(options: Partial<RawOptions> = {}): readonly ObjectPatch[] {
  const parsed = parseKubernetes({ ...DEFAULT_OPTIONS, ...options });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return kubernetesPatches(app, parsed.kubernetes);
}

/** The leader, which remembers. */
function leader() {
  const memory = new Map<string, unknown>();
  return (kind: string, options: Partial<RawOptions> = {}) => {
    const keeper: Keeper = {
      event: { kind },
      stored: (key, schema) => z.safeParse(schema, memory.get(key)).data,
      store: (key, value) => void memory.set(key, JSON.parse(JSON.stringify(value))),
    };
    return keepObjects(keeper, account, patches(options), OPTIONS);
  };
}

const statefulSetShape = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        affinity: z.unknown().optional(),
        containers: z.array(
          z.object({
            name: z.string(),
            image: z.string(),
            resources: z.unknown(),
            readinessProbe: z.looseObject({ initialDelaySeconds: z.number().optional() }),
          }),
        ),
      }),
    }),
  }),
});
const setsPath = '/apis/apps/v1/namespaces/cos/statefulsets';
const statefulSet = async () => statefulSetShape.parse(await kubernetes.get(`${setsPath}/${app}`));
const pod = async () => (await statefulSet()).spec.template.spec;
const resources = async () => (await pod()).containers.find(({ name }) => name === 'mimir')?.resources;

async function ports(): Promise<readonly string[]> {
  const shape = z.object({ spec: z.object({ ports: z.array(z.object({ name: z.string() })) }) });
  const { spec } = shape.parse(await kubernetes.get(`/api/v1/namespaces/cos/services/${app}`));
  return spec.ports.map(({ name }) => name).toSorted();
}

async function annotations(): Promise<Readonly<Record<string, string>>> {
  const shape = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) });
  const path = `/api/v1/namespaces/cos/serviceaccounts/${app}`;
  return shape.parse(await kubernetes.get(path)).metadata.annotations;
}

/** Somebody else writes to the StatefulSet. */
async function written(manager: string, body: unknown): Promise<void> {
  const answer = await kubernetes.server.merge(`${setsPath}/${app}`, manager, body);
  expect(answer).toMatchObject({ status: 200 });
}

const GRACE = { spec: { template: { spec: { terminationGracePeriodSeconds: 30 } } } };

describe('what is applied', () => {
  test('stands, and what is Juju`s is as it was', async () => {
    const before = await pod();
    expect((await leader()('install', SET)).filter(({ error }) => error !== undefined)).toEqual([]);
    const { terminationGracePeriodSeconds, affinity, containers } = await pod();
    expect(terminationGracePeriodSeconds).toBe(1200);
    expect(affinity).toMatchObject({ podAntiAffinity: {} });
    expect(containers).toEqual(
      before.containers.map((container) =>
        container.name === 'mimir'
          ? {
              ...container,
              resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { memory: '4Gi' } },
              readinessProbe: { ...container.readinessProbe, initialDelaySeconds: 30 },
            }
          : container,
      ),
    );
    expect(await ports()).toEqual(['http', 'juju-9009-tcp']);
    expect(await annotations()).toEqual({
      'juju.is/version': '3.6.14',
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/mimir',
    });
  });

  test('is not written again, by whichever unit leads', async () => {
    await leader()('install', SET);
    const before = await statefulSet();
    await leader()('leader-elected', SET);
    expect(await statefulSet()).toEqual(before);
  });

  test('goes with the options, and leaves Juju`s', async () => {
    const decide = leader();
    await decide('install', SET);
    await decide('config-changed', { 'pod-anti-affinity': 'none', 'termination-grace-period': '30s' });
    expect(await resources()).toEqual({});
    expect((await pod()).affinity).toBeUndefined();
    expect(await ports()).toEqual(['juju-9009-tcp']);
    expect(await annotations()).toEqual({ 'juju.is/version': '3.6.14' });
  });

  test('with the annotations of the service account makes new pods', async () => {
    const decide = leader();
    await decide('install', SET);
    const one = (await statefulSet()).spec.template.metadata.annotations;
    await decide('config-changed', { ...SET, 'service-account-annotations': 'a: b' });
    const other = (await statefulSet()).spec.template.metadata.annotations;
    expect(Object.keys(one)).toEqual(Object.keys(other));
    expect(one).not.toEqual(other);
  });
});

describe('when Juju', () => {
  test('refreshes the charm, it takes back the grace period alone, and is told again', async () => {
    const decide = leader();
    await decide('install', SET);
    await kubernetes.juju({ name: app, charm: 'local:mimir-k8s-1' });
    expect(await pod()).toMatchObject({
      terminationGracePeriodSeconds: 30,
      affinity: { podAntiAffinity: {} },
    });
    expect(await resources()).toMatchObject({ limits: { memory: '4Gi' } });
    const { containers } = await pod();
    const probe = containers.find(({ name }) => name === 'mimir')?.readinessProbe;
    expect(probe?.initialDelaySeconds, 'it holds for this very refresh').toBe(30);
    await decide('upgrade-charm', SET);
    expect((await pod()).terminationGracePeriodSeconds).toBe(1200);
  });

  test('scales, nothing else is touched', async () => {
    const decide = leader();
    await decide('install', SET);
    const names = [0, 1, 2].map((ordinal) => `${app}/${ordinal}`);
    await kubernetes.juju({ name: app, units: Object.fromEntries(names.map((name) => [name, unit(name)])) });
    const { spec } = await statefulSet();
    expect(spec.replicas).toBe(3);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(1200);
    const before = await statefulSet();
    await decide('update-status', SET);
    expect(await statefulSet()).toEqual(before);
  });

  test('opens another port, those of the charm stay, and go when the option goes', async () => {
    const decide = leader();
    await decide('install', SET);
    await kubernetes.juju({ name: app, units: { [`${app}/0`]: unit(`${app}/0`, ['8080/tcp', '9009/tcp']) } });
    expect(await ports()).toEqual(['http', 'juju-8080-tcp', 'juju-9009-tcp']);
    await decide('config-changed', { ...SET, 'service-ports': '' });
    expect(await ports()).toEqual(['juju-8080-tcp', 'juju-9009-tcp']);
  });

  test('writes the whole object back, the fields of the charm are still its own', async () => {
    const decide = leader();
    await decide('install', SET);
    await written('juju', await kubernetes.get(`${setsPath}/${app}`));
    await decide('config-changed', { ...SET, 'memory-limit': '6Gi' });
    expect(await resources()).toMatchObject({ limits: { memory: '6Gi' } });
  });

  test('has a constraint for what an option says too, the operator is told', async () => {
    const limits = { memory: '1Gi' };
    await written('juju', {
      spec: { template: { spec: { containers: [{ name: 'mimir', resources: { limits } }] } } },
    });
    const [, , kept] = await leader()('install', SET);
    expect(kept?.error).toEqual({
      name: 'KubernetesConflictError',
      message: `cannot apply StatefulSet ${app}: "juju" decides .spec.template.spec.containers[name="mimir"].resources.limits.memory; take it back there, or do not set it here`,
    });
    expect(await resources()).toEqual({ limits });
  });

  test('removes the application, nothing of it is made again', async () => {
    await kubernetes.removed(app);
    const last = await applyObject(
      account,
      { kind: 'ServiceAccount', metadata: { name: app } },
      OPTIONS,
    ).catch((error: unknown) => error);
    // Its token is nobody's any more.
    expect(last).toBeInstanceOf(KubernetesForbiddenError);
    expect(await kubernetes.get(`/api/v1/namespaces/cos/serviceaccounts/${app}`)).toMatchObject({
      code: 404,
    });
  });
});

describe('an application without trust', () => {
  test('may patch its Service and nothing else, until it is trusted', async () => {
    await kubernetes.juju({ name: app, trust: false });
    const decide = leader();
    const kept = await decide('install', SET);
    expect(kept.map(({ object, error }) => `${object.kind}: ${error?.name}`)).toEqual([
      'ServiceAccount: KubernetesForbiddenError',
      'Service: undefined',
      'StatefulSet: KubernetesForbiddenError',
    ]);
    expect(await ports()).toEqual(['http', 'juju-9009-tcp']);
    expect((await pod()).terminationGracePeriodSeconds).toBe(30);

    await kubernetes.juju({ name: app, trust: true });
    // RBAC hears of a new role within moments.
    await expect
      .poll(async () => (await decide('config-changed', SET)).filter(({ error }) => error !== undefined), {
        timeout: 20_000,
      })
      .toEqual([]);
    expect((await pod()).terminationGracePeriodSeconds).toBe(1200);
  });
});

describe('Kubernetes', () => {
  const replicas: ObjectPatch = { kind: 'StatefulSet', metadata: { name: '' }, spec: { replicas: 5 } };

  test('names who decides a field by hand', async () => {
    await written('kubectl-edit', { spec: { replicas: 2 } });
    const error = await applyObject(account, { ...replicas, metadata: { name: app } }, OPTIONS).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(KubernetesConflictError);
    expect(error).toMatchObject({ conflicts: [{ manager: 'kubectl-edit', field: '.spec.replicas' }] });
  });

  test('gives the grace period away, whoever has decided it', async () => {
    await written('kubectl-edit', GRACE);
    await leader()('install');
    expect((await pod()).terminationGracePeriodSeconds).toBe(1200);
  });

  test('refuses what cannot be, in its own words', async () => {
    const wrong = { name: 'http', port: 99_999, protocol: 'TCP' };
    const patch: ObjectPatch = { kind: 'Service', metadata: { name: app }, spec: { ports: [wrong] } };
    const error = await applyObject(account, patch, OPTIONS).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesInvalidError);
    expect(String(error)).toContain('must be between 1 and 65535');
  });

  test('knows nothing of an object that is not there, and makes none', async () => {
    const patch: ObjectPatch = { kind: 'Service', metadata: { name: 'nobody', annotations: { a: 'b' } } };
    await expect(applyObject(account, patch, OPTIONS)).rejects.toThrow(KubernetesNotFoundError);
  });

  test('tells a pod the zone of its node', async () => {
    const node = z.object({ spec: z.object({ nodeName: z.string() }) });
    const { spec } = await readObject(account, { kind: 'Pod', name: `${app}-0` }, node);
    const labels = z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) });
    const { metadata } = await readObject(account, { kind: 'Node', name: spec.nodeName }, labels);
    expect(metadata.labels['topology.kubernetes.io/zone']).toBe('zone-a');
  });

  test('does not know a token that somebody has made up', async () => {
    const other = { ...account, token: 'made-up' };
    await expect(readObject(other, { kind: 'Service', name: app }, z.unknown())).rejects.toThrow(
      KubernetesForbiddenError,
    );
  });
});
