import { SpecError } from 'charmwright';
import {
  container,
  context,
  crashTest,
  explore,
  type Outcome,
  relation,
  type State,
  secret,
  state,
} from 'charmwright/testing';
import { tracing } from 'charmwright/tracing';
import { describe, expect, test } from 'vitest';
import { parseDestination } from '../../../lib/tracing/destination.ts';
import { traced } from '../../charms/traced/charm/charm.ts';
import { spec } from '../../charms/traced/charm/generated.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

function receivers(url: string, name = 'otlp_http') {
  return { receivers: JSON.stringify([{ protocol: { name, type: 'http' }, url }]) };
}

const tempo = (url: string) =>
  relation('charm-tracing', { remoteApp: 'tempo', remoteAppData: receivers(url) });
const authority = (certificates: readonly string[], remoteApp = 'ca') =>
  relation('receive-ca-cert', {
    remoteApp,
    remoteAppData: { certificates: JSON.stringify(certificates), version: '1' },
  });

/** The unit after the tracing relation has told where traces go, and its peer's certificates, if it has one. */
async function related(url: string, ...others: ReturnType<typeof relation>[]): Promise<Outcome> {
  const there = tempo(url);
  const world = state({ leader: true, relations: [there, ...others], containers: [container('web')] });
  return context(traced).run({ kind: 'relation-changed', relation: there }, world);
}

function destination({ charmFiles }: State): unknown {
  const text = charmFiles?.['.charmwright-tracing'];
  return text === undefined ? undefined : parseDestination(text);
}

/** Each span as `parent > name`, in the order of their start. */
function tree({ trace }: Outcome): readonly string[] {
  const spans = (trace?.spans ?? []).toSorted((a, b) => a.start - b.start);
  const nameOf = (id: string | undefined) => spans.find(({ spanId }) => spanId === id)?.name;
  return spans.map(({ name, parentSpanId }) =>
    parentSpanId === undefined ? name : `${nameOf(parentSpanId) ?? 'nobody'} > ${name}`,
  );
}

function spanNamed({ trace }: Outcome, name: string) {
  const found = trace?.spans.find((span) => span.name === name);
  if (found === undefined)
    throw new Error(`no span ${name} in ${trace?.spans.map((span) => span.name).join(', ')}`);
  return found;
}

// ops: 234
describe('the declaration', () => {
  test('names endpoints of the right role and interface', () => {
    // @ts-expect-error there is no such endpoint
    expect(() => tracing(spec, { endpoint: 'charm-traces' })).toThrow(SpecError);
    // @ts-expect-error its interface is another
    expect(() => tracing(spec, { endpoint: 'receive-ca-cert' })).toThrow(
      'its interface is "certificate_transfer"',
    );
    const backwards = {
      ...spec,
      endpoints: { 'charm-tracing': { role: 'provides', interface: 'tracing' } },
    } as const;
    // @ts-expect-error its role is another
    expect(() => tracing(backwards, { endpoint: 'charm-tracing' })).toThrow('"requires" is needed');
  });

  test('has one source of certificates at most', () => {
    const both = { endpoint: 'charm-tracing', caEndpoint: 'receive-ca-cert', ca: PEM } as const;
    // @ts-expect-error a relation and given ones
    expect(() => tracing(spec, both)).toThrow('tracing: ca: caEndpoint is a source of certificates already');
    tracing(spec, { endpoint: 'charm-tracing', ca: PEM });
    tracing(spec, { endpoint: 'charm-tracing' });
  });
});

// ops: 242
describe('without the relation', () => {
  test('nothing is recorded, logged or kept', async () => {
    const world = state({ leader: true, containers: [container('web')] });
    for (const event of ['install', 'config-changed', 'start', 'update-status', 'upgrade-charm'] as const) {
      const after = await context(traced).run(event, world);
      expect(after.trace).toBeUndefined();
      expect(after.charmFiles).toBeUndefined();
      expect(after.logs).toEqual([]);
    }
  });
});

