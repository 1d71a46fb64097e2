/** Whole hooks of the Mimir charm: from the first start to what may go wrong. */
import { active, blocked, waiting } from 'charmwright';
import {
  context,
  exec,
  findContainer,
  findRelation,
  network,
  peerRelation,
  relation,
  type State,
  secret,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mimir as charm } from '../../../charm/charm.ts';
import { FakeMimir, s3Error } from '../../support/fake-mimir.ts';
import { bucketAt, configOf, image, KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.1';
const CONFIG = '/data/conf/mimir.yaml';
const OWN_DISK = active("on this unit's own disk; for more units: juju integrate mimir-k8s:s3 s3-integrator");
const PEERS = { id: 1 };
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.ready = true;
  server.bucket = s3Error(404, 'NoSuchKey');
});

function backendOf(state: State): string {
  return JSON.stringify(configOf(state).common);
}

/** A leading unit that runs on a bucket. */
async function onBucket(input: Parameters<typeof world>[1] = {}) {
  const relations = [peerRelation('mimir-peers', PEERS), s3(HOST)];
  return mimir.run(ready, world(HOST, { relations, secrets: [S3_SECRET], ...input }));
}

describe('the first start', () => {
  test('before the container is there the unit waits', async () => {
    const after = await mimir.run(
      'install',
      world(HOST, { containers: [image({ canConnect: false })], relations: [] }),
    );
    expect(after.unitStatus).toEqual(waiting('[mimir-peers] waiting for the peer relation'));
    expect(after.ports).toEqual(['9009/tcp']);
  });

  test('once it is there Mimir runs on the unit`s own disk', async () => {
    const after = await mimir.run(ready, world(HOST));
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
    expect(after.workloadVersion).toBe('3.0.5');
    expect(backendOf(after)).toContain('filesystem');
    expect(findContainer(after, 'mimir').attributes[CONFIG]).toMatchObject({ permissions: 0o600 });
  });

  test('Mimir that starts is waited for, and the check that recovers makes the unit active', async () => {
    server.ready = false;
    const starting = await mimir.run(ready, world(HOST));
    expect(starting.unitStatus).toEqual(waiting('[mimir] starting: Starting'));
    server.ready = true;
    const after = await mimir.run(
      { kind: 'pebble-check-recovered', container: 'mimir', check: 'mimir-ready' },
      starting,
    );
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(after.serviceStarts).toEqual([]);
  });

  test('the second of two units without object storage is not started', async () => {
    const after = await mimir.run(ready, world(HOST, { plannedUnits: 2, leader: false, unitNumber: 1 }));
    expect(after.unitStatus).toEqual(
      blocked('[s3] 2 units need object storage: juju integrate mimir-k8s:s3 s3-integrator'),
    );
    expect(after.serviceStarts).toEqual([]);
  });
});

describe('when nothing has changed', () => {
  test('nothing is written, nothing restarts, and few questions are asked', async () => {
    const relations = [
      peerRelation('mimir-peers', PEERS),
      s3(HOST),
      relation('receive-remote-write', { id: 5 }),
      relation('grafana-source', { id: 6 }),
    ];
    const remembering = context(charm, { remembersRemoteData: true });
    const first = await onBucket({ relations });
    const before = await remembering.run('update-status', first);
    const after = await remembering.run('update-status', before);
    expect(stateOf(after)).toEqual(stateOf(before));
    expect(after.serviceStarts).toEqual([]);
    expect(
      after.pebbleCalls
        .map(({ method }) => method)
        .filter((name) => /push|addLayer|replan|exec|makeDir/.test(name)),
    ).toEqual([]);
    expect(after.hookTools.map(({ tool }) => tool).toSorted()).toEqual([
      'config-get',
      'is-leader',
      'secret-get',
      'state-get',
    ]);
  });

  test('a new address is asked for by the hooks that may bring one, and by no other', async () => {
    const asks = async (event: 'update-status' | 'start') =>
      (await mimir.run(event, await onBucket())).hookTools.some(({ tool }) => tool === 'network-get');
    expect([await asks('update-status'), await asks('start')]).toEqual([false, true]);
  });

  test('growing to more units restarts nobody', async () => {
    const before = await onBucket();
    const after = await mimir.run('config-changed', { ...before, plannedUnits: 5 });
    expect(after.serviceStarts).toEqual([]);
    expect(after.unitStatus).toEqual(active());
  });
});

