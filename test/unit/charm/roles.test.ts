/** Roles: what the words mean, what is missing, and where each component is. */
import { describe, expect, test } from 'vitest';
import { clusterAddresses, clusterCounts } from '../../../charm/plan/cluster.ts';
import type { Member } from '../../../charm/plan/members.ts';
import { toYaml } from '../../../charm/plan/mimir-config.ts';
import { CONFIG_FILE } from '../../../charm/plan/paths.ts';
import {
  COMPONENTS,
  componentsOf,
  countRoles,
  missingRoles,
  scarceRoles,
  targetOf,
} from '../../../charm/plan/roles.ts';
import { inputs, withOptions } from '../../support/mimir-inputs.ts';

describe('a list of roles', () => {
  test.each([
    ['all', COMPONENTS],
    ['none', []],
    ['write', ['distributor', 'ingester']],
    ['read', ['querier', 'query-frontend']],
    ['ingester, write', ['distributor', 'ingester']],
    [' ruler\n,alertmanager ', ['alertmanager', 'ruler']],
    ['read write backend', COMPONENTS],
  ])('%j', (text, components) => {
    expect(componentsOf(text)).toEqual(components);
  });

  test.each(['', ' , ', 'reader', 'none,write', 'flusher', 'constructor', 'All'])('%j is none', (text) => {
    expect(componentsOf(text)).toBeUndefined();
  });

  test('becomes a target of Mimir', () => {
    expect(targetOf(componentsOf('all') ?? [])).toBe('all,alertmanager,overrides-exporter');
    expect(targetOf(componentsOf('write') ?? [])).toBe('distributor,ingester');
  });
});

test('what nobody has is missing, what too few have is scarce', () => {
  const counts = countRoles([
    { roles: componentsOf('write') ?? [], units: 3 },
    { roles: componentsOf('read') ?? [], units: 1 },
    { roles: componentsOf('backend') ?? [], units: 0 },
  ]);
  expect(missingRoles(counts)).toEqual(['compactor', 'query-scheduler', 'ruler', 'store-gateway']);
  expect(scarceRoles(counts)).toContainEqual({ component: 'querier', units: 1, recommended: 2 });
  expect(scarceRoles(counts).map(({ component }) => component)).not.toContain('ingester');
});

describe('a cluster', () => {
  const write: Member = {
    relation: 'mimir-cluster:7',
    app: 'write',
    roles: ['distributor', 'ingester'],
    plannedUnits: 3,
    units: [
      { unit: 'write/1', host: 'write-1.write-endpoints.cos.svc.cluster.local', ip: undefined },
      { unit: 'write/0', host: 'write-0.write-endpoints.cos.svc.cluster.local', ip: '10.1.0.8' },
    ],
  };

  test('is counted by what each application is to have', () => {
    const counts = clusterCounts(
      inputs({ plannedUnits: 2, ...withOptions({ roles: 'backend' }), neighbours: { members: [write] } }),
    );
    expect(counts).toMatchObject({ ingester: 3, 'store-gateway': 2, querier: 0 });
  });

  test('has each component at the addresses of the units that run it, in an order of its own', () => {
    const own = {
      unit: 'mimir-k8s/1',
      host: 'mimir-k8s-1.mimir-k8s-endpoints.cos.svc.cluster.local',
      ip: '10.1.0.9',
    };
    const addresses = clusterAddresses(
      inputs({
        ...withOptions({ roles: 'backend ingester' }),
        neighbours: { members: [write], ownUnits: [own] },
      }),
    );
    expect(addresses.ingester.map(({ unit }) => unit)).toEqual([
      'mimir-k8s/0',
      'mimir-k8s/1',
      'write/0',
      'write/1',
    ]);
    expect(addresses.ruler.map(({ ip }) => ip)).toEqual(['10.1.0.7', '10.1.0.9']);
    expect(addresses.querier).toEqual([]);
  });

  test('is asked by the frontends of a whole Mimir alone until others find schedulers', () => {
    const unit = { unit: 'read/0', host: 'read-0.read-endpoints.cos.svc.cluster.local', ip: '10.1.0.8' };
    const read: Member = { ...write, app: 'read', roles: ['querier', 'query-frontend'], units: [unit] };
    const asked = (files: Record<string, string>, roles = 'all') =>
      clusterAddresses(
        inputs({
          ...withOptions({ roles }),
          container: { reachable: true, lastGood: 'a digest', files },
          neighbours: { members: [write, read] },
        }),
      )['query-frontend'].map((each) => each.unit);
    expect(asked({})).toEqual(['mimir-k8s/0']);
    expect(asked({}, 'backend'), 'it is to give the role away, and has it yet').toEqual(['mimir-k8s/0']);
    const ring = toYaml({ query_scheduler: { service_discovery_mode: 'ring' } });
    expect(asked({ [CONFIG_FILE]: ring })).toEqual(['mimir-k8s/0', 'read/0']);
  });
});