// ops: 235
describe('the destination', () => {
  test('is asked for by the leader, in the words of the interfaces', async () => {
    const [there, ca] = [tempo('http://tempo:4318'), authority([])];
    for (const leader of [true, false]) {
      const world = state({ leader, relations: [there, ca] });
      const after = await context(traced).run({ kind: 'relation-created', relation: there }, world);
      const asked = after.relations.map(({ localAppData }) => localAppData);
      expect(asked).toEqual(leader ? [{ receivers: '["otlp_http"]' }, { version: '1' }] : [{}, {}]);
    }
  });

  test('is asked for by a new leader', async () => {
    const world = state({ leader: true, relations: [tempo('http://tempo:4318')] });
    const after = await context(traced).run('leader-elected', world);
    expect(after.relations[0]?.localAppData).toEqual({ receivers: '["otlp_http"]' });
  });

  // ops: 236
  test.each([
    ['http://tempo:4318', 'http://tempo:4318/v1/traces'],
    ['http://tempo:4318/', 'http://tempo:4318/v1/traces'],
    ['https://ingress/juju-tempo//', 'https://ingress/juju-tempo/v1/traces'],
  ])('of a receiver at %s is %s', async (base, url) => {
    const after = await related(base, authority([PEM]));
    expect(destination(after)).toMatchObject({ url });
  });

  // ops: 236
  test.each([
    'tempo:4318',
    'grpc://tempo:4317',
    'http://',
  ])('is none when the receiver is at "%s"', async (base) => {
    const after = await related(base);
    expect(destination(after)).toEqual({});
    expect(after.logs).toContainEqual({
      level: 'WARNING',
      message: expect.stringContaining(`no traces are sent to ${base}: it is no HTTP or HTTPS URL`),
    });
  });

  test.each([
    ['takes no OTLP over HTTP', receivers('tempo:4317', 'otlp_grpc')],
    ['has no backend yet', { receivers: '[]' }],
    ['has said nothing', {}],
    ['says what nobody understands', { receivers: '{"otlp":' }],
    ['speaks another version', { receivers: '{"host":"tempo"}' }],
  ])('is none, and traces are kept, while the other side %s', async (_what, remoteAppData) => {
    const there = relation('charm-tracing', { remoteApp: 'tempo', remoteAppData });
    const world = state({ relations: [there], containers: [container('web')] });
    const after = await context(traced).run({ kind: 'relation-changed', relation: there }, world);
    expect(destination(after)).toEqual({});
    expect(after.trace).toBeDefined();
  });

  test('with https waits for certificates, and trusts them in a stable order', async () => {
    const url = 'https://tempo:4318/v1/traces';
    const [a, b] = [PEM, PEM.replace('MIIB', 'MIIC')];
    expect(destination(await related('https://tempo:4318'))).toEqual({});
    expect(destination(await related('https://tempo:4318', authority([])))).toEqual({});
    expect(destination(await related('https://tempo:4318', authority([b, a])))).toEqual({
      url,
      ca: `${a}\n${b}`,
    });
  });

  test('with https takes the certificates of an older provider from its unit', async () => {
    const old = relation('receive-ca-cert', {
      remoteApp: 'ca',
      remoteUnits: { 0: { ca: PEM, certificate: PEM, chain: JSON.stringify([PEM]), version: '0' } },
    });
    expect(destination(await related('https://tempo:4318', old))).toMatchObject({ ca: PEM });
  });

  test('is found again by a new pod, and given up with the relation', async () => {
    const { charmFiles: _gone, ...world } = await related('http://tempo:4318');
    const back = await context(traced).run('upgrade-charm', world);
    expect(destination(back)).toEqual({ url: 'http://tempo:4318/v1/traces' });
    const there = back.relations.find(({ endpoint }) => endpoint === 'charm-tracing');
    if (there === undefined) throw new Error('the relation is gone');
    const after = await context(traced).run({ kind: 'relation-broken', relation: there }, back);
    expect(after.charmFiles).toBeUndefined();
    expect(after.trace).toBeUndefined();
  });
});

test('the certificates of all related authorities are trusted, each once', async () => {
  const other = PEM.replace('MIIB', 'MIIC');
  const after = await related('https://tempo:4318', authority([other, PEM]), authority([PEM], 'other-ca'));
  expect(destination(after)).toEqual({ url: 'https://tempo:4318/v1/traces', ca: `${PEM}\n${other}` });
});

describe('a traced charm', () => {
  test('comes to the same end whatever happens to it, and in whatever order', async () => {
    const found = await explore(traced, state({ leader: true }), {
      depth: 3,
      relations: [tempo('https://tempo:4318'), authority([PEM])],
    });
    expect(found.problems).toEqual([]);
  });

  test('comes to the same end when its hook is killed at any call', async () => {
    const there = tempo('https://tempo:4318');
    const world = state({
      leader: true,
      relations: [there, authority([PEM])],
      containers: [container('web')],
    });
    const killed = await crashTest(traced, { kind: 'relation-changed', relation: there }, world);
    expect(killed.problems).toEqual([]);
    expect(killed.calls).toBeGreaterThan(5);
  });
});

