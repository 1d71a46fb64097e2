/** Several applications as one Mimir: the one that leads, those that have joined it, and what may be wrong with either. */
import { active, blocked, waiting } from 'charmwright';
import {
  container,
  exec,
  findContainer,
  findRelation,
  type Outcome,
  peerRelation,
  relation,
  type State,
  secret,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { configOf, gateway, image, KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';
import { UNIT_AUTHORITY } from '../../support/unit-certificate.ts';

const HOST = '127.78.1.100';
/** Of another application's unit. */
const OTHER = '127.78.1.101';
const CONFIG = '/data/conf/mimir.yaml';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const changed = 'config-changed';

type Bag = Readonly<Record<string, string>>;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

/** An application that has joined, with its units, all of which have said where they are. */
function member(id: number, app: string, role: string, units = 1, said: Bag = {}, ip?: string) {
  const bag = (number: number): Bag => ({
    address: JSON.stringify(`${app}-${number}.${app}-endpoints.cos.svc.cluster.local`),
    ip: JSON.stringify(ip ?? `10.1.${id}.${number}`),
  });
  return relation('mimir-cluster', {
    id,
    remoteApp: app,
    remoteAppData: {
      role: JSON.stringify(role),
      planned_units: String(units),
      endpoints: JSON.stringify(`${app}-endpoints.cos.svc.cluster.local`),
      ...said,
    },
    remoteUnits: Object.fromEntries(Array.from({ length: units }, (_, number) => [number, bag(number)])),
  });
}

const WRITE = member(7, 'write', 'distributor,ingester', 3);
const READ = member(8, 'read', 'querier,query-frontend', 2);

/** Leads write and read, and does the rest itself. */
function leader(roles = 'backend', relations = [WRITE, READ], input: Parameters<typeof world>[1] = {}) {
  return world(HOST, {
    config: { roles },
    containers: [image(), gateway()],
    plannedUnits: 2,
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), ...relations],
    secrets: [S3_SECRET],
    ...input,
  });
}

/** What the one that leads has told an application. */
/** The leading application's own unit is to restart. */
const OWN_TURN = JSON.stringify({ application: 'mimir-k8s', request: 1 });

function told(state: State, id = 7): Bag {
  return findRelation(state, id).localAppData;
}

function commandOf(state: State): string {
  const layers = Object.values(findContainer(state, 'mimir').layers);
  return String(layers.at(-1)?.services?.mimir?.command);
}

