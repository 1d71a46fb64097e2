/** Whole hooks on Kubernetes: what the charm decides about its own objects, and when it asks. */
import { active, blocked, waiting } from 'charmwright';
import { context, findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mimir as charm } from '../../../charm/charm.ts';
import { ACCOUNT, FakeKubernetes } from '../../support/fake-kubernetes.ts';
import { FakeMimir, s3Error } from '../../support/fake-mimir.ts';
import { bucketAt, configOf, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.130';
const OWN_DISK = active("on this unit's own disk; for more units: juju integrate mimir-k8s:s3 s3-integrator");
const UNTRUSTED = blocked(
  '[kubernetes] may not patch StatefulSet mimir-k8s: juju trust mimir-k8s --scope=cluster',
);
const GATE = 'mimir-k8s.charm/applied';
const ROLE = 'arn:aws:iam::123456789012:role/mimir';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;

const onKubernetes = context(charm, { serviceAccount: ACCOUNT });
const network = setupServer();
let api: FakeKubernetes;
let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  network.listen({ onUnhandledFrame: 'bypass' });
});
beforeEach(() => {
  api = new FakeKubernetes('mimir-k8s');
  network.resetHandlers(api.handler);
});
afterAll(async () => {
  network.close();
  await server[Symbol.asyncDispose]();
});

/** What the last patch of this kind decides. */
function decided(kind: string): unknown {
  const { apiVersion: _apiVersion, ...patch } = Object(
    api.patches.findLast((each) => Object(each).kind === kind),
  );
  return patch;
}

const metadata = { name: 'mimir-k8s', namespace: 'cos' };

describe('the leader', () => {
  test('decides how long a pod may take to end, and that pods keep apart', async () => {
    const after = await onKubernetes.run(ready, world(HOST));
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(api.patches).toHaveLength(1);
    expect(decided('StatefulSet')).toMatchObject({
      kind: 'StatefulSet',
      metadata,
      spec: {
        template: {
          spec: {
            readinessGates: [{ conditionType: GATE }],
            containers: [{ name: 'mimir', readinessProbe: { initialDelaySeconds: 30 } }],
            terminationGracePeriodSeconds: 1200,
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  { podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' }, weight: 100 },
                  { podAffinityTerm: { topologyKey: 'topology.kubernetes.io/zone' }, weight: 50 },
                ],
              },
            },
          },
        },
      },
    });
  });

  test('asks nothing in a hook that changes nothing', async () => {
    const before = await onKubernetes.run(ready, world(HOST));
    api.asked.length = 0;
    const after = await onKubernetes.run('config-changed', before);
    expect(api.asked).toEqual([]);
    expect((await onKubernetes.run('update-status', after)).unitStatus).toEqual(OWN_DISK);
    expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('gives the container what the options say, and takes it back', async () => {
    const config = { 'cpu-request': '500m', 'memory-request': '2Gi', 'memory-limit': '4Gi' };
    const before = await onKubernetes.run(ready, world(HOST, { config }));
    const resources = { requests: { cpu: '500m', memory: '2Gi' }, limits: { memory: '4Gi' } };
    expect(decided('StatefulSet')).toMatchObject({
      spec: { template: { spec: { containers: [{ name: 'mimir', resources }] } } },
    });
    await onKubernetes.run('config-changed', { ...before, config: {} });
    expect(JSON.stringify(decided('StatefulSet'))).not.toContain('resources');
    expect(api.patches).toHaveLength(2);
  });

  test('takes the grace period from Juju, which sets it at each refresh', async () => {
    const before = await onKubernetes.run(ready, world(HOST));
    api.taken('statefulsets/mimir-k8s', 'juju', '.spec.template.spec.terminationGracePeriodSeconds');
    const after = await onKubernetes.run('upgrade-charm', before);
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(api.asked.at(-1)).toMatchObject({ method: 'PATCH', force: true });
  });

  test('puts the grace period back as soon as the first pod is replaced, of which its unit tells', async () => {
    const follower = await onKubernetes.run('upgrade-charm', world(HOST, { leader: false }));
    const { replaced = '' } = findRelation(follower, 'mimir-peers').localUnitData;
    expect(replaced).toBe('1');
    const again = await onKubernetes.run('upgrade-charm', await onKubernetes.run(ready, follower));
    expect(findRelation(again, 'mimir-peers').localUnitData).toMatchObject({ replaced: '2' });

    const peers = peerRelation('mimir-peers', { id: 1, units: { 1: { hostname: 'x', replaced } } });
    const before = await onKubernetes.run(ready, world(HOST, { relations: [peers] }));
    api.taken('statefulsets/mimir-k8s', 'juju', '.spec.template.spec.terminationGracePeriodSeconds');
    api.asked.length = 0;
    await onKubernetes.run({ kind: 'relation-changed', relation: peers, remoteUnit: 1 }, before);
    expect(api.asked.at(-1)).toMatchObject({ method: 'PATCH', force: true });
  });

  test('opens more ports of the service, which need no trust', async () => {
    api.forbidden.add('statefulsets').add('serviceaccounts');
    const config = { 'service-ports': 'http: 80:9009\ngrpc: 9095' };
    const after = await onKubernetes.run(ready, world(HOST, { config }));
    expect(after.unitStatus).toEqual(UNTRUSTED);
    expect(decided('Service')).toMatchObject({
      spec: {
        ports: [
          { name: 'grpc', port: 9095, targetPort: 9095, protocol: 'TCP' },
          { name: 'http', port: 80, targetPort: 9009, protocol: 'TCP' },
        ],
      },
    });
  });
});

