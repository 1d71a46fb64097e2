/** How queries find a scheduler: in the unit that was asked, or in the ring. */
import { describe, expect, test } from 'vitest';
import { answersAlone } from '../../../charm/plan/cluster.ts';
import type { Inputs } from '../../../charm/plan/inputs.ts';
import type { Member } from '../../../charm/plan/members.ts';
import { mimirConfig, toYaml } from '../../../charm/plan/mimir-config.ts';
import { parseOptions } from '../../../charm/plan/options.ts';
import { CONFIG_FILE, TARGET_FILE } from '../../../charm/plan/paths.ts';
import { plan } from '../../../charm/plan/plan.ts';
import { COMPONENTS, type Component, componentsOf } from '../../../charm/plan/roles.ts';
import { withOwnSchedulers } from '../../../charm/plan/schedulers.ts';
import { DEFAULT_OPTIONS, inputs, S3, s3Ready, withOptions } from '../../support/mimir-inputs.ts';

const STARTED = { reachable: true, lastGood: 'a digest' };
const RING = { service_discovery_mode: 'ring' };

function member(app: string, roles: string, plannedUnits = 1): Member {
  return { relation: `mimir-cluster:${app}`, app, roles: componentsOf(roles) ?? [], plannedUnits, units: [] };
}

function whole(members: readonly Member[], changes: Partial<Inputs> = {}): Inputs {
  return inputs({
    objectStorage: s3Ready(),
    plannedUnits: 3,
    neighbours: { members },
    isUpdateStatus: true,
    container: STARTED,
    ...changes,
  });
}

/** By the configuration of the unit's own Mimir; undefined: as Mimir wires itself. */
function own(seen: Inputs): unknown {
  const { workload } = plan(seen);
  expect(workload.kind).toBe('run');
  return workload.kind === 'run' ? workload.config.query_scheduler : undefined;
}

test('a whole Mimir answers queries in the unit that was asked', () => {
  expect(own(whole([]))).toBeUndefined();
});

test('one on its own disk does, too', () => {
  expect(own(inputs())).toBeUndefined();
});

test.each([
  ['write'],
  ['write', 'backend'],
  ['write', 'backend', 'read'],
  ['querier', 'query-frontend', 'query-scheduler'],
  ['all'],
])('it goes on so while others are joined: %s, %s, %s', (...roles) => {
  const seen = whole(roles.map((each) => member(each, each)));
  expect(own(seen)).toBeUndefined();
  expect(plan(seen).shared?.wanted.config.query_scheduler, 'those look in the ring').toEqual(RING);
});

test.each([
  ['read'],
  ['write', 'read'],
  ['querier', 'query-scheduler'],
  ['query-frontend', 'query-scheduler'],
])('it comes into the ring where others have queries, and not all that these need: %s, %s', (...roles) => {
  expect(own(whole(roles.map((each) => member(each, each))))).toEqual(RING);
});

describe('it does not come into the ring', () => {
  test('while an application has not said yet what it brings', () => {
    expect(own(whole([member('read', 'read'), member('backend', '', 0)]))).toBeUndefined();
  });

  test('while applications may be about to come or to go together', () => {
    expect(own(whole([member('read', 'read')], { isUpdateStatus: false }))).toBeUndefined();
  });

  test('for an application that is being removed', () => {
    expect(own(whole([member('read', 'read', 0)]))).toBeUndefined();
  });
});

test('a unit that has asked for its restart comes into the ring with it', () => {
  const requests = { asked: 1, done: 0 };
  expect(own(whole([member('read', 'read')], { isUpdateStatus: false, requests }))).toEqual(RING);
});

test('a unit that starts for the first time is there at once: nobody is restarted for that', () => {
  const first = { isUpdateStatus: false, container: { reachable: true } };
  expect(own(whole([member('read', 'read')], first))).toEqual(RING);
  expect(own(whole([], first))).toBeUndefined();
});

describe('others wait for its schedulers', () => {
  const files = { [CONFIG_FILE]: toYaml({ query_scheduler: RING }) };
  const waits = (members: readonly Member[], changes: Partial<Inputs> = {}) =>
    answersAlone(whole(members, changes));

  test('from when they have queries until it is in the ring', () => {
    expect(waits([member('read', 'read')])).toBe(true);
    expect(waits([member('read', 'read')], { container: { ...STARTED, files } })).toBe(false);
  });

  test('but not where they have their own', () => {
    expect(waits([member('read', 'read'), member('backend', 'backend')])).toBe(false);
    expect(waits([member('write', 'write')])).toBe(false);
  });

  test('nor for what does not run yet, nor for one that has never been outside the ring', () => {
    expect(waits([member('read', 'read')], { container: { reachable: true } })).toBe(false);
    const backend = { ...STARTED, files: { [TARGET_FILE]: 'query-scheduler' } };
    expect(waits([member('read', 'read')], { container: backend })).toBe(false);
  });
});

test('it does not wait for what an application brings that has no role at all', () => {
  expect(own(whole([member('read', 'read'), member('idle', 'none')]))).toEqual(RING);
});

describe('once in the ring', () => {
  const files = { [CONFIG_FILE]: toYaml({ query_scheduler: RING }) };
  const container = { ...STARTED, files };

  test('it stays there while anybody is joined: nobody is restarted for that', () => {
    expect(own(whole([member('read', 'read'), member('backend', 'backend')], { container }))).toEqual(RING);
  });

  test('it leaves it when it is alone again', () => {
    expect(own(whole([], { container }))).toBeUndefined();
  });
});

test('one with some of the roles is in the ring', () => {
  const rest: Component[] = ['distributor', 'ingester', 'querier', 'query-frontend'];
  const seen = whole([member('rest', rest.join(','))], withOptions({ roles: 'backend' }));
  expect(own(seen)).toEqual(RING);
});

test('one that is to give roles away, and runs them all until it may, is left as it is', () => {
  const members = [member('rest', 'all')];
  const seen = whole(members, { ...withOptions({ roles: 'backend' }), held: COMPONENTS });
  expect(own(seen)).toBeUndefined();
});

test('how schedulers are spoken to stays as it is', () => {
  const seen = whole([], { authorities: 'an authority' });
  const parsed = parseOptions(DEFAULT_OPTIONS);
  if (!parsed.ok) throw new Error('the default options are wrong');
  const config = mimirConfig(seen, parsed.options, { kind: 's3', s3: S3, replicationFactor: 3 });
  const wanted = {
    components: COMPONENTS,
    config,
    storageAuthorities: '',
    trusted: undefined,
    bucket: undefined,
  };
  const client = withOwnSchedulers(seen, wanted).config.query_scheduler;
  expect(client).toHaveProperty('grpc_client_config.tls_enabled', true);
  expect(client).not.toHaveProperty('service_discovery_mode');
});