describe('object storage', () => {
  test('moves the unit to the bucket, and the leader writes down the replication factor', async () => {
    const alone = await mimir.run(ready, world(HOST));
    const peers = findRelation(alone, 'mimir-peers');
    const after = await mimir.run(
      { kind: 'relation-changed', relation: 's3' },
      { ...alone, relations: [peers, s3(HOST)], secrets: [S3_SECRET] },
    );
    expect(after.unitStatus).toEqual(active());
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
    expect(backendOf(after)).toContain('127.78.1.1:9009');
    expect(findRelation(after, 'mimir-peers').localAppData).toMatchObject({ 'replication-factor': '1' });
    expect(findRelation(after, 's3').localAppData).toEqual({
      bucket: 'cos-mimir-k8s',
      'requested-secrets': '["access-key","secret-key"]',
      version: '1',
      'lib-version': '1.0',
    });
  });

  test('is asked for as soon as it is related, and a unit that has not started yet waits for it', async () => {
    const empty = relation('s3', { id: 4, remoteApp: 'minio-k8s' });
    const after = await mimir.run(
      ready,
      world(HOST, { relations: [peerRelation('mimir-peers', PEERS), empty] }),
    );
    expect(after.unitStatus).toEqual(
      waiting('[s3] minio-k8s has not given access-key, secret-key, bucket, endpoint yet (s3:4)'),
    );
    expect(after.serviceStarts).toEqual([]);
    expect(findRelation(after, 's3').localAppData.bucket).toBe('cos-mimir-k8s');
  });

  test('of the older kind, with keys in the databag, serves as well', async () => {
    const old = relation('s3', { id: 4, remoteAppData: { ...bucketAt(HOST), ...KEYS, data: '{}' } });
    const after = await onBucket({ relations: [peerRelation('mimir-peers', PEERS), old], secrets: [] });
    expect(after.unitStatus).toEqual(active());
    expect(backendOf(after)).toContain('the-access-key');
  });

  test('whose secret is not granted yet is waited for', async () => {
    const after = await onBucket({ secrets: [secret({ id: S3_SECRET.id, content: KEYS, readable: false })] });
    expect(after.unitStatus).toEqual(
      waiting(
        '[s3] minio-k8s has not given access-key, secret-key yet (s3:4): its secret is not there, or not granted to mimir-k8s',
      ),
    );
  });

  test('with rotated keys restarts Mimir on the new ones', async () => {
    const before = await onBucket();
    const rotated = secret({ id: S3_SECRET.id, content: KEYS, latest: { ...KEYS, 'secret-key': 'new' } });
    const after = await mimir.run(
      { kind: 'secret-changed', secret: rotated },
      { ...before, secrets: [rotated] },
    );
    expect(backendOf(after)).toContain('"secret_access_key":"new"');
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });

  test.each([
    [
      'endpoint',
      'http://user:hush@h:1',
      'must be http://HOST:PORT or https://HOST:PORT, without a path or a user',
    ],
    [
      'endpoint',
      'h\nbucket_name: x',
      'must be http://HOST:PORT or https://HOST:PORT, without a path or a user',
    ],
    ['bucket', '../etc', 'must be 3 to 63 lower-case letters, digits, dots and dashes'],
    ['tls-ca-chain', '[1]', 'must be a JSON list of certificates'],
    ['secret-extra', '--help', 'must be the URI of a secret'],
  ])('with a hostile %s is refused by name, and Mimir runs on', async (key, value, problem) => {
    const before = await onBucket();
    const relations = [
      findRelation(before, 'mimir-peers'),
      { ...findRelation(before, 's3'), remoteAppData: s3(HOST, { [key]: value }).remoteAppData },
    ];
    const after = await mimir.run({ kind: 'relation-changed', relation: 's3' }, { ...before, relations });
    expect(after.unitStatus).toEqual(
      blocked(
        `[s3] data of minio-k8s (s3:4): key "${key}" ${problem}; the last good configuration stays in use`,
      ),
    );
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
    expect(JSON.stringify([after.logs, after.unitStatus])).not.toContain('hush');
  });

  test('that is taken away leaves Mimir as it runs, and all is well when it is back', async () => {
    const before = await onBucket();
    const broken = await mimir.run({ kind: 'relation-broken', relation: 's3' }, before);
    expect(broken.unitStatus).toEqual(
      blocked(
        '[s3] the metrics are in a bucket that is not related any more: juju integrate mimir-k8s:s3 PROVIDER, the one that has it; the last good configuration stays in use',
      ),
    );
    expect(findContainer(broken, 'mimir')).toEqual(findContainer(before, 'mimir'));
    const relations = [findRelation(broken, 'mimir-peers'), { ...s3(HOST), id: 9 }];
    const back = await mimir.run({ kind: 'relation-changed', relation: 's3' }, { ...broken, relations });
    expect(back.unitStatus).toEqual(active());
    expect(back.serviceStarts).toEqual([]);
  });

  test('that is taken away from a Mimir which cannot serve without it is told with the outage', async () => {
    const before = await onBucket();
    const broken = await mimir.run({ kind: 'relation-broken', relation: 's3' }, before);
    server.ready = false;
    const crashing = {
      ...findContainer(broken, 'mimir'),
      services: { mimir: 'backoff' as const },
      logs: { mimir: ['level=error msg="error running application" err="Access Denied."'] },
    };
    const after = await mimir.run('update-status', { ...broken, containers: { mimir: crashing } });
    expect(after.unitStatus.name).toBe('blocked');
    expect(after.unitStatus.message).toMatch(/not related any more.*; Mimir does not serve: \[mimir\] exits/);
  });
});