describe('a new pod', () => {
  const POD = blocked('[kubernetes] may not patch Pod mimir-k8s-0: juju trust mimir-k8s --scope=cluster');
  const follower = (options = {}) => world(HOST, { leader: false, ...options });
  beforeEach(() => {
    api.gates.push(GATE);
  });

  test('may be ready when its charm has told Pebble what to run', async () => {
    const before = await onKubernetes.run('start', follower());
    expect(before.serviceStarts).toEqual(['mimir/mimir']);
    expect(api.passed).toEqual(new Set([GATE]));
    api.asked.length = 0;
    await onKubernetes.run('config-changed', before);
    await onKubernetes.run(ready, before);
    expect(
      api.asked.map(({ method }) => method),
      'it is said once',
    ).toEqual(['GET']);
  });

  test('may be ready when there is nothing to run: a unit that waits for storage holds up nobody', async () => {
    const after = await onKubernetes.run('start', follower({ plannedUnits: 3 }));
    expect(after.unitStatus?.name).toBe('blocked');
    expect(after.serviceStarts).toEqual([]);
    expect(api.passed).toEqual(new Set([GATE]));
  });

  test('may be ready not before Pebble can be told', async () => {
    const before = await onKubernetes.run('start', follower({ containers: [image({ canConnect: false })] }));
    expect(api.passed.size).toBe(0);
    const { containers } = follower();
    await onKubernetes.run(ready, { ...before, containers });
    expect(api.passed).toEqual(new Set([GATE]));
  });

  test('without a gate is left alone, and needs no trust', async () => {
    api.gates.length = 0;
    api.forbidden.add('pods/status');
    const after = await onKubernetes.run('start', follower());
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(api.patches).toEqual([]);
  });

  test('with a gate needs the trust that was taken away, says so, and tries again at each event', async () => {
    api.forbidden.add('pods/status');
    const before = await onKubernetes.run('start', follower());
    expect(before.unitStatus).toEqual(POD);
    const still = await onKubernetes.run('update-status', before);
    expect(still.unitStatus).toEqual(POD);
    api.forbidden.clear();
    expect((await onKubernetes.run('config-changed', still)).unitStatus).toEqual(OWN_DISK);
    expect(api.passed).toEqual(new Set([GATE]));
  });

  test('that the API server does not hear of is told of at the next event', async () => {
    api.outage = { status: 503, body: '{"message":"the server is overloaded"}' };
    const before = await onKubernetes.run('start', follower());
    expect(before.unitStatus?.message).toContain('[kubernetes] cannot read Pod mimir-k8s-0: HTTP 503');
    api.outage = undefined;
    await onKubernetes.run('update-status', before);
    expect(api.passed).toEqual(new Set([GATE]));
  });
});

