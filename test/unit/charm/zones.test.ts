/** Where the copies of a series are: chosen with their number, by the zones of all units. */
import { describe, expect, test } from 'vitest';
import type { Inputs, Zone } from '../../../charm/plan/inputs.ts';
import type { Member } from '../../../charm/plan/members.ts';
import { type Plan, plan } from '../../../charm/plan/plan.ts';
import { ringZones, zoneStatuses } from '../../../charm/plan/ring-zones.ts';
import { type Component, componentsOf } from '../../../charm/plan/roles.ts';
import { decideZones } from '../../../charm/plan/zones.ts';
import { peerZone } from '../../../relations/peer-zone.ts';
import { agreementBag, peerUnit, readAgreement, ZONE_RINGS } from '../../../relations/peers.ts';
import { inputs, s3Ready, withOptions } from '../../support/mimir-inputs.ts';

/** This unit's zone, and those of the others, as far as they have spoken. `-`: it has none. */
interface Zones {
  readonly own: string;
  readonly others?: string;
}

function zoned(letters: string): readonly Zone[] {
  return [...letters].map((zone) => (zone === '-' ? {} : { zone }));
}

/** Three units on a bucket, none of which has run yet. */
function three(zones: Zones | undefined, changes: Partial<Inputs> = {}): Plan {
  const seen = inputs({ objectStorage: s3Ready(), plannedUnits: 3, ...changes });
  return plan({ ...seen, zones: zones && known(seen, zones) });
}

/** What the leader is to choose by. */
function known(seen: Inputs, { own, others }: Zones): Inputs['zones'] {
  if (others === undefined) return { own };
  return { own, rings: ringZones(seen, zoned(`${own}${others}`)) };
}

function isAware({ workload }: Plan): boolean {
  const text = workload.kind === 'run' ? JSON.stringify(workload.config) : '';
  return text.split('"zone_awareness_enabled":true').length === 4;
}

function command({ workload }: Plan): string {
  return 'layer' in workload ? (workload.layer?.services.mimir.command ?? '') : '';
}

const EACH = { own: 'a', others: 'bc' };
const AGREED = { replicationFactor: 3, zoneAware: ZONE_RINGS };

describe('three units in as many zones', () => {
  test('keep the copies in all of them, and each is told its own', () => {
    const planned = three(EACH);
    expect(isAware(planned)).toBe(true);
    expect(command(planned).match(/availability-zone=a\b/g)).toHaveLength(3);
    expect(planned.databags.peers).toMatchObject({
      zone: 'a',
      agreement: AGREED,
    });
  });

  test('have the same configuration, whatever the zone', () => {
    const [a, b] = ['a', 'b'].map((own) => three({ own }, { agreement: AGREED, leader: false }));
    if (a?.workload.kind !== 'run' || b?.workload.kind !== 'run') throw new Error('nothing is run');
    expect(a.workload.files).toEqual(b.workload.files);
    expect(command(a)).not.toBe(command(b));
  });

  test('wait for the leader`s word', () => {
    expect(three({ own: 'b' }, { leader: false }).workload.kind).toBe('keep');
  });
});

describe('copies are wherever they come to', () => {
  test.each<[string, Zones | undefined, Partial<Inputs>]>([
    ['outside of Kubernetes', undefined, {}],
    ['in fewer zones than copies', { own: 'a', others: 'bb' }, {}],
    ['where one node has no zone', { own: 'a', others: 'b-' }, {}],
    ['with one copy', { own: 'a', others: '' }, { plannedUnits: 1 }],
    ['where that was chosen before zones were known', EACH, { agreement: { replicationFactor: 3 } }],
  ])('%s', (_where, zones, changes) => {
    const planned = three(zones, changes);
    expect(planned.workload.kind).toBe('run');
    expect(isAware(planned)).toBe(false);
    expect(command(planned)).not.toContain('availability-zone');
    expect(planned.databags.peers.agreement.zoneAware).toBeUndefined();
  });
});

describe('it is not chosen', () => {
  test('before all units have spoken', () => {
    const planned = three({ own: 'a', others: 'b' });
    expect(planned.workload.kind).toBe('keep');
    expect(planned.databags.peers.agreement.replicationFactor).toBeUndefined();
    expect(planned.statuses[0]).toEqual({
      name: 'waiting',
      message: '[mimir-peers] waiting until all units of mimir-k8s have said in which zone they are',
    });
  });
});

test('it stays as it was chosen when a unit comes to another zone, or to a node without', () => {
  expect(isAware(three({ own: 'a', others: 'aa' }, { agreement: AGREED }))).toBe(true);
  const homeless = three(undefined, { agreement: AGREED });
  expect(isAware(homeless)).toBe(true);
  expect(command(homeless)).not.toContain('availability-zone');
});

