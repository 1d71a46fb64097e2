/** The gateway of a cluster: one address for all applications, whoever joins and leaves. */
import { active, blocked, waiting } from 'charmwright';
import {
  crashTest,
  exec,
  explore,
  findContainer,
  findRelation,
  type Outcome,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mimir as charm } from '../../../charm/charm.ts';
import {
  GATEWAY_CONFIG,
  GATEWAY_DIR,
  GATEWAY_TRIAL_DIR,
  NOT_YET_FILE,
} from '../../../charm/plan/gateway-parts.ts';
import { CAN_FINISH, NOT_YET_LAYER, nginxCommand } from '../../../charm/plan/nginx-process.ts';
import { Authority } from '../../support/authority.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { activeUncounted, gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.113';
const CONFIG = `${GATEWAY_DIR}/${GATEWAY_CONFIG}`;
const TRIAL = nginxCommand(GATEWAY_TRIAL_DIR, '-t');
const ready = { kind: 'pebble-ready', container: 'gateway' } as const;
const SENDER = relation('receive-remote-write', { id: 5, remoteApp: 'agent' });
const SCRAPER = relation('self-metrics-endpoint', { id: 10, remoteApp: 'prometheus' });
const INGRESS = relation('ingress', { id: 6, remoteApp: 'traefik' });

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

function member(id: number, app: string, role: string, ...ips: readonly string[]) {
  const units = ips.map((ip, number) => [
    number,
    { address: `"${app}-${number}.${app}-endpoints.cos.svc.cluster.local"`, ip: JSON.stringify(ip) },
  ]);
  return relation('mimir-cluster', {
    id,
    remoteApp: app,
    remoteAppData: { role: JSON.stringify(role), planned_units: String(ips.length) },
    remoteUnits: Object.fromEntries(units),
  });
}

const WRITE = member(7, 'write', 'write', '10.1.7.0', '10.1.7.1', '10.1.7.2');
const READ = member(8, 'read', 'read', '10.1.8.0', '10.1.8.1');
const BACKEND = member(9, 'backend', 'backend', '10.1.9.0', '10.1.9.1');

/** Runs no Mimir itself. */
function leader(input: Parameters<typeof world>[1] = {}, relations = [WRITE, READ, BACKEND]) {
  return world(HOST, {
    config: { roles: 'none' },
    containers: [image(), gateway()],
    plannedUnits: 1,
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), SENDER, INGRESS, SCRAPER, ...relations],
    secrets: [S3_SECRET],
    ...input,
  });
}

const serving = async () => stateOf(await mimir.run(ready, leader()));

function configOf(state: State): string {
  return String(findContainer(state, 'gateway').files[CONFIG]);
}

function commandOf(state: State): string {
  const services = Object.values(findContainer(state, 'gateway').layers).map((layer) => layer.services);
  return services.map((each) => each?.gateway?.command).at(-1) ?? '';
}

/** How nginx was told to read its files, and how often it was started. */
function told({ pebbleCalls, serviceStarts }: Outcome) {
  const signals = pebbleCalls.filter(
    ({ container, method }) => container === 'gateway' && method === 'sendSignal',
  );
  return {
    signals: signals.length,
    starts: serviceStarts.filter((each) => each === 'gateway/gateway').length,
  };
}

const changed = (relation: ReturnType<typeof member>) => ({ kind: 'relation-changed', relation }) as const;

/** The same world with another one in the place of a member. */
function instead(state: State, other: ReturnType<typeof member>): State {
  return { ...state, relations: state.relations.map((each) => (each.id === other.id ? other : each)) };
}