// ops: 240
describe('the trace of a dispatch', () => {
  test('has a span for each handler, and in it one for each question to Juju and to Pebble', async () => {
    const world = await related('http://tempo:4318');
    const after = await context(traced).run('config-changed', world);
    expect(tree(after)).toEqual(
      expect.arrayContaining([
        'dispatch',
        'dispatch > state-get',
        'dispatch > config_changed: traced-k8s',
        'config_changed: traced-k8s > config-get',
        'config_changed: traced-k8s > secret-add',
        'dispatch > reconcile: traced-k8s',
        'reconcile: traced-k8s > pebble get_system_info',
        'reconcile: traced-k8s > a page',
        'a page > pebble push',
      ]),
    );
    expect(new Set(after.trace?.spans.map(({ spanId }) => spanId)).size).toBe(after.trace?.spans.length);
  });

  test("describes handlers in ops' words", async () => {
    const after = await context(traced).run('config-changed', await related('http://tempo:4318'));
    expect(spanNamed(after, 'config_changed: traced-k8s').attributes).toEqual({
      deferred: false,
      event: '<ConfigChangedEvent config_changed>',
      event_class: 'ConfigChangedEvent',
      event_name: 'config_changed',
      event_type: 'hook',
      handler: 'traced-k8s.on.config-changed',
    });
    expect(spanNamed(after, 'pebble push').attributes).toEqual({
      'pebble.socket_path': '/charm/containers/web/pebble.socket',
      path: '/page',
    });
  });

  test('tells what was deferred, and which part handled what', async () => {
    const { leader: _led, ...world } = await related('http://tempo:4318');
    const there = container('web');
    const waiting = await context(traced).run(
      { kind: 'pebble-ready', container: 'web' },
      state({ ...world, leader: false, containers: [there] }),
    );
    expect(spanNamed(waiting, 'web_pebble_ready: traced-k8s').attributes).toMatchObject({ deferred: false });
    const after = await context(traced).run('leader-elected', state({ ...waiting, leader: true }));
    expect(spanNamed(after, 'web_pebble_ready: traced-k8s').attributes).toMatchObject({ deferred: true });
    expect(spanNamed(after, 'leader_elected: tracing').attributes).toMatchObject({ deferred: false });
  });

  test('of an action names it as ops does', async () => {
    const { state: after, results } = await context(traced).runAction(
      'greet',
      { name: 's3cret Ann' },
      await related('http://tempo:4318'),
    );
    expect(results).toEqual({ greeting: 'hello s3cret Ann' });
    expect(tree(after)).toContain('greet_action: traced-k8s > action-set');
    expect(spanNamed(after, 'greet_action: traced-k8s').attributes).toMatchObject({ event_type: 'action' });
  });

  test('holds no content of secrets, files, actions or databags', async () => {
    const world = await related('http://tempo:4318');
    const runs = [
      await context(traced).run('config-changed', state({ ...world, config: { greeting: 's3cret hello' } })),
      (await context(traced).runAction('greet', { name: 's3cret Ann' }, world)).state,
    ];
    for (const run of runs) expect(JSON.stringify(run.trace)).not.toContain('s3cret');
    expect(JSON.stringify(world.trace)).not.toContain('otlp_http');
    expect(spanNamed(runs[0] ?? world, 'secret-add').attributes.argv).toEqual(
      expect.arrayContaining(['secret-add', '--label', 'greeting']),
    );
  });

  test('of a dispatch that fails says where and why', async () => {
    const world = state({ ...(await related('http://tempo:4318')), config: { fail: true } });
    const after = await context(traced).run('update-status', world, { onFailure: 'return' });
    expect(after.exitCode).toBe(1);
    for (const name of ['reconcile: traced-k8s', 'dispatch'])
      expect(spanNamed(after, name).error).toMatchObject({ type: 'Error', message: 'told to fail' });
    expect(spanNamed(after, 'config-get').error).toBeUndefined();
  });

  test('of a failed hook tool says so', async () => {
    const world = state({
      ...(await related('http://tempo:4318')),
      secrets: [secret({ label: 'other', content: { word: 'x' } })],
    });
    const after = await context(traced).run('config-changed', world);
    expect(spanNamed(after, 'secret-info-get').error).toMatchObject({ message: 'exit code 1' });
  });

  // ops: 239
  test('says which unit it is of', async () => {
    const { trace } = await context(traced).run('update-status', await related('http://tempo:4318'));
    expect(trace?.resource).toMatchObject({
      'service.namespace': '3a1f5e0c-0000-4000-8000-0000000000aa',
      'service.namespace.name': 'testing',
      'service.name': 'traced-k8s',
      'service.instance.id': '0',
      charm: 'traced-k8s',
      charm_type: 'traced-k8s',
      juju_model: 'testing',
      juju_model_uuid: '3a1f5e0c-0000-4000-8000-0000000000aa',
      juju_application: 'traced-k8s',
      juju_unit: 'traced-k8s/0',
    });
  });

  // ops: 241
  test('is named in the log, where other tools look for it', async () => {
    const after = await context(traced).run('update-status', await related('http://tempo:4318'));
    expect(after.trace?.traceId).toMatch(/^[1-9a-f][0-9a-f]{31}$/);
    expect(after.logs).toContainEqual({
      level: 'DEBUG',
      message: `Starting root trace with id='${after.trace?.traceId}'.`,
    });
  });
});