test('a configuration that is kept is kept with its zone', () => {
  const first = three(EACH);
  if (first.workload.kind !== 'run') throw new Error('nothing is run');
  const files = Object.fromEntries(first.workload.files.map(({ path, content }) => [path, content]));
  const lastGood = first.workload.layer.services.mimir.environment.MIMIR_CONFIG_DIGEST;
  const kept = three(
    { own: 'a' },
    {
      objectStorage: { kind: 'none' },
      agreement: AGREED,
      container: { reachable: true, files, ...(lastGood !== undefined && { lastGood }) },
    },
  );
  expect(kept.workload.kind).toBe('keep');
  expect(command(kept)).toBe(command(first));
});

/** An application of a cluster, by the zones of its units. */
function application(app: string, units: string, planned = units.length): Member {
  const relation = `mimir-cluster:${app}`;
  const at = (zone: Zone, number: number) => ({
    unit: `${app}/${number}`,
    host: app,
    ip: undefined,
    ...zone,
  });
  const roles = componentsOf(app) ?? [];
  return { relation, app, roles, plannedUnits: planned, units: zoned(units).map(at) };
}

describe('in a cluster', () => {
  /** The rings that know zones, with three copies. @param own units of the application that leads, with these roles */
  function rings(own: string, roles: string, members: readonly Member[], plannedUnits = own.length) {
    const seen = inputs({ plannedUnits, neighbours: { members }, ...withOptions({ roles }) });
    return decideZones({ ...seen, zones: { own: 'a', rings: ringZones(seen, zoned(own)) } }, 3);
  }

  test.each<[string, Parameters<typeof rings>, readonly Component[] | 'unknown']>([
    [
      'each ring for itself',
      ['a', 'backend', [application('write', 'abc'), application('read', 'a')]],
      ['ingester'],
    ],
    [
      'by all applications that have it',
      ['abc', 'backend', [application('write', 'ab'), application('ingester', 'c')]],
      ZONE_RINGS,
    ],
    [
      'none where one of its units has no zone',
      ['abc', 'backend', [application('write', 'abc-')]],
      ['alertmanager', 'store-gateway'],
    ],
    [
      'not before all units that count have spoken',
      ['a', 'none', [application('write', 'abc', 4)]],
      'unknown',
    ],
    [
      'nor those of the application that leads',
      ['abc', 'backend', [application('write', 'abc')], 4],
      'unknown',
    ],
    [
      'whoever else has not',
      ['a', 'none', [application('write', 'abc'), application('read', '', 2)], 3],
      ['ingester'],
    ],
  ])('%s', (_how, seen, expected) => {
    expect(rings(...seen)).toEqual(expected);
  });
});

describe('units that come to other zones later', () => {
  function says(units: string, agreement: Inputs['agreement'] = AGREED) {
    const seen = inputs({ agreement, plannedUnits: units.length });
    return zoneStatuses({ ...seen, zones: { own: 'a', rings: ringZones(seen, zoned(units)) } });
  }

  test.each<[string, string]>([
    ['enough of them', 'abc'],
    ['as many as there are units', 'ab'],
    ['one counts as in a zone of its own while it has none', 'ab-'],
  ])('%s: nothing is said', (_how, units) => {
    expect(says(units)).toEqual([]);
    expect(says('aaa', { replicationFactor: 3 })).toEqual([]);
  });

  test('one short: it is only good to know', () => {
    const message = 'ingesters are in 2 zones for 3 copies: no zone may fail';
    expect(says('aab')).toEqual([{ name: 'active', message }]);
  });

  test('all in one: writes fail, and what helps', () => {
    const message =
      '[replication-factor] writes fail: ingesters are in 1 zone for 3 copies: bring units to nodes in other zones, or juju config mimir-k8s zone-awareness=off';
    expect(says('aaa')).toEqual([{ name: 'blocked', message }]);
  });
});

describe('in the databags', () => {
  test('the choice is read as it was written', () => {
    const some = { replicationFactor: 3, zoneAware: ['ingester'] } as const;
    for (const agreement of [AGREED, some]) expect(readAgreement(agreementBag(agreement))).toEqual(agreement);
    expect(readAgreement({ 'zone-aware': 'true' })).toEqual({ zoneAware: ZONE_RINGS });
    expect(readAgreement({ 'zone-aware': 'yes' })).toEqual({});
  });

  test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['a zone', peerUnit('x', { zone: 'eu-central-1a' }), 'eu-central-1a'],
    ['none', peerUnit('x'), undefined],
    ['what is no zone', { hostname: 'x', zone: 'a -target=none' }, undefined],
    ['much', { hostname: 'x', zone: 'a'.repeat(64) }, undefined],
  ])('a unit says %s', (_what, bag, zone) => {
    expect(peerZone(bag)).toEqual({ zone });
  });

  test('one that has said nothing is not in any zone, nor in none', () => {
    expect(peerZone({})).toBeUndefined();
  });
});