describe('the application that leads', () => {
  test('has nginx serve, and everybody is told of its address', async () => {
    const after = await mimir.run(ready, leader());
    expect(after.unitStatus).toEqual(active(''));
    expect(told(after)).toEqual({ signals: 0, starts: 1 });
    expect(configOf(after)).toContain('server 10.1.7.2:9009');
    expect(after.ports).toEqual(['8080/tcp']);
    expect(findRelation(after, SENDER.id).localUnitData.remote_write).toContain(
      'http://mimir-k8s.cos.svc.cluster.local:8080/api/v1/push',
    );
    expect(findRelation(after, INGRESS.id).localAppData.port).toBe('8080');
    // Its units run no Mimir that could be scraped.
    expect(JSON.parse(findRelation(after, SCRAPER.id).localAppData.scrape_jobs ?? '')).toEqual([
      {
        job_name: 'gateway',
        metrics_path: '/gateway/metrics',
        scheme: 'http',
        static_configs: [{ targets: ['*:8080'] }],
      },
    ]);
  });

  test('does nothing again when nothing has changed', async () => {
    const again = await mimir.run('update-status', await serving());
    expect(told(again)).toEqual({ signals: 0, starts: 0 });
    const changes = again.pebbleCalls.filter(({ method }) => ['push', 'addLayer', 'exec'].includes(method));
    expect(changes.filter(({ container }) => container === 'gateway')).toEqual([]);
  });

  test('tells nginx of who comes and goes, and restarts nothing', async () => {
    const more = member(7, 'write', 'write', '10.1.7.0', '10.1.7.1', '10.1.7.2', '10.1.7.3');
    const after = await mimir.run(changed(WRITE), instead(await serving(), more));
    expect(told(after)).toEqual({ signals: 1, starts: 0 });
    expect(configOf(after)).toContain('server 10.1.7.3:9009');
    const fewer = await mimir.run(changed(WRITE), instead(stateOf(after), WRITE));
    expect(told(fewer)).toEqual({ signals: 1, starts: 0 });
    expect(configOf(fewer)).not.toContain('10.1.7.3');
  });

  test('leaves out a unit that says it does not answer, while another one does', async () => {
    const silent = (member: typeof WRITE, ...numbers: readonly number[]) => ({
      ...member,
      remoteUnits: Object.fromEntries(
        Object.entries(member.remoteUnits).map(([number, bag]) => [
          number,
          numbers.includes(Number(number)) ? { ...bag, serving: 'false' } : bag,
        ]),
      ),
    });
    const after = await mimir.run(changed(READ), instead(await serving(), silent(READ, 1)));
    expect(configOf(after)).toContain('server 10.1.8.0:9009');
    expect(configOf(after)).not.toContain('server 10.1.8.1:9009');
    const none = await mimir.run(changed(READ), instead(stateOf(after), silent(READ, 0, 1)));
    expect(configOf(none)).toContain('server 10.1.8.0:9009');
    expect(configOf(none)).toContain('server 10.1.8.1:9009');
  });

  test('says to those who ask which role nobody has', async () => {
    const after = await mimir.run(
      changed(BACKEND),
      instead(await serving(), member(9, 'backend', 'compactor')),
    );
    expect(after.unitStatus.name).toBe('blocked');
    expect(configOf(after)).toContain('No unit runs the ruler: ');
    expect(told(after)).toEqual({ signals: 1, starts: 0 });
  });

  test('starts nginx anew where the container was replaced', async () => {
    const before = await serving();
    const after = await mimir.run(ready, {
      ...before,
      containers: { ...before.containers, gateway: gateway() },
    });
    expect(told(after)).toEqual({ signals: 0, starts: 1 });
  });

  test.each([
    [1, 'has Mimir alone', [], 'ready'],
    [1, 'has the only gateway of a cluster', [READ], undefined],
    [2, 'has one of two gateways', [READ], 'ready'],
  ])('of %i units, one that %s: what its Mimir means for its pod', async (plannedUnits, _, members, level) => {
    const after = await mimir.run(ready, leader({ config: { roles: 'all' }, plannedUnits }, members));
    const layer = Object.values(findContainer(after, 'mimir').layers).at(-1);
    expect(layer?.checks?.['mimir-ready']?.level).toBe(level);
    expect(layer?.checks).toHaveProperty('mimir-ready');
  });

  test('is addressed at Mimir itself again when nobody is left, and nginx ends', async () => {
    const led = await mimir.run(ready, leader({ config: { roles: 'all' } }, [READ]));
    expect(led.ports).toEqual(['8080/tcp', '9009/tcp']);
    expect(findRelation(led, SCRAPER.id).localAppData.scrape_jobs).toMatch(/\*:9009.*\*:8080/);
    const after = await mimir.run({ kind: 'relation-broken', relation: READ }, stateOf(led));
    expect(findContainer(after, 'gateway').services.gateway).toBe('inactive');
    expect(findContainer(after, 'gateway').checks['gateway-ready']?.status).not.toBe('down');
    expect(after.ports).toEqual(['9009/tcp']);
    expect(findRelation(after, SENDER.id).localUnitData.remote_write).toContain(':9009/');
    expect(findRelation(after, SCRAPER.id).localAppData.scrape_jobs).not.toContain('*:8080');
    const later = await mimir.run('update-status', stateOf(after));
    expect(later.pebbleCalls.filter(({ container }) => container === 'gateway')).toEqual([]);
  });
});

