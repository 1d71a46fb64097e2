/** Limits of single tenants: by the option and by the action, on every unit, without a restart. */
import { active, blocked } from 'charmwright';
import { exec, findContainer, findRelation, peerRelation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { recordOf } from '../../../charm/tenant-limits/record.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.140';
const FILE = '/data/conf/tenant-limits.yaml';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const PEERS = peerRelation('mimir-peers', { id: 1 });

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

/** A unit that runs on a bucket, for several tenants. */
async function running(input: Parameters<typeof world>[1] = {}) {
  const { config, ...rest } = input;
  return mimir.run(
    ready,
    world(HOST, {
      relations: [PEERS, s3(HOST)],
      secrets: [S3_SECRET],
      config: { multitenancy: true, ...config },
      ...rest,
    }),
  );
}

function limitsOf(state: State): unknown {
  return parse(String(findContainer(state, 'mimir').files[FILE])).overrides;
}

const configured = (state: State, text: string): State => ({
  ...state,
  config: { ...state.config, 'tenant-limits': text },
});

/** This Mimir refuses what the text is in. */
function refusing(text: string) {
  return exec(['/bin/mimir', '-modules'], ({ stdin }) =>
    String(stdin).includes(text)
      ? { code: 1, stderr: 'error validating config: invalid limits config for querier: too short' }
      : {},
  );
}

describe('the option tenant-limits', () => {
  test('goes to the file that Mimir reads while it runs, and away again', async () => {
    const before = await running();
    expect(limitsOf(before)).toEqual({});
    const after = await mimir.run('config-changed', configured(before, 'team-a: {ingestion_rate: 5}'));
    expect(limitsOf(after)).toEqual({ 'team-a': { ingestion_rate: 5 } });
    expect(after.serviceStarts).toEqual([]);
    expect(after.unitStatus).toEqual(active());
    const gone = await mimir.run('config-changed', configured(after, ''));
    expect(limitsOf(gone)).toEqual({});
    expect(gone.serviceStarts).toEqual([]);
  });

  test('that is wrong is named with tenant and limit, and the last good limits stay', async () => {
    const good = await running({ config: { 'tenant-limits': 'team-a: {ingestion_rate: 5}' } });
    const bad = 'team-a: {ingestion_rate: fast}\nteam-b: {no_such_limit: 1}';
    const after = await mimir.run('config-changed', {
      ...configured(good, bad),
      config: { ...good.config, 'tenant-limits': bad, 'log-level': 'debug' },
    });
    expect(after.unitStatus).toEqual(
      blocked(
        `[config] tenant-limits: tenant "team-a", ingestion_rate must be a number; tenant "team-b", no_such_limit is no limit of Mimir's; the last good limits of tenants stay in use`,
      ),
    );
    expect(limitsOf(after)).toEqual({ 'team-a': { ingestion_rate: 5 } });
    // Everything else goes on.
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('that was wrong from the first start on lets Mimir start', async () => {
    const after = await running({ config: { 'tenant-limits': '{' } });
    expect(after.unitStatus.message).toMatch(/^\[config\] tenant-limits: is not YAML: /);
    expect(limitsOf(after)).toEqual({});
    expect(after.serviceStarts).toEqual(['mimir/mimir']);
  });

  test('with limits that do not fit together is refused by Mimir, before it is written', async () => {
    const execs = [refusing('"query_ingesters_within":"1s"')];
    const good = await running({
      containers: [image({ execs })],
      config: { 'tenant-limits': 'team-a: {ingestion_rate: 5}' },
    });
    const after = await mimir.run(
      'config-changed',
      configured(good, 'team-a: {ingestion_rate: 6, query_ingesters_within: 1s}'),
    );
    expect(after.unitStatus).toEqual(
      blocked(
        '[config] limits of tenant "team-a" (query_ingesters_within): invalid limits config for querier: too short; the last good limits of tenants stay in use',
      ),
    );
    expect(limitsOf(after)).toEqual({ 'team-a': { ingestion_rate: 5 } });
  });

  test('keeps Mimir from a configuration that the limits in use do not fit to', async () => {
    const limits = 'team-a: {query_ingesters_within: 1s}';
    const good = await running({ config: { 'tenant-limits': limits } });
    const after = await mimir.run('config-changed', {
      ...good,
      config: { ...good.config, 'log-level': 'debug' },
      containers: { mimir: { ...findContainer(good, 'mimir'), execs: [refusing('"1s"')] } },
    });
    expect(after.unitStatus.message).toMatch(
      /^\[mimir\] Mimir refuses its configuration: limits of tenant "team-a"/,
    );
    expect(findContainer(after, 'mimir').files).toEqual(findContainer(good, 'mimir').files);
    expect(after.serviceStarts).toEqual([]);
  });

  test('is heard while something else is wrong', async () => {
    const good = await running();
    const after = await mimir.run('config-changed', {
      ...good,
      config: { ...good.config, 'log-level': 'loud', 'tenant-limits': 'team-a: {ingestion_rate: 5}' },
    });
    expect(after.unitStatus.message).toMatch(/^\[config\] log-level=loud/);
    expect(limitsOf(after)).toEqual({ 'team-a': { ingestion_rate: 5 } });
    const later = await mimir.run('config-changed', configured(after, '{'));
    expect(limitsOf(later)).toEqual({ 'team-a': { ingestion_rate: 5 } });
    expect(later.serviceStarts).toEqual([]);
  });

  test('says so when its tenants do not exist', async () => {
    const after = await running({
      config: { multitenancy: false, 'tenant-limits': 'team-a: {ingestion_rate: 5}' },
    });
    expect(after.unitStatus).toEqual(
      active('[config] limits of tenants have no effect while multitenancy is off, but for anonymous'),
    );
    const only = await mimir.run('config-changed', configured(after, 'anonymous: {ingestion_rate: 5}'));
    expect(only.unitStatus).toEqual(active());
  });

  test('costs nothing while nothing changes', async () => {
    const tenants = Array.from({ length: 1000 }, (_, i) => `t${i}: {ingestion_rate: ${i + 1}}`);
    const first = await running({ config: { 'tenant-limits': tenants.join('\n') } });
    const before = await mimir.run('update-status', first);
    const after = await mimir.run('update-status', before);
    expect(stateOf(after)).toEqual(stateOf(before));
    expect(after.pebbleCalls.filter(({ method }) => /push|exec|makeDir/.test(method))).toEqual([]);
    expect(Object.keys(Object(limitsOf(after)))).toHaveLength(1000);
  });
});

describe('what somebody wrote into overrides.yaml', () => {
  test('is theirs', async () => {
    const overrides = '/data/conf/overrides.yaml';
    const text = 'overrides: {team-z: {ingestion_rate: 1}}\n';
    const first = await running();
    const files = { ...findContainer(first, 'mimir').files, [overrides]: text };
    const before = { ...first, containers: { mimir: { ...findContainer(first, 'mimir'), files } } };
    const after = await mimir.run('config-changed', configured(before, 'team-a: {ingestion_rate: 5}'));
    expect(findContainer(after, 'mimir').files[overrides]).toBe(text);
  });
});

describe('set-tenant-limits', () => {
  const set = (limits: unknown, more: object = {}) => ({ tenant: 'team-a', limits, ...more });
  const run = (params: ReturnType<typeof set>, before: State) =>
    mimir.runAction('set-tenant-limits', params, before);

  test('tells the other units, and is in force here at once', async () => {
    const before = await running({
      config: { 'tenant-limits': 'team-a: {ingestion_rate: 5, ingestion_burst_size: 6}' },
    });
    const after = await run(set('{ingestion_rate: 50}'), before);
    expect(after.failed).toBeUndefined();
    expect(after.results).toEqual({
      tenant: 'team-a',
      'dry-run': 'false',
      changed: 'true',
      limits: '{"ingestion_burst_size":6,"ingestion_rate":50}',
    });
    expect(limitsOf(after.state)).toEqual({ 'team-a': { ingestion_rate: 50, ingestion_burst_size: 6 } });
    expect(findRelation(after.state, 'mimir-peers').localAppData).toMatchObject({
      'replication-factor': '1',
      'tenant-limits': recordOf({ 'team-a': { ingestion_rate: 50 } }),
    });
    expect(after.state.serviceStarts).toEqual([]);
  });

  test('reaches the other units by their peers', async () => {
    const follower = await running({
      leader: false,
      unitNumber: 1,
      plannedUnits: 2,
      relations: [
        peerRelation('mimir-peers', { id: 1, localAppData: { 'replication-factor': '1' } }),
        s3(HOST),
      ],
    });
    const told = {
      ...findRelation(follower, 'mimir-peers'),
      localAppData: {
        'replication-factor': '1',
        'tenant-limits': recordOf({ 'team-a': { ingestion_rate: 50 } }) ?? '',
      },
    };
    const after = await mimir.run(
      { kind: 'relation-changed', relation: 'mimir-peers' },
      { ...follower, relations: [told, s3(HOST)] },
    );
    expect(limitsOf(after)).toEqual({ 'team-a': { ingestion_rate: 50 } });
    expect(after.serviceStarts).toEqual([]);
  });

  test('adds to what it has set before, replaces it, or takes it away', async () => {
    const first = await run(set('{ingestion_rate: 50}'), await running());
    const added = await run(set({ max_query_lookback: '1h' }), first.state);
    expect(added.results).toMatchObject({ limits: '{"ingestion_rate":50,"max_query_lookback":"1h"}' });
    const one = await run(set({ ingestion_rate: null }), added.state);
    expect(one.results).toMatchObject({ limits: '{"max_query_lookback":"1h"}' });
    const replaced = await run(set('ingestion_rate: 7', { mode: 'replace' }), one.state);
    expect(replaced.results).toMatchObject({ limits: '{"ingestion_rate":7}' });
    const same = await run(set('ingestion_rate: 7'), replaced.state);
    expect(same.results).toMatchObject({ changed: 'false' });
    const none = await run(set(''), same.state);
    expect(none.results).toMatchObject({ changed: 'true', limits: '{}' });
    expect(limitsOf(none.state)).toEqual({});
    expect(findRelation(none.state, 'mimir-peers').localAppData).not.toHaveProperty('tenant-limits');
  });

  test('survives every later hook of the leader', async () => {
    const { state: after } = await run(set('{ingestion_rate: 50}'), await running());
    const later = await mimir.run('config-changed', {
      ...after,
      config: { ...after.config, 'log-level': 'debug' },
    });
    expect(limitsOf(later)).toEqual({ 'team-a': { ingestion_rate: 50 } });
    expect(findRelation(later, 'mimir-peers').localAppData).toHaveProperty('tenant-limits');
  });

  test.each([
    ['{ingestion_rate: fast}', 'the limits are not valid: tenant "team-a", ingestion_rate must be a number'],
    ['[1]', 'limits must map limits to values: limits="{ingestion_rate: 50000}"'],
    ['{', expect.stringMatching(/^limits is not YAML: /)],
    [
      '{query_ingesters_within: 1s}',
      expect.stringMatching(
        /^limits of tenant "team-a" \(query_ingesters_within\): .*too short; nothing was changed$/,
      ),
    ],
  ])('with %s changes nothing', async (limits, problem) => {
    const before = await running({
      containers: [image({ execs: [refusing('"query_ingesters_within":"1s"')] })],
    });
    const after = await run(set(limits), before);
    expect(after.failed).toEqual(problem);
    expect(stateOf(after.state)).toEqual(stateOf(before));
  });

  test('as a dry run says what would be, and changes nothing', async () => {
    const before = await running();
    const after = await run(set('{ingestion_rate: 5}', { 'dry-run': true }), before);
    expect(after.results).toMatchObject({ changed: 'true', limits: '{"ingestion_rate":5}' });
    expect(stateOf(after.state)).toEqual(stateOf(before));
  });

  test('on a unit that does not lead says where to run it', async () => {
    const before = await running({
      leader: false,
      unitNumber: 1,
      relations: [
        peerRelation('mimir-peers', { id: 1, localAppData: { 'replication-factor': '1' } }),
        s3(HOST),
      ],
    });
    const { failed } = await run(set('{ingestion_rate: 5}'), before);
    expect(failed).toBe(
      'mimir-k8s/1 does not lead, and cannot tell the other units: juju run mimir-k8s/leader set-tenant-limits ...',
    );
  });

  test('for a tenant that multitenancy would need says so', async () => {
    const before = await running({ config: { multitenancy: false } });
    const { failed } = await run(set('{ingestion_rate: 5}'), before);
    expect(failed).toContain('there is no tenant "team-a" while multitenancy is off');
  });
});

test('show-tenant-limits says who has set what', async () => {
  const before = await running({
    config: { 'tenant-limits': 'team-a: {ingestion_rate: 5}\nteam-b: {ingestion_rate: 6}' },
  });
  const after = await mimir.runAction(
    'set-tenant-limits',
    { tenant: 'team-a', limits: { ingestion_rate: 50 } },
    before,
  );
  const { results } = await mimir.runAction('show-tenant-limits', {}, after.state);
  expect(results?.['tenant-count']).toBe('2');
  expect(JSON.parse(String(results?.limits))).toEqual({
    'team-a': {
      option: { ingestion_rate: 5 },
      action: { ingestion_rate: 50 },
      'in-force': { ingestion_rate: 50 },
    },
    'team-b': { option: { ingestion_rate: 6 }, action: {}, 'in-force': { ingestion_rate: 6 } },
  });
  const one = await mimir.runAction('show-tenant-limits', { tenant: 'team-b' }, after.state);
  expect(Object.keys(JSON.parse(String(one.results?.limits)))).toEqual(['team-b']);
});