describe('an application that leads', () => {
  test('runs its own roles, on the one configuration of all', async () => {
    const after = await mimir.run(ready, leader());
    expect(after.unitStatus).toEqual(active(''));
    expect(commandOf(after)).toContain(
      ' -target=alertmanager,compactor,overrides-exporter,query-scheduler,ruler,store-gateway ',
    );
    expect(configOf(after)).not.toHaveProperty('target');
    expect(configOf(after).memberlist).toMatchObject({
      join_members: [
        'dns+mimir-k8s-endpoints.cos.svc.cluster.local:7946',
        'dns+read-endpoints.cos.svc.cluster.local:7946',
        'dns+write-endpoints.cos.svc.cluster.local:7946',
      ],
    });
    // Three ingesters are to come, though this application has none itself.
    expect(configOf(after).ingester).toMatchObject({ ring: { replication_factor: 3 } });
  });

  test('tells all the same: no credentials, but a secret that each is granted', async () => {
    const after = await mimir.run(ready, leader());
    expect(told(after, 7)).toEqual({ ...told(after, 8), role: '"distributor,ingester"' });
    expect(told(after, 8).role).toBe('"querier,query-frontend"');
    expect(JSON.stringify(told(after))).not.toContain(KEYS['secret-key']);
    const shared = after.secrets.find(({ label }) => label === 'object-storage');
    expect(shared?.revisions.at(-1)?.content).toEqual(KEYS);
    expect(shared?.grants.map(({ relationId }) => relationId)).toEqual([7, 8]);
    expect(JSON.parse(told(after).s3_secret_id ?? '')).toContain(shared?.id ?? 'a secret');
  });

  test('says and asks nothing again when nothing has changed', async () => {
    const after = await mimir.run(ready, leader());
    const again = await mimir.run(changed, after);
    expect(again.relations).toEqual(after.relations);
    expect(again.serviceStarts).toEqual([]);
    expect(again.hookTools.filter(({ tool }) => tool.startsWith('secret-')).map(({ tool }) => tool)).toEqual([
      'secret-get',
    ]);
  });

  test('is restarted by nobody who joins, and knows him for the next start', async () => {
    const before = await mimir.run(ready, leader());
    const late = member(9, 'late', 'read');
    const after = await mimir.run(
      { kind: 'relation-changed', relation: late },
      { ...before, relations: [...before.relations, late] },
    );
    expect(after.serviceStarts).toEqual([]);
    expect(JSON.stringify(configOf(after).memberlist)).toContain('dns+late-endpoints');
    expect(told(after, 9)).toEqual(told(after, 8));
  });

  test('has led nobody before, and is restarted by the first who joins as little', async () => {
    const before = await mimir.run(ready, leader('all', []));
    const after = await mimir.run(
      { kind: 'relation-changed', relation: WRITE },
      { ...before, relations: [...before.relations, WRITE] },
    );
    expect(after.serviceStarts).toEqual(['gateway/gateway']);
    expect(JSON.stringify(configOf(after).memberlist)).toContain('dns+write-endpoints');
    expect(JSON.stringify(configOf(after).ruler)).toContain(':8080/');
  });

  test('comes into the ring of schedulers for who asks and has none, when that lasts', async () => {
    const before = await mimir.run(ready, leader('all', []));
    expect(configOf(before)).not.toHaveProperty('query_scheduler');
    const joined = { ...stateOf(before), relations: [...before.relations, READ] };
    const soon = await mimir.run({ kind: 'relation-changed', relation: READ }, joined);
    expect(soon.serviceStarts).toEqual(['gateway/gateway']);
    expect(JSON.stringify(told(soon, 8))).toContain('service_discovery_mode');
    expect(told(soon, 8)).toHaveProperty('answers_alone', 'true');
    const later = await mimir.run('update-status', stateOf(soon));
    expect(configOf(later).query_scheduler).toEqual({ service_discovery_mode: 'ring' });
    expect(later.serviceStarts).toEqual(['mimir/mimir']);
    const then = await mimir.run('update-status', stateOf(later));
    expect(then.serviceStarts).toEqual([]);
    expect(told(then, 8)).not.toHaveProperty('answers_alone');
  });

  test('begins in the ring of schedulers where somebody who asks has joined before', async () => {
    const after = await mimir.run(ready, leader('all', [READ]));
    expect(configOf(after).query_scheduler).toEqual({ service_discovery_mode: 'ring' });
    expect(told(after, 8)).not.toHaveProperty('answers_alone');
  });

  test('says which roles nobody has, tells nobody anything new, and goes on as it was', async () => {
    const before = await mimir.run(ready, leader());
    const after = await mimir.run(changed, {
      ...before,
      config: { roles: 'ruler', 'ingestion-rate': 1 },
    });
    expect(after.unitStatus).toEqual(
      blocked(
        '[mimir-cluster] no unit has compactor, query-scheduler, store-gateway: give the role to an application of the cluster, or let one join that has it; the last good configuration stays in use',
      ),
    );
    expect(told(after)).toEqual({ ...told(before), blocked: 'true' });
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
  });

  test('remarks what has fewer units than recommended', async () => {
    const one = member(7, 'write', 'write');
    const after = await mimir.run(ready, leader('read,backend', [one]));
    expect(after.unitStatus).toEqual(active('fewer units than recommended: ingester 1 of 3'));
  });

  test('without roles runs no Mimir, and yet tells all', async () => {
    const all = [member(7, 'write', 'write'), member(8, 'rest', 'read,backend')];
    const after = await mimir.run(ready, leader('none', all));
    expect(after.unitStatus.message).toMatch(/^fewer units than recommended/);
    expect(after.serviceStarts).toEqual(['gateway/gateway']);
    expect(told(after)).toHaveProperty('worker_config');
  });

  test('that gives its roles away stops its Mimir, and takes it up again', async () => {
    const all = [member(7, 'write', 'write'), member(8, 'rest', 'read,backend')];
    const before = await mimir.run(ready, leader('backend', all));
    const off = await mimir.run(changed, { ...before, config: { roles: 'none' } });
    const { services, checks } = findContainer(off, 'mimir');
    expect(services.mimir).toBe('inactive');
    expect(Object.values(checks).filter(({ status }) => status !== 'inactive')).toEqual([]);
    const layered = Object.values(Object.values(findContainer(off, 'mimir').layers).at(-1)?.checks ?? {});
    expect(layered.map(({ startup }) => startup)).toEqual(['disabled', 'disabled', 'disabled']);
    expect(told(off), 'its own unit ends').toEqual({ ...told(before), turn: OWN_TURN });
    const on = await mimir.run(changed, { ...off, config: { roles: 'backend' } });
    expect(on.serviceStarts).toEqual(['mimir/mimir']);
    expect(findContainer(on, 'mimir').services.mimir).toBe('active');
    const states = Object.values(findContainer(on, 'mimir').checks).map(({ status }) => status);
    expect(states).not.toContain('inactive');
  });

  test('answers actions for the components that others have', async () => {
    await using _other = await FakeMimir.at(OTHER);
    const group = { name: 'g', rules: [{ record: 'r', expr: 'up' }] };
    const load = { method: 'POST', body: JSON.stringify(group) };
    await fetch(`http://${OTHER}:9009/prometheus/config/v1/rules/ns`, load);
    const rest = member(8, 'rest', 'read,backend', 1, {}, OTHER);
    const before = await mimir.run(ready, leader('write', [rest]));
    const { results } = await mimir.runAction('list-rules', {}, stateOf(before));
    expect(JSON.stringify(results)).toContain('record');
  });

  describe('that gives the role ingester away', () => {
    const REST = [WRITE, member(8, 'rest', 'read,backend')];
    const TARGET = ' -target=all,alertmanager,overrides-exporter ';
    beforeEach(() => server.rings.members.clear());

    /** Queries of the last hours ask the ingesters only. */
    const spare = { 'recent-from-bucket': false };
    /** Its ingester has a log. */
    async function before(config: Readonly<Record<string, boolean>> = spare): Promise<State> {
      const state = stateOf(
        await mimir.run(ready, leader('all', REST, { config: { roles: 'all', ...config } })),
      );
      const { files, ...rest } = findContainer(state, 'mimir');
      const wal = { '/data/tsdb/anonymous/wal/00000000': '' };
      return {
        ...state,
        containers: { ...state.containers, mimir: { ...rest, files: { ...files, ...wal } } },
      };
    }

    test('keeps it until enough others could take the writes', async () => {
      server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'write-0': 'ACTIVE', 'write-1': 'LEAVING' });
      const after = await mimir.run(changed, {
        ...(await before()),
        config: { roles: 'backend', ...spare },
      });
      expect(after.unitStatus).toEqual(
        waiting('[roles] the ingester stays for now: 1 of 3 ingesters are there that could take the writes'),
      );
      expect(commandOf(after)).toContain(TARGET);
      expect(after.serviceStarts).toEqual([]);
    });

    test('lets it take no writes first, also when it has no metrics yet', async () => {
      const others = { 'write-0': 'ACTIVE', 'write-1': 'ACTIVE', 'write-2': 'ACTIVE' };
      server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', ...others });
      server.rings.takesWrites = true;
      const fresh = await mimir.run(ready, leader('all', REST, { config: { roles: 'all', ...spare } }));
      await mimir.run(changed, { ...stateOf(fresh), config: { roles: 'backend', ...spare } });
      expect(server.rings.takesWrites).toBe(false);
    });

    test('takes it out of its ring when it is empty, and only then starts Mimir without it', async () => {
      const others = { 'write-0': 'ACTIVE', 'write-1': 'ACTIVE', 'write-2': 'ACTIVE' };
      server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', ...others });
      const running = await before({});
      const atStart: string[][] = [];
      const tried = exec(['/bin/mimir', '-modules'], () => {
        atStart.push([...(server.rings.members.get('ingester')?.keys() ?? [])]);
        return {};
      });
      const after = await mimir.run(changed, {
        ...running,
        containers: {
          ...running.containers,
          mimir: { ...findContainer(running, 'mimir'), execs: [tried] },
        },
        config: { roles: 'backend', 'log-level': 'debug' },
      });
      expect(atStart.at(-1)).toEqual(Object.keys(others));
      expect(server.rings).toMatchObject({ takesWrites: false, unregisters: true });
      expect(after.serviceStarts).toEqual(['mimir/mimir']);
      expect(commandOf(after)).not.toMatch(/-target=\S*ingester/);
    });

    test('lets it answer for its hours, with several copies, and takes it up when asked to', async () => {
      const others = { 'write-0': 'ACTIVE', 'write-1': 'ACTIVE', 'write-2': 'ACTIVE' };
      server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', ...others });
      const running = await before();
      const after = await mimir.run(changed, {
        ...running,
        config: { roles: 'backend', 'log-level': 'debug', ...spare },
      });
      expect(after.unitStatus.message).toMatch(
        /^\[roles\] the ingester takes no writes, and stays until 20\d\d-\S+ UTC, when no query needs it any more$/,
      );
      expect(server.rings.takesWrites).toBe(false);
      expect(commandOf(after)).toContain(TARGET);
      expect(configOf(after).server, 'what else is new is in use').toMatchObject({ log_level: 'debug' });
      const back = await mimir.run(changed, { ...stateOf(after), config: { roles: 'all', ...spare } });
      expect(server.rings.takesWrites).toBe(true);
      expect(back.unitStatus).toEqual(active(''));
    });
  });

  test('needs object storage', async () => {
    const relations = [peerRelation('mimir-peers', { id: 1 }), WRITE, READ];
    const after = await mimir.run(ready, leader('backend', [], { relations }));
    expect(after.unitStatus).toEqual(
      blocked('[s3] 7 units need object storage: juju integrate mimir-k8s:s3 s3-integrator'),
    );
    expect(told(after)).toEqual({});
  });

  test('uses none of the roles of one that says nonsense, and says so', async () => {
    const odd = member(8, 'read', 'reader');
    const after = await mimir.run(
      { kind: 'relation-changed', relation: odd },
      leader('backend', [WRITE, odd]),
    );
    expect(after.unitStatus.message).toMatch(/^\[mimir-cluster\] no unit has querier, query-frontend: /);
    expect(after.logs.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/data of read \(mimir-cluster:8\): key "role" must be /),
    );
  });

  test('tells new keys to all, with nothing in the databags', async () => {
    const before = await mimir.run(ready, leader());
    const rotated = secret({
      id: S3_SECRET.id,
      content: KEYS,
      latest: { ...KEYS, 'secret-key': 'the-new-one' },
    });
    const secrets = [...before.secrets.filter(({ id }) => id !== S3_SECRET.id), rotated];
    const after = await mimir.run({ kind: 'secret-changed', secret: rotated }, { ...before, secrets });
    const shared = after.secrets.find(({ label }) => label === 'object-storage');
    expect(shared?.revisions.at(-1)?.content).toMatchObject({ 'secret-key': 'the-new-one' });
    expect(told(after), 'its own unit restarts').toEqual({
      ...told(before),
      turn: OWN_TURN,
    });
  });
});