test('a unit of an application that has joined says when its Mimir does not answer', async () => {
  const joined = relation('join-cluster', { id: 12, remoteApp: 'mimir' });
  const down = { 'mimir-ready': { status: 'down', failures: 3 } } as const;
  const ready = { override: 'replace', tcp: { port: 9009 } } as const;
  const world = (checks: Parameters<typeof image>[0]) =>
    leader({
      containers: [image(checks), gateway()],
      relations: [peerRelation('mimir-peers', { id: 1 }), joined],
    });
  const layers = { 'mimir-charm': { checks: { 'mimir-ready': ready } } };
  const failed = { kind: 'pebble-check-failed', container: 'mimir', check: 'mimir-ready' } as const;
  const silent = await mimir.run(failed, world({ layers, checks: down }));
  expect(findRelation(silent, joined.id).localUnitData.serving).toBe('false');
  const recovered = { ...failed, kind: 'pebble-check-recovered' } as const;
  const after = await mimir.run(recovered, {
    ...stateOf(silent),
    containers: { mimir: image({ layers }), gateway: gateway() },
  });
  expect(findRelation(after, joined.id).localUnitData).not.toHaveProperty('serving');
});

describe('what may be wrong with it', () => {
  const refusing = (stderr: string) => gateway({ execs: [exec(TRIAL, { code: 1, stderr })] });

  test('an nginx that refuses new files keeps the old ones', async () => {
    const before = await serving();
    const { files, layers, services } = findContainer(before, 'gateway');
    const stubborn = { ...refusing('nginx: [emerg] no such thing in /x:3\n'), files, layers, services };
    const more = instead(before, member(7, 'write', 'write', '10.1.7.0', '10.1.7.1', '10.1.7.9'));
    const after = await mimir.run(changed(WRITE), {
      ...more,
      containers: { ...more.containers, gateway: { ...findContainer(before, 'gateway'), ...stubborn } },
    });
    expect(after.unitStatus).toEqual(
      blocked(
        '[gateway] nginx refuses its configuration: no such thing in /x:3; the last good one stays in use',
      ),
    );
    expect(configOf(after)).toBe(configOf(before));
    expect(told(after)).toEqual({ signals: 0, starts: 0 });
  });

  test('an older nginx is given what it knows', async () => {
    const older = exec(TRIAL, () => {
      tries += 1;
      const unknown = 'nginx: [emerg] unknown directive "keepalive_min_timeout" in /x:3\n';
      return tries === 1 ? { code: 1, stderr: unknown } : {};
    });
    let tries = 0;
    const after = await mimir.run(
      ready,
      leader({ containers: [image(), gateway({ execs: [older, exec(CAN_FINISH)] })] }),
    );
    expect(after.unitStatus).toEqual(active(''));
    expect(configOf(after)).not.toContain('keepalive_min_timeout');
    expect(told(await mimir.run('update-status', stateOf(after)))).toEqual({ signals: 0, starts: 0 });
    expect(tries).toBe(2);
  });

  test('an image without nginx, and the status goes with the next image', async () => {
    const without = gateway({ execs: [exec(TRIAL, 'missing')] });
    const after = await mimir.run(ready, leader({ containers: [image(), without] }));
    expect(after.unitStatus).toEqual(
      blocked('[gateway] the image has no /usr/sbin/nginx: attach another one as nginx-image'),
    );
    expect(told(after)).toEqual({ signals: 0, starts: 0 });
    const state = stateOf(after);
    const replaced = { ...state, containers: { ...state.containers, gateway: gateway() } };
    expect((await mimir.run(ready, replaced)).unitStatus).toEqual(active(''));
  });

  test('an image without a shell has its nginx started all the same', async () => {
    const bare = gateway({ execs: [exec(TRIAL), exec(CAN_FINISH, 'missing')] });
    const after = await mimir.run(ready, leader({ containers: [image(), bare] }));
    expect(after.unitStatus).toEqual(active(''));
    expect(commandOf(after)).toMatch(/^\/usr\/sbin\/nginx /);
    expect(commandOf(await mimir.run(ready, leader()))).toMatch(/^\/bin\/sh -c /);
    const again = await mimir.run('update-status', stateOf(after));
    expect(told(again)).toEqual({ signals: 0, starts: 0 });
    expect(again.pebbleCalls.filter(({ method }) => method === 'exec')).toEqual([]);
  });

  test('an nginx that refuses the first files that it is given', async () => {
    const containers = [image(), refusing('nginx: [emerg] no such thing in /x:3\n')];
    const after = await mimir.run(ready, leader({ containers }));
    expect(after.unitStatus).toEqual(
      blocked('[gateway] nginx refuses its configuration: no such thing in /x:3'),
    );
    expect(told(after)).toEqual({ signals: 0, starts: 0 });
  });

  test('an nginx that does not start', async () => {
    const broken = gateway({ startFailures: { gateway: 'exited quickly with code 1' } });
    const after = await mimir.run(ready, leader({ containers: [image(), broken] }));
    expect(after.unitStatus).toEqual(blocked('[gateway] nginx does not start: see the log of the container'));
  });

  test('an nginx that was built without its counters', async () => {
    const plain = exec(TRIAL, () => {
      tries += 1;
      const unknown = 'nginx: [emerg] unknown "connections_active" variable\n';
      return tries === 1 ? { code: 1, stderr: unknown } : {};
    });
    let tries = 0;
    const containers = [image(), gateway({ execs: [plain, exec(CAN_FINISH)] })];
    const after = await mimir.run(ready, leader({ containers }));
    expect(after.unitStatus).toEqual(active(''));
    expect(configOf(after)).not.toContain('$connections_active');
    expect(configOf(after)).toContain('keepalive_min_timeout');
  });

  test('a container that is not there yet', async () => {
    const containers = [image(), gateway({ canConnect: false })];
    const after = await mimir.run('config-changed', leader({ containers }));
    expect(after.unitStatus).toEqual(waiting('[gateway] waiting for Pebble in the container'));
  });

  test('an nginx that does not answer', async () => {
    const before = await serving();
    const container = findContainer(before, 'gateway');
    const check = { status: 'down', failures: 3 } as const;
    const after = await mimir.run(
      { kind: 'pebble-check-failed', container: 'gateway', check: 'gateway-ready' },
      {
        ...before,
        containers: { ...before.containers, gateway: { ...container, checks: { 'gateway-ready': check } } },
      },
    );
    expect(after.unitStatus).toEqual(
      waiting('[gateway] nginx does not answer: see the log of the container'),
    );
  });
});