describe('nothing is patched', () => {
  test('outside of Kubernetes', async () => {
    expect((await mimir.run(ready, world(HOST))).unitStatus).toEqual(OWN_DISK);
    expect(api.asked).toEqual([]);
  });

  test('by another unit than the leader', async () => {
    await onKubernetes.run(ready, world(HOST, { leader: false }));
    expect(api.patches).toEqual([]);
  });

  test('while an option is wrong, and what was patched stays', async () => {
    const config = { 'cpu-limit': 'much', 'memory-request': '4Gi', 'memory-limit': '2Gi' };
    const after = await onKubernetes.run(ready, world(HOST, { config }));
    expect(after.unitStatus).toEqual(
      blocked(
        '[config] cpu-limit=much: must be empty, or an amount such as 500m or 2; memory-request=4Gi: must be at most memory-limit, which is 2Gi',
      ),
    );
    expect(api.patches).toEqual([]);
  });

  test('by a unit that leaves', async () => {
    const before = await onKubernetes.run(ready, world(HOST));
    api.asked.length = 0;
    await onKubernetes.run('stop', { ...before, config: { 'cpu-limit': '2' } });
    expect(api.asked).toEqual([]);
  });
});

describe('without what is needed', () => {
  test('which is trust, the operator is told the command, and Mimir runs', async () => {
    api.forbidden.add('statefulsets');
    const before = await onKubernetes.run(ready, world(HOST));
    expect(before.unitStatus).toEqual(UNTRUSTED);
    expect(before.serviceStarts).toEqual(['mimir/mimir']);
    api.forbidden.clear();
    const after = await onKubernetes.run('config-changed', before);
    expect(after.unitStatus).toEqual(OWN_DISK);
  });

  test('which is a field of its own, the operator is told who has it', async () => {
    const limit = '.spec.template.spec.containers[name="mimir"].resources.limits.memory';
    api.refusal = {
      status: 409,
      body: {
        details: {
          causes: [
            { reason: 'FieldManagerConflict', message: 'conflict with "juju" using apps/v1', field: limit },
          ],
        },
      },
    };
    const after = await onKubernetes.run(ready, world(HOST, { config: { 'memory-limit': '4Gi' } }));
    expect(after.unitStatus).toEqual(
      blocked(
        `[kubernetes] cannot apply StatefulSet mimir-k8s: "juju" decides ${limit}; take it back there, or do not set it here`,
      ),
    );
  });

  test('which is an answer, it is tried again later', async () => {
    api.outage = { status: 503, body: '{"message":"the server is overloaded"}' };
    const before = await onKubernetes.run(ready, world(HOST));
    expect(before.unitStatus).toEqual(
      waiting(
        '[kubernetes] cannot read StatefulSet mimir-k8s: HTTP 503: the server is overloaded; it is tried again later',
      ),
    );
    api.outage = undefined;
    expect((await onKubernetes.run('update-status', before)).unitStatus).toEqual(OWN_DISK);
  });
});