describe('object storage in trouble', () => {
  const RETRY = 'level=warn msg="Unable to successfully connect to configured object storage (will retry)"';
  const SENT = 'blocks storage: unable to successfully send a request to object storage';

  const DOWN = { 'mimir-ready': { status: 'down', failures: 3 } } as const;

  /** A unit whose Mimir has logged this and is not ready. */
  async function logging(line: string) {
    server.ready = false;
    const before = await onBucket();
    const logs = { mimir: [line] };
    return mimir.run(
      { kind: 'pebble-check-failed', container: 'mimir', check: 'mimir-ready' },
      { ...before, containers: { mimir: { ...findContainer(before, 'mimir'), logs, checks: DOWN } } },
    );
  }

  test.each([
    'Access Denied.',
    'The specified bucket does not exist',
  ])('that refuses is told in its words: %s', async (cause) => {
    const after = await logging(`${RETRY} err="${SENT}: ${cause}; ruler storage: x"`);
    expect(after.unitStatus).toEqual(blocked(`[s3] Mimir cannot use the bucket: ${cause}`));
  });

  test('that does not answer Mimir is waited for', async () => {
    const after = await logging(
      `${RETRY} err="${SENT}: Get \\"http://h:1/?X-Amz=1\\": dial tcp: connection refused"`,
    );
    expect(after.unitStatus).toEqual(
      waiting('[s3] Mimir cannot use the bucket: Get "(URL)": dial tcp: connection refused'),
    );
  });

  /** Mimir serves on; `server.bucket` is what the bucket answers from now on. */
  async function serving(bucket: { status: number; body: string }) {
    const before = await onBucket();
    server.bucket = bucket;
    return before;
  }

  test('that goes away while Mimir serves is seen by a check, and seen again when it is back', async () => {
    const before = await serving(s3Error(503, 'XMinioServerNotInitialized'));
    const check = { container: 'mimir', check: 'bucket' } as const;
    const down = {
      ...findContainer(before, 'mimir'),
      checks: { bucket: { status: 'down', failures: 3 } },
    } as const;
    const gone = await mimir.run(
      { kind: 'pebble-check-failed', ...check },
      { ...before, containers: { mimir: down } },
    );
    expect(gone.unitStatus).toEqual(
      waiting(
        '[s3] 127.78.1.1:9009 answers with HTTP 503: see juju status minio-k8s (s3:4); until it does, new metrics stay on the volume',
      ),
    );
    server.bucket = s3Error(404, 'NoSuchKey');
    const up = { ...findContainer(gone, 'mimir'), checks: {} };
    const back = await mimir.run(
      { kind: 'pebble-check-recovered', ...check },
      { ...gone, containers: { mimir: up } },
    );
    expect(back.unitStatus).toEqual(active());
    expect(back.serviceStarts).toEqual([]);
  });

  test('that refuses new keys is told, and Mimir runs on with the old ones', async () => {
    const before = await serving(s3Error(403, 'InvalidAccessKeyId'));
    const relations = [findRelation(before, 'mimir-peers'), s3(HOST, { region: 'eu-west-1' })];
    const after = await mimir.run({ kind: 'relation-changed', relation: 's3' }, { ...before, relations });
    expect(after.unitStatus).toEqual(
      blocked(
        '[s3] the access key is unknown to the storage of bucket "cos-mimir-k8s" (InvalidAccessKeyId): mend it at minio-k8s (s3:4); the last good configuration stays in use',
      ),
    );
    expect(after.serviceStarts).toEqual([]);
    expect(configOf(after)).toEqual(configOf(before));
  });

  test('that is away keeps Mimir from a restart it would not come back from', async () => {
    const before = await serving(s3Error(503, 'SlowDown'));
    const held = await mimir.run('config-changed', { ...before, config: { 'log-level': 'debug' } });
    expect(held.serviceStarts).toEqual([]);
    server.bucket = s3Error(404, 'NoSuchKey');
    const after = await mimir.run('update-status', held);
    expect(after.unitStatus).toEqual(active());
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('that refuses a unit on its own disk leaves it there, and it may go back', async () => {
    const alone = await mimir.run(ready, world(HOST));
    server.bucket = s3Error(404, 'NoSuchBucket');
    const relations = [findRelation(alone, 'mimir-peers'), s3(HOST)];
    const refused = await mimir.run(
      { kind: 'relation-changed', relation: 's3' },
      { ...alone, relations, secrets: [S3_SECRET] },
    );
    expect(refused.unitStatus).toMatchObject({
      name: 'blocked',
      message: expect.stringContaining('there is no bucket'),
    });
    const after = await mimir.run({ kind: 'relation-broken', relation: 's3' }, refused);
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(after.serviceStarts).toEqual([]);
  });

  test('is asked again when an event may tell of it, and not for other relations', async () => {
    const before = await serving(s3Error(503, 'SlowDown'));
    const relations = [...before.relations, relation('grafana-source', { id: 6 })];
    const after = await mimir.run(
      { kind: 'relation-changed', relation: 'grafana-source' },
      { ...before, relations },
    );
    expect(after.unitStatus).toEqual(active());
    expect((await mimir.run('update-status', after)).unitStatus.name).toBe('waiting');
  });
});

describe('the replication factor', () => {
  test('is chosen for three units, by the leader alone', async () => {
    const leader = await onBucket({ plannedUnits: 3 });
    expect(findRelation(leader, 'mimir-peers').localAppData['replication-factor']).toBe('3');
    const follower = await onBucket({ plannedUnits: 3, leader: false, unitNumber: 2 });
    expect(follower.unitStatus).toEqual(
      waiting('[mimir-peers] waiting for the leader to choose the replication factor'),
    );
  });

  test('holds from the moment it is chosen, before Juju has told anybody', async () => {
    const chosen = await onBucket();
    const after = await mimir.run('update-status', { ...chosen, plannedUnits: 3 });
    expect(findRelation(after, 'mimir-peers').localAppData['replication-factor']).toBe('1');
    expect(after.serviceStarts).toEqual([]);
  });

  test('reaches the followers with the databag of the peers', async () => {
    const relations = [
      peerRelation('mimir-peers', { ...PEERS, localAppData: { 'replication-factor': '3' } }),
      s3(HOST),
    ];
    const after = await onBucket({ relations, plannedUnits: 3, leader: false, unitNumber: 2 });
    expect(after.unitStatus).toEqual(active());
    expect(JSON.stringify(configOf(after).ingester)).toContain('"replication_factor":3');
  });
});

describe('a wrong option', () => {
  test('is named, nothing is touched, and mending it makes all well', async () => {
    const before = await mimir.run(ready, world(HOST));
    const wrong = await mimir.run('config-changed', {
      ...before,
      config: { 'metrics-retention-period': '5' },
    });
    expect(wrong.unitStatus).toEqual(
      blocked(
        '[config] metrics-retention-period=5: must be 0 (for ever), or a duration of at least 2h, such as 30d; the last good configuration stays in use',
      ),
    );
    expect(findContainer(wrong, 'mimir')).toEqual(findContainer(before, 'mimir'));
    const mended = await mimir.run('config-changed', {
      ...wrong,
      config: { 'metrics-retention-period': '30d' },
    });
    expect(mended.unitStatus).toEqual(OWN_DISK);
    expect(mended.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('does not keep a replaced pod from starting on what was last good, at its new address', async () => {
    const before = await mimir.run(ready, world(HOST));
    const { files } = findContainer(before, 'mimir');
    const volume = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/data/')));
    const after = await mimir.run(ready, {
      ...before,
      config: { 'log-level': 'loud' },
      containers: { mimir: image({ files: volume }) },
      networks: { '': network('127.78.1.9') },
    });
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
    expect(JSON.stringify(findContainer(after, 'mimir').layers)).toContain(
      '-ingester.ring.instance-addr=127.78.1.9',
    );
  });
});

describe('a workload in trouble', () => {
  test('that refuses the configuration keeps the one it runs on', async () => {
    const before = await mimir.run(ready, world(HOST));
    const execs = [
      exec(['/bin/mimir', '-modules'], {
        code: 1,
        stderr: 'usage\nline 3: field foo not found in type mimir.Config',
      }),
    ];
    const after = await mimir.run('config-changed', {
      ...before,
      containers: { mimir: { ...findContainer(before, 'mimir'), execs } },
      config: { 'log-level': 'debug' },
    });
    expect(after.unitStatus.message).toMatch(
      /^\[mimir\] Mimir refuses its configuration: .*field foo not found/,
    );
    expect(findContainer(after, 'mimir').files).toEqual(findContainer(before, 'mimir').files);
    expect(after.serviceStarts).toEqual([]);
  });

  test('that refuses the configuration in a new pod is not ready, so that a refresh does not go on', async () => {
    const execs = [exec(['/bin/mimir', '-modules'], { code: 1, stderr: 'field foo not found' })];
    const after = await mimir.run(ready, world(HOST, { containers: [image({ execs })] }));
    expect(after.unitStatus.name).toBe('blocked');
    expect(after.serviceStarts).toEqual([]);
    expect(findContainer(after, 'mimir').layers).toMatchObject({
      'mimir-charm': { checks: { 'mimir-ready': { level: 'ready', startup: 'enabled' } } },
    });
    const works = { ...findContainer(after, 'mimir'), execs: image().execs };
    const mended = await mimir.run('update-status', { ...after, containers: { mimir: works } });
    expect(mended.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('that exits at once says its last words', async () => {
    const startFailures = {
      mimir: 'level=error msg="error running application" err="mkdir /data/tsdb: permission denied"',
    };
    const after = await mimir.run(ready, world(HOST, { containers: [image({ startFailures })] }));
    expect(after.unitStatus.name).toBe('blocked');
    expect(after.unitStatus.message).toContain('mkdir /data/tsdb: permission denied');
  });

  test('that exits again and again is left to Pebble, and shown', async () => {
    server.ready = false;
    const before = await mimir.run(ready, world(HOST));
    const crashing = {
      ...findContainer(before, 'mimir'),
      services: { mimir: 'backoff' as const },
      logs: { mimir: ['level=error msg="Unable to access directory" err="ingester: permission denied"'] },
    };
    const after = await mimir.run('update-status', { ...before, containers: { mimir: crashing } });
    expect(after.unitStatus).toEqual(
      blocked(
        '[mimir] exits again and again: Unable to access directory: ingester: permission denied; the storage "data" must be writable and have room',
      ),
    );
    expect(after.serviceStarts).toEqual([]);
  });

  test('whose Pebble was killed is built up again, on the same files', async () => {
    const before = await mimir.run(ready, world(HOST));
    const { files } = findContainer(before, 'mimir');
    const after = await mimir.run(ready, { ...before, containers: { mimir: image({ files }) } });
    expect(after.unitStatus).toEqual(OWN_DISK);
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });
});

describe('relations that only listen', () => {
  const relations = [
    peerRelation('mimir-peers', PEERS),
    relation('receive-remote-write', { id: 5 }),
    relation('grafana-source', { id: 6 }),
  ];

  test('are told one URL, by the leader in the application`s databag too', async () => {
    const after = await mimir.run(ready, world(HOST, { relations }));
    expect(findRelation(after, 'receive-remote-write')).toMatchObject({
      localAppData: { event: '{}' },
      localUnitData: { remote_write: '{"url":"http://mimir-k8s.cos.svc.cluster.local:9009/api/v1/push"}' },
    });
    const grafana = findRelation(after, 'grafana-source');
    expect(grafana.localAppData.grafana_source_app_host).toBe(
      'http://mimir-k8s.cos.svc.cluster.local:9009/prometheus',
    );
    expect(grafana.localUnitData.grafana_source_host).toBe(grafana.localAppData.grafana_source_app_host);
  });

  test('are told before Mimir runs, and the same by a unit that does not lead', async () => {
    const after = await mimir.run(
      { kind: 'relation-joined', relation: 'receive-remote-write' },
      world(HOST, {
        relations,
        leader: false,
        unitNumber: 1,
        plannedUnits: 2,
        containers: [image({ canConnect: false })],
      }),
    );
    expect(findRelation(after, 'receive-remote-write').localUnitData.remote_write).toBe(
      '{"url":"http://mimir-k8s.cos.svc.cluster.local:9009/api/v1/push"}',
    );
    expect(findRelation(after, 'grafana-source').localUnitData.grafana_source_host).toBeUndefined();
  });

  test('a Grafana that reads the application`s address is not given the unit`s as well', async () => {
    const before = await mimir.run(ready, world(HOST, { relations }));
    const grafana = {
      ...findRelation(before, 'grafana-source'),
      remoteAppData: { app_datasource_uid: 'juju_cos_x' },
    };
    const after = await mimir.run(
      { kind: 'relation-changed', relation: 'grafana-source' },
      { ...before, relations: [...before.relations.filter(({ id }) => id !== 6), grafana] },
    );
    expect(findRelation(after, 'grafana-source').localUnitData.grafana_source_host).toBeUndefined();
  });
});