describe('a pod that is new', () => {
  const CHECK = 'gateway-ready';
  const refuses = exec(TRIAL, { code: 1, stderr: 'nginx: [emerg] no such thing in /x:3\n' });
  const missing = exec(TRIAL, 'missing');
  /** Of the layer that counts: in how many failures its nginx is none. */
  const patience = (state: State) =>
    Object.values(findContainer(state, 'gateway').layers)
      .flatMap(({ checks }) => checks?.[CHECK]?.threshold ?? [])
      .at(-1);
  const again = (state: State, container = gateway()): State => ({
    ...state,
    containers: { ...state.containers, gateway: container },
  });

  test.each([
    ['refuses its files', refuses],
    ['is not in the image', missing],
  ])('is not ready when its nginx %s', async (_why, trial) => {
    const after = await mimir.run(ready, leader({ containers: [image(), gateway({ execs: [trial] })] }));
    expect(after.unitStatus.name).toBe('blocked');
    expect(patience(after)).toBe(1);
  });

  test('is told so before anything else, and of a calmer check when nginx has been started', async () => {
    const after = await mimir.run(ready, leader());
    const calls = after.pebbleCalls.filter(({ container }) => container === 'gateway');
    const made = calls
      .map(({ method }) => method)
      .filter((each) => ['addLayer', 'exec', 'replan'].includes(each));
    expect(made[0]).toBe('addLayer');
    expect(made.slice(-3)).toEqual(['addLayer', 'replan', 'addLayer']);
    expect(patience(after)).toBe(3);
  });

  test('is not ready either where one had served before', async () => {
    const whole = leader({ config: { roles: 'all' } }, [READ]);
    const before = stateOf(await mimir.run(ready, whole));
    const after = await mimir.run(ready, again(before, gateway({ execs: [missing] })));
    expect(findContainer(after, 'mimir').services.mimir).toBe('active');
    expect(patience(after)).toBe(1);
  });

  test('of a Mimir that serves already stays ready: nobody was told of the gateway before', async () => {
    const alone = leader({ config: { roles: 'all' } }, []);
    const before = stateOf(await mimir.run({ kind: 'pebble-ready', container: 'mimir' }, alone));
    expect(findContainer(before, 'mimir').services.mimir).toBe('active');
    const joined = { ...before, relations: [...before.relations, READ] };
    const after = await mimir.run(changed(READ), again(joined, gateway({ execs: [missing] })));
    expect(after.unitStatus.message).toContain('the image has no /usr/sbin/nginx');
    expect(patience(after)).toBeUndefined();
  });

  test('has the check in its Pebble`s folder as long as there is a gateway', async () => {
    const led = await mimir.run(ready, leader({ config: { roles: 'all' } }, [READ]));
    const kept = String(findContainer(led, 'gateway').files[NOT_YET_FILE]);
    expect(JSON.parse(kept)).toEqual(NOT_YET_LAYER);
    const after = await mimir.run({ kind: 'relation-broken', relation: READ }, stateOf(led));
    expect(findContainer(after, 'gateway').files).not.toHaveProperty(NOT_YET_FILE);
  });

  test('with the check in its image, of an application that has no gateway, is ready all the same', async () => {
    const layers = { 'gateway-ready': NOT_YET_LAYER };
    const checks = { [CHECK]: { status: 'down', failures: 7 } } as const;
    const alone = world(HOST, { containers: [image(), gateway({ layers, checks })] });
    const after = await mimir.run(ready, alone);
    expect(findContainer(after, 'gateway').checks[CHECK]?.status).toBe('inactive');
    const later = await mimir.run('update-status', stateOf(after));
    expect(later.pebbleCalls.filter(({ container }) => container === 'gateway')).toEqual([]);
  });
});