describe('an application that has joined', () => {
  let bag: Bag;
  beforeAll(async () => {
    const led = await mimir.run(ready, leader());
    const shared = led.secrets.find(({ label }) => label === 'object-storage');
    // Turns are in cluster-turns.test.ts.
    const { turn: _turn, ...said } = told(led);
    bag = { ...said, s3_secret_id: JSON.stringify(`secret:${shared?.id}`) };
    granted = secret({ id: shared?.id ?? '', content: KEYS });
  });
  let granted: ReturnType<typeof secret>;

  function joined(said: Bag = bag, input: Parameters<typeof world>[1] = {}) {
    return world(HOST, {
      config: { roles: 'write' },
      plannedUnits: 3,
      relations: [
        peerRelation('mimir-peers', { id: 1 }),
        relation('join-cluster', { id: 6, remoteApp: 'mimir', remoteAppData: said }),
      ],
      secrets: [granted],
      ...input,
    });
  }

  const running = () => mimir.run(ready, joined());

  /** What it was told changes while it runs. */
  function hear(state: Outcome, said: Bag) {
    const relations = state.relations.map((each) =>
      each.endpoint === 'join-cluster' ? { ...each, remoteAppData: said } : each,
    );
    return mimir.run({ kind: 'relation-changed', relation: 'join-cluster' }, { ...state, relations });
  }

  test('says who it is, and how many it will be', async () => {
    const after = await mimir.run(ready, joined({}));
    const { localAppData, localUnitData } = findRelation(after, 6);
    expect(localAppData).toEqual({
      role: '"distributor,ingester"',
      planned_units: '3',
      endpoints: '"mimir-k8s-endpoints.cos.svc.cluster.local"',
    });
    expect(localUnitData).toMatchObject({
      address: '"mimir-k8s-0.mimir-k8s-endpoints.cos.svc.cluster.local"',
      ip: `"${HOST}"`,
      juju_topology: '{"application":"mimir-k8s","charm_name":"mimir-k8s","unit":"mimir-k8s/0"}',
    });
    expect(after.unitStatus).toEqual(
      waiting(
        '[join-cluster] mimir has not given a configuration yet (join-cluster:6): see juju status mimir',
      ),
    );
    expect(after.serviceStarts).toEqual([]);
  });

  test('runs on the very text that the leading application runs on, with its own roles', async () => {
    const led = await mimir.run(ready, leader());
    const after = await running();
    expect(findContainer(after, 'mimir').files[CONFIG]).toEqual(findContainer(led, 'mimir').files[CONFIG]);
    expect(commandOf(after)).toContain(' -target=distributor,ingester ');
    expect(after.unitStatus).toEqual(active(''));
  });

  test('takes new roles without anybody`s help', async () => {
    const after = await mimir.run(changed, { ...(await running()), config: { roles: 'read write' } });
    expect(commandOf(after)).toContain(' -target=distributor,ingester,querier,query-frontend ');
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('that has queries waits for who has the query schedulers, where these are not in the ring yet', async () => {
    const told = { ...bag, answers_alone: 'true' };
    const before = await mimir.run(ready, joined(told, { config: { roles: 'read' } }));
    expect(before.unitStatus).toEqual(
      waiting(
        '[join-cluster] no queries before the query schedulers of mimir come into the ring, at its next update-status (join-cluster:6)',
      ),
    );
    const after = await hear(before, bag);
    expect(after.unitStatus).toEqual(active(''));
    expect(after.serviceStarts).toEqual([]);
    expect((await mimir.run(ready, joined(told))).unitStatus, 'it only writes').toEqual(active(''));
  });

  test('says what has no effect on it', async () => {
    const relations = [...joined().relations, s3(HOST)];
    const config = { roles: 'write', 'ingestion-rate': 5, 'cpu-request': '1' };
    const after = await mimir.run(ready, joined(bag, { relations, config }));
    expect(after.unitStatus).toEqual(
      active('[join-cluster] no effect here, only on mimir: s3, ingestion-rate'),
    );
    expect(findRelation(after, 4).localAppData).toEqual({});
  });

  test.each([
    ['no configuration', {}, /^\[join-cluster\] mimir has not given a configuration yet/],
    [
      'data of another format',
      { format: '2' },
      /the charm of mimir \(join-cluster:6\) is another version, format 2/,
    ],
    [
      'no settings',
      { worker_config: '"- a"' },
      /data of mimir \(join-cluster:6\): key "worker_config" must be JSON/,
    ],
    [
      'settings for another place',
      { worker_config: JSON.stringify('{"server":{"http_listen_port":8080}}') },
      /key "worker_config" server.http_listen_port must be 9009/,
    ],
    [
      'a secret that is none',
      { s3_secret_id: '"x"' },
      /key "s3_secret_id" must be JSON: the URI of a secret/,
    ],
    [
      'a secret that is not granted',
      { s3_secret_id: '"secret:d0000000000000000000"' },
      /the secret of mimir is not there, or not granted to mimir-k8s \(join-cluster:6\)/,
    ],
  ])('that is told %s says so, and runs as it did', async (_what, said, message) => {
    const before = await running();
    const after = await hear(before, Object.keys(said).length === 0 ? {} : { ...bag, ...said });
    expect(after.unitStatus.name).not.toBe('active');
    expect(after.unitStatus.message).toMatch(message);
    expect(after.unitStatus.message).toMatch(/; the last good configuration stays in use$/);
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
  });

  test('keeps what it has when its Mimir refuses the configuration of another version', async () => {
    const before = await running();
    const refusing = container('mimir', {
      ...findContainer(before, 'mimir'),
      execs: [exec(['/bin/mimir', '-modules'], { code: 1, stderr: 'line 7: field new_one not found\n' })],
    });
    const after = await hear(
      { ...before, containers: { mimir: refusing } },
      { ...bag, worker_config: String(bag.worker_config).replace('{\\"', '{\\"new_one\\":1,\\"') },
    );
    expect(after.unitStatus).toEqual(
      blocked('[mimir] Mimir refuses its configuration: line 7: field new_one not found'),
    );
    expect(findContainer(after, 'mimir').files[CONFIG]).toEqual(findContainer(before, 'mimir').files[CONFIG]);
  });

  test('of two clusters is told to choose', async () => {
    const before = await running();
    const other = relation('join-cluster', { id: 9, remoteApp: 'other', remoteAppData: bag });
    const after = await mimir.run(
      { kind: 'relation-changed', relation: other },
      { ...before, relations: [...before.relations, other] },
    );
    expect(after.unitStatus).toEqual(
      blocked(
        '[join-cluster] joined to mimir and other: juju remove-relation mimir-k8s:join-cluster other:mimir-cluster; the last good configuration stays in use',
      ),
    );
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
  });

  test('that others have joined is told to choose', async () => {
    const before = await running();
    const after = await mimir.run(
      { kind: 'relation-changed', relation: WRITE },
      { ...before, relations: [...before.relations, WRITE] },
    );
    expect(after.unitStatus.message).toMatch(
      /^\[join-cluster\] an application that others have joined cannot join another one/,
    );
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
  });

  test('needs a certificate once the units speak TLS', async () => {
    const before = await running();
    const after = await hear(before, { ...bag, ca_cert: JSON.stringify(UNIT_AUTHORITY) });
    expect(after.unitStatus).toEqual(
      blocked(
        '[join-cluster] the units of mimir speak TLS: juju integrate mimir-k8s:certificates with the provider that signs theirs',
      ),
    );
    expect(findContainer(after, 'mimir')).toEqual(findContainer(before, 'mimir'));
  });

  test('has a certificate that names the cluster, and says that it could speak TLS when it has that', async () => {
    const before = joined({ ...bag, server_name: '"mimir.cos.svc.cluster.local"' });
    const authority = relation('certificates', { id: 8, remoteApp: 'authority' });
    const after = await mimir.run(ready, { ...before, relations: [...before.relations, authority] });
    const held = after.secrets.find(({ label }) => label === 'certificates');
    expect(held?.revisions.at(-1)?.content.names?.split(',')).toContain('mimir.cos.svc.cluster.local');
    expect(findRelation(after, 6).localUnitData).not.toHaveProperty('tls_ca');
  });

  test('and leaves, is no whole Mimir, and keeps what it has', async () => {
    const before = await running();
    const after = await mimir.run({ kind: 'relation-broken', relation: 'join-cluster' }, before);
    expect(after.unitStatus).toEqual(
      blocked(
        '[roles] no unit has compactor, querier, query-frontend, query-scheduler, ruler, store-gateway: juju integrate MIMIR:mimir-cluster mimir-k8s:join-cluster, or juju config mimir-k8s roles=all; the last good configuration stays in use',
      ),
    );
    expect(commandOf(after)).toEqual(commandOf(before));
    expect(after.serviceStarts).toEqual([]);
  });

  test('and leaves with all roles, does not take its own disk for the bucket', async () => {
    const before = await mimir.run(ready, joined(bag, { config: { roles: 'all' } }));
    const after = await mimir.run({ kind: 'relation-broken', relation: 'join-cluster' }, before);
    expect(after.unitStatus.message).toMatch(
      /^\[s3\] the metrics are in a bucket that is not related any more/,
    );
  });
});

test('an application alone needs all roles', async () => {
  const after = await mimir.run(ready, world(HOST, { config: { roles: 'none' } }));
  expect(after.unitStatus).toEqual(
    blocked(
      '[roles] none, and nobody has joined: juju integrate mimir-k8s:mimir-cluster APPLICATION:join-cluster',
    ),
  );
  const write = await mimir.run(ready, world(HOST, { config: { roles: 'write' } }));
  expect(write.unitStatus.message).toMatch(/^\[roles\] no unit has compactor, /);
  expect(write.serviceStarts).toEqual([]);
});
