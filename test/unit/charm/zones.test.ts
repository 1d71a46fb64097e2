/** Where the copies of a series are: chosen once, by the zones of all units. */
import { describe, expect, test } from 'vitest';
import type { Inputs } from '../../../charm/plan/inputs.ts';
import { type Plan, plan } from '../../../charm/plan/plan.ts';
import { agreementBag, peerUnit, peerZone, readAgreement } from '../../../relations/peers.ts';
import { inputs, s3Ready } from '../../support/mimir-inputs.ts';

/** Three units on a bucket, none of which has run yet. */
function three(zones: Inputs['zones'], changes: Partial<Inputs> = {}): Plan {
  return plan(inputs({ objectStorage: s3Ready(), plannedUnits: 3, zones, ...changes }));
}

function isAware({ workload }: Plan): boolean {
  const text = workload.kind === 'run' ? JSON.stringify(workload.config) : '';
  return text.split('"zone_awareness_enabled":true').length === 4;
}

function command({ workload }: Plan): string {
  return 'layer' in workload ? (workload.layer?.services.mimir.command ?? '') : '';
}

const EACH = { own: 'a', others: ['b', 'c'] };

describe('three units in as many zones', () => {
  test('keep the copies in all of them, and each is told its own', () => {
    const planned = three(EACH);
    expect(isAware(planned)).toBe(true);
    expect(command(planned).match(/availability-zone=a\b/g)).toHaveLength(3);
    expect(planned.databags.peers).toMatchObject({
      zone: 'a',
      agreement: { zoneAware: true, replicationFactor: 3 },
    });
  });

  test('have the same configuration, whatever the zone', () => {
    const agreement = { replicationFactor: 3, zoneAware: true };
    const [a, b] = ['a', 'b'].map((own) => three({ own }, { agreement, leader: false }));
    if (a?.workload.kind !== 'run' || b?.workload.kind !== 'run') throw new Error('nothing is run');
    expect(a.workload.files).toEqual(b.workload.files);
    expect(command(a)).not.toBe(command(b));
  });

  test('wait for the leader`s word', () => {
    expect(three({ own: 'b' }, { leader: false }).workload.kind).toBe('keep');
  });
});

describe('copies are wherever they come to', () => {
  test.each<[string, Inputs['zones'], Partial<Inputs>]>([
    ['outside of Kubernetes', undefined, {}],
    ['in fewer zones than copies', { own: 'a', others: ['b', 'b'] }, {}],
    ['where one node has no zone', { own: 'a', others: ['b', undefined] }, {}],
    ['with one copy', { own: 'a', others: [] }, { plannedUnits: 1 }],
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
  test.each<[string, Inputs['zones']]>([
    ['before all units are there', { own: 'a', others: ['b'] }],
    ['before all units have spoken', { own: 'a', others: ['b', 'silent'] }],
  ])('%s', (_when, zones) => {
    const planned = three(zones);
    expect(planned.workload.kind).toBe('keep');
    expect(planned.databags.peers.agreement.replicationFactor).toBeUndefined();
    expect(planned.statuses[0]).toEqual({
      name: 'waiting',
      message: '[mimir-peers] waiting until all units have said in which zone they are',
    });
  });
});

test('it stays as it was chosen when a unit comes to another zone, or to a node without', () => {
  const agreement = { replicationFactor: 3, zoneAware: true };
  expect(isAware(three({ own: 'a', others: ['a', 'a'] }, { agreement }))).toBe(true);
  const homeless = three(undefined, { agreement });
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
      agreement: { replicationFactor: 3, zoneAware: true },
      container: { reachable: true, files, ...(lastGood !== undefined && { lastGood }) },
    },
  );
  expect(kept.workload.kind).toBe('keep');
  expect(command(kept)).toBe(command(first));
});

describe('in the databags', () => {
  test('the choice is read as it was written', () => {
    const agreement = { replicationFactor: 3, zoneAware: true };
    expect(readAgreement(agreementBag(agreement))).toEqual(agreement);
    expect(readAgreement({ 'zone-aware': 'yes' })).toEqual({});
  });

  test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['a zone', peerUnit('x', { zone: 'eu-central-1a' }), 'eu-central-1a'],
    ['none', peerUnit('x'), undefined],
    ['nothing yet', {}, 'silent'],
    ['what is no zone', { hostname: 'x', zone: 'a -target=none' }, undefined],
    ['much', { hostname: 'x', zone: 'a'.repeat(64) }, undefined],
  ])('a unit says %s', (_what, bag, zone) => {
    expect(peerZone(bag)).toBe(zone);
  });
});