describe('with certificates', () => {
  const SERVICE = 'mimir-k8s.cos.svc.cluster.local';
  const CERTIFICATES = relation('certificates', { id: 11, remoteApp: 'authority' });

  test('it speaks TLS once all of the cluster can, to everybody, and knows them by their authority', async () => {
    await using authority = await Authority.make('The authority');
    const spoken = [WRITE, READ, BACKEND].map((each) => ({
      ...each,
      remoteUnits: Object.fromEntries(
        Object.entries(each.remoteUnits).map(([unit, bag]) => [
          unit,
          { ...bag, tls_ca: JSON.stringify(authority.certificate) },
        ]),
      ),
    }));
    const asks = await mimir.run(ready, leader({}, [...spoken, CERTIFICATES]));
    expect(configOf(asks)).toContain('listen 8080;');
    const { certificate_signing_requests: text = '' } = findRelation(asks, CERTIFICATES.id).localUnitData;
    const [, request = ''] = /"certificate_signing_request":("[^"]+")/.exec(text) ?? [];
    const certificates = JSON.stringify([await authority.answer(JSON.parse(request))]);
    const relations = asks.relations.map((each) =>
      each.id === CERTIFICATES.id ? { ...each, remoteAppData: { certificates } } : each,
    );
    const event = { kind: 'relation-changed', relation: CERTIFICATES } as const;
    const after = await mimir.run(event, { ...stateOf(asks), relations });
    expect(after.unitStatus).toEqual(active(''));
    expect(told(after)).toEqual({ signals: 1, starts: 0 });
    expect(configOf(after)).toContain('listen 8080 ssl;');
    expect(configOf(after)).toContain(`proxy_ssl_name ${SERVICE};`);
    const { files, attributes } = findContainer(after, 'gateway');
    expect(files[`${GATEWAY_DIR}/cluster-ca.pem`]).toContain(authority.certificate.trim());
    expect(files[`${GATEWAY_DIR}/tls.pem`]).toContain('PRIVATE KEY');
    expect(attributes[`${GATEWAY_DIR}/tls.pem`]?.permissions).toBe(0o600);
    expect(findRelation(after, SENDER.id).localUnitData.remote_write).toContain(`https://${SERVICE}:8080/`);
    expect(findRelation(after, INGRESS.id).localAppData.scheme).toBe('"https"');
  });
});

