/** Whatever happens to a Mimir unit, and in whatever order. */
import {
  type ExploreOptions,
  explore,
  findContainer,
  network,
  type Outcome,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mimir as charm } from '../../../charm/charm.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import {
  activeUncounted,
  bucketAt,
  image,
  KEYS,
  mimir,
  S3_SECRET,
  s3,
  world,
} from '../../support/mimir-world.ts';

const HOST = '127.78.1.3';
const CONFIG = '/data/conf/mimir.yaml';
const bucket = s3(HOST);
const peers = peerRelation('mimir-peers', { id: 1, localUnitData: { hostname: 'mimir-k8s-0' } });
const sender = relation('receive-remote-write', { id: 5, remoteApp: 'agent' });
const grafana = relation('grafana-source', {
  id: 6,
  remoteApp: 'grafana',
  remoteAppData: { app_datasource_uid: 'juju_cos_x' },
});

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const running = async (input: Parameters<typeof world>[1]) =>
  stateOf(await mimir.run(ready, world(HOST, input)));
const onBucket = () => running({ relations: [peers, bucket], secrets: [S3_SECRET] });

/** No start without a reason, and no key where people read. */
function invariant(after: Outcome, before: State): void {
  const { 'secret-key': key } = KEYS;
  expect(JSON.stringify([after.logs, after.stderr, after.unitStatus, after.hookTools])).not.toContain(key);
  if (after.serviceStarts.length === 0) return;
  const [now, then] = [after, before].map((state) => {
    const { files, layers, services } = findContainer(state, 'mimir');
    return { config: files[CONFIG], ca: files['/data/conf/s3-ca.pem'], layers, services };
  });
  expect(now, 'Mimir was started, and nothing it reads has changed').not.toEqual(then);
}

const WORLD = {
  containers: [image()],
  invariant,
  // A unit that misses something keeps its last good configuration, if it has one.
  ignore: activeUncounted,
  oneEnd: true,
} satisfies Partial<ExploreOptions>;

test('a new unit comes to the same end, whatever its container and its relations do first', async () => {
  const before = world(HOST, { relations: [peers, bucket, sender, grafana], secrets: [S3_SECRET] });
  const found = await explore(charm, before, { ...WORLD, depth: 0, from: 'nothing' });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
});