describe('S3 by a role of the service account', () => {
  const config = { 'service-account-annotations': `eks.amazonaws.com/role-arn: ${ROLE}` };

  function onBucket(data: Readonly<Record<string, string>> = {}): State {
    const provider = relation('s3', {
      id: 4,
      remoteApp: 's3-integrator',
      remoteAppData: { ...bucketAt(HOST), ...data },
    });
    return world(HOST, { config, relations: [peerRelation('mimir-peers', { id: 1 }), provider] });
  }

  test('needs no keys, and Mimir is given none', async () => {
    server.bucket = s3Error(403, 'AccessDenied');
    const after = await onKubernetes.run(ready, onBucket());
    expect(after.unitStatus).toEqual(active());
    const { s3 } = Object(Object(configOf(after).common).storage);
    expect(s3).toMatchObject({ bucket_name: 'cos-mimir-k8s' });
    expect(Object.keys(s3)).not.toContain('access_key_id');
    expect(Object.keys(s3)).not.toContain('secret_access_key');
  });

  test('is on the service account before there are pods that want it', async () => {
    await onKubernetes.run(ready, onBucket());
    expect(decided('ServiceAccount')).toEqual({
      kind: 'ServiceAccount',
      metadata: { ...metadata, annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
    });
    expect(api.patches.map((each) => Object(each).kind)).toEqual(['ServiceAccount', 'StatefulSet']);
    const { annotations } = Object(decided('StatefulSet')).spec.template.metadata;
    expect(Object.keys(annotations)).toEqual(['mimir-k8s.charm/service-account']);
  });

  test('is not used where the provider gives keys', async () => {
    server.bucket = s3Error(404, 'NoSuchKey');
    const keys = { 'access-key': 'the-access-key', 'secret-key': 'the-secret-key' };
    const after = await onKubernetes.run(ready, onBucket(keys));
    expect(JSON.stringify(configOf(after).common)).toContain('the-access-key');
  });

  test('finds out that there is no such bucket', async () => {
    server.bucket = s3Error(404, 'NoSuchBucket');
    const after = await onKubernetes.run(ready, onBucket());
    expect(after.unitStatus?.message).toContain('[s3] there is no bucket "cos-mimir-k8s"');
  });

  test('without the annotation keys are waited for', async () => {
    const after = await onKubernetes.run(ready, { ...onBucket(), config: {} });
    expect(after.unitStatus).toEqual(
      waiting('[s3] s3-integrator has not given access-key, secret-key yet (s3:4)'),
    );
  });
});

describe('the zone of the node', () => {
  function onBucket(units: Readonly<Record<number, Readonly<Record<string, string>>>>): State {
    const relations = [peerRelation('mimir-peers', { id: 1, units }), s3(HOST)];
    return world(HOST, { relations, secrets: [S3_SECRET], plannedUnits: 3 });
  }
  const other = (zone: string) => ({ hostname: 'x', zone });

  test('is told to the others, and copies are kept in all zones', async () => {
    server.bucket = s3Error(404, 'NoSuchKey');
    api.zone = 'zone-a';
    const before = await onKubernetes.run('start', onBucket({ 1: other('zone-b'), 2: {} }));
    expect(before.unitStatus).toEqual(
      waiting('[mimir-peers] waiting until all units of mimir-k8s have said in which zone they are'),
    );
    const peers = peerRelation('mimir-peers', { id: 1, units: { 1: other('zone-b'), 2: other('zone-c') } });
    const told = {
      ...before,
      relations: [{ ...findRelation(before, 'mimir-peers'), remoteUnits: peers.remoteUnits }, s3(HOST)],
    };
    api.asked.length = 0;
    const after = await onKubernetes.run({ kind: 'relation-changed', relation: peers, remoteUnit: 2 }, told);
    expect(after.unitStatus).toEqual(active());
    expect(JSON.stringify(configOf(after))).toContain('"zone_awareness_enabled":true');
    const { localAppData, localUnitData } = findRelation(after, 'mimir-peers');
    expect(localAppData).toMatchObject({ 'replication-factor': '3', 'zone-aware': 'true' });
    expect(localUnitData).toMatchObject({ zone: 'zone-a' });
    // A pod stays on its node.
    expect(api.asked.filter(({ path }) => /pods|nodes/.test(path))).toEqual([]);
  });

  test('that may not be read is of no account, and is looked for again with trust', async () => {
    server.bucket = s3Error(404, 'NoSuchKey');
    api.zone = 'zone-a';
    api.forbidden.add('nodes');
    const before = await onKubernetes.run('start', world(HOST));
    expect(findRelation(before, 'mimir-peers').localUnitData).not.toHaveProperty('zone');
    api.forbidden.clear();
    const after = await onKubernetes.run('config-changed', before);
    expect(findRelation(after, 'mimir-peers').localUnitData).toMatchObject({ zone: 'zone-a' });
  });
});