describe('a hook that is killed at any of its calls', () => {
  test('comes to the same end when nginx is first started', async () => {
    const killed = await crashTest(charm, ready, leader());
    expect(killed.problems).toEqual([]);
    expect(killed.mostStarts).toBe(1);
  });

  test('and when a unit comes', async () => {
    const more = instead(await serving(), member(7, 'write', 'write', '10.1.7.0', '10.1.7.9'));
    const killed = await crashTest(charm, changed(WRITE), more);
    expect(killed.problems).toEqual([]);
    expect(killed.mostStarts).toBe(0);
  });
});

test('whoever comes, goes or dies, and in whatever order, nginx is started only where it does not run', async () => {
  const before = stateOf(
    await mimir.run(ready, leader({}, [member(7, 'all', 'all', '10.1.7.0', '10.1.7.1')])),
  );
  const found = await explore(charm, before, {
    containers: [image(), gateway()],
    depth: 1,
    kills: true,
    relations: [member(8, 'read', 'read', '10.1.8.0')],
    remoteAppData: { 'mimir-cluster': [{ role: '"all"', planned_units: '3' }] },
    ignore: activeUncounted,
    oneEnd: true,
    invariant(after, then) {
      const runs = (state: State) => findContainer(state, 'gateway').services.gateway === 'active';
      if (runs(then)) expect(told(after).starts).toBe(0);
      // What it was told last is what is there.
      const { files } = findContainer(after, 'gateway');
      if (runs(after) && after.exitCode === 0)
        expect(files[CONFIG]).toContain(String(files[`${GATEWAY_DIR}/loaded`]).split('\n')[0]);
    },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 240_000);

test('an application alone asks the gateway`s container for nothing but, when it is new, its plan', async () => {
  const first = await mimir.run(ready, world(HOST, { containers: [image(), gateway()] }));
  const asked = (after: Outcome) => after.pebbleCalls.filter(({ container }) => container === 'gateway');
  expect(asked(first).map(({ method }) => method)).toEqual(['plan']);
  expect(asked(await mimir.run('update-status', stateOf(first)))).toEqual([]);
});