test('a new unit bears anything else while it begins', async () => {
  const before = world(HOST, { relations: [peers, bucket], secrets: [S3_SECRET] });
  const found = await explore(charm, before, { ...WORLD, depth: 1, from: 'nothing' });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

test('a unit on a bucket bears any three things after one another', async () => {
  const found = await explore(charm, await onBucket(), {
    ...WORLD,
    depth: 3,
    maxStates: 600,
    // With others it waits for its turn, which depends on who came first: see turns.test.ts.
    units: 1,
    relations: [sender, grafana],
    configs: [{ 'log-level': 'debug' }, { 'log-level': 'loud' }],
    remoteAppData: {
      s3: [{}, { ...bucket.remoteAppData, endpoint: 'nonsense' }],
    },
    secrets: { [S3_SECRET.id]: [{ ...KEYS, 'secret-key': 'new' }] },
    networks: [{ '': network('127.78.1.9') }],
  });
  expect(found.problems).toEqual([]);
  expect(found.states).toBeGreaterThanOrEqual(600);
}, 90_000);

test('whatever comes to a unit on a bucket, it may be killed at each of its calls', async () => {
  const found = await explore(charm, await onBucket(), {
    ...WORLD,
    depth: 1,
    kills: true,
    relations: [sender, grafana],
    configs: [{ 'log-level': 'debug' }],
    secrets: { [S3_SECRET.id]: [{ ...KEYS, 'secret-key': 'new' }] },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

test('a unit on its own disk bears any two things, among them the bucket that comes and goes', async () => {
  const found = await explore(charm, await running({ relations: [peers] }), {
    ...WORLD,
    depth: 2,
    relations: [bucket, sender],
    configs: [{ multitenancy: true }, { 'replication-factor': 3 }],
    remoteAppData: { s3: [{ ...bucketAt(HOST), ...KEYS }] },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

test('a second unit, which leads or does not, bears any two things', async () => {
  const before = await running({
    leader: false,
    unitNumber: 1,
    plannedUnits: 3,
    relations: [
      peerRelation('mimir-peers', {
        id: 1,
        localAppData: { 'replication-factor': '1' },
        units: { 0: { hostname: 'mimir-k8s-0' }, 2: { hostname: 'mimir-k8s-2' } },
      }),
      bucket,
      sender,
    ],
    secrets: [S3_SECRET],
  });
  const found = await explore(charm, before, {
    ...WORLD,
    depth: 2,
    units: 3,
    // The replication factor that a leader has once chosen stays.
    oneEnd: false,
    relations: [grafana],
    remoteAppData: {
      'mimir-peers': [{ 'replication-factor': '3' }],
    },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

describe('neighbours that are told where Mimir is', () => {
  const app = (name: string) => ({ grafana_uid: 'juju_g', app_datasource_uid: name });
  const neighbours = [
    relation('ingress', {
      id: 7,
      remoteApp: 'traefik',
      remoteAppData: { ingress: '{"url":"http://a.org"}' },
    }),
    relation('grafana-source-alertmanager', {
      id: 8,
      remoteApp: 'grafana',
      remoteAppData: app('juju_cos_x_alertmanager'),
    }),
    relation('send-datasource', {
      id: 9,
      remoteApp: 'tempo',
      remoteAppData: { datasources: '[{"type":"tempo","uid":"t","grafana_uid":"juju_g"}]' },
    }),
    relation('prometheus-api', { id: 10, remoteApp: 'sloth' }),
  ];
  const before = () =>
    running({ config: { 'max-global-exemplars-per-user': 10 }, relations: [peers, grafana] });

  test('may come and go, and say other things, one after the other', async () => {
    const found = await explore(charm, await before(), {
      ...WORLD,
      depth: 2,
      relations: neighbours,
      remoteAppData: {
        // One that gives none any more is remembered: that is no one end, and has tests of its own.
        ingress: [{ ingress: '{"url":"http://b.org"}' }],
        'grafana-source': [app('juju_cos_y'), {}],
      },
    });
    expect(found.problems).toEqual([]);
    expect(found.isComplete).toBe(true);
  }, 90_000);

  test('may be told by a hook that is killed at each of its calls', async () => {
    const found = await explore(charm, await before(), {
      ...WORLD,
      depth: 1,
      kills: true,
      relations: neighbours,
    });
    expect(found.problems).toEqual([]);
    expect(found.isComplete).toBe(true);
  }, 90_000);
});

describe('neighbours that watch Mimir', () => {
  const watchers = [
    relation('grafana-dashboards-provider', { id: 11, remoteApp: 'grafana' }),
    relation('self-metrics-endpoint', { id: 12, remoteApp: 'prometheus' }),
  ];
  const before = () => running({ relations: [peers] });

  test('may come and go, and refuse what they are given, one after the other', async () => {
    const found = await explore(charm, await before(), {
      ...WORLD,
      depth: 2,
      relations: watchers,
      remoteAppData: {
        'grafana-dashboards-provider': [{ event: '{"errors":[{"dashboard_id":"a","error":"b"}]}' }, {}],
        'self-metrics-endpoint': [{ event: '{"errors":"bad rule"}' }, { event: '{}' }],
      },
    });
    expect(found.problems).toEqual([]);
    expect(found.isComplete).toBe(true);
  }, 90_000);

  test('may be served by a hook that is killed at each of its calls', async () => {
    const found = await explore(charm, await before(), {
      ...WORLD,
      depth: 1,
      kills: true,
      relations: watchers,
    });
    expect(found.problems).toEqual([]);
    expect(found.isComplete).toBe(true);
  }, 90_000);
});
