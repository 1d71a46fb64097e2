import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Inputs } from '../../../charm/plan/inputs.ts';
import { CONFIG_FILE, DIRS } from '../../../charm/plan/paths.ts';
import { masked, type Plan, plan } from '../../../charm/plan/plan.ts';
import { inputs, s3Ready, withOptions } from '../../support/mimir-inputs.ts';

const rendered = z.object({
  common: z.object({ storage: z.object({ backend: z.string() }) }),
  ingester: z.object({ ring: z.object({ replication_factor: z.number() }) }),
  querier: z.object({ query_store_after: z.string() }).optional(),
  limits: z.record(z.string(), z.unknown()),
});

function fileText(planned: Plan, path: string): string {
  if (planned.workload.kind !== 'run') throw new Error(`nothing is run but: ${planned.workload.kind}`);
  return planned.workload.files.find((file) => file.path === path)?.content ?? '';
}

function config(planned: Plan): z.infer<typeof rendered> {
  return rendered.parse(parse(fileText(planned, CONFIG_FILE)));
}

/** The status a person sees: the worst, the first of equals. */
function status(planned: Plan): string {
  const found = ['blocked', 'maintenance', 'waiting', 'active'].flatMap((name) =>
    planned.statuses.filter((s) => s.name === name),
  )[0];
  return `${found?.name}: ${found?.message}`;
}

function factor(changes: Partial<Inputs>): number {
  return config(plan(inputs({ objectStorage: s3Ready(), ...changes }))).ingester.ring.replication_factor;
}

describe('replicas of one sender', () => {
  test('are not told apart until that is asked for', () => {
    const planned = plan(inputs());
    expect(fileText(planned, CONFIG_FILE)).not.toContain('ha_tracker');
    expect(config(planned).limits).not.toHaveProperty('accept_ha_samples');
  });

  test('are told apart by all units together, within the time that the option allows', () => {
    const planned = plan(inputs(withOptions({ 'ha-tracker': true, 'ha-failover-timeout': '12s' })));
    expect(parse(fileText(planned, CONFIG_FILE)).distributor).toEqual({
      ha_tracker: { enable_ha_tracker: true, kvstore: { store: 'memberlist' } },
    });
    expect(config(planned).limits).toMatchObject({
      accept_ha_samples: true,
      ha_max_clusters: 0,
      ha_tracker_update_timeout: '6000ms',
      ha_tracker_update_timeout_jitter_max: '2000ms',
      ha_tracker_failover_timeout: '12000ms',
    });
  });
});

describe('without object storage', () => {
  test('one unit runs on its own disk, and says so with the way out', () => {
    const planned = plan(inputs());
    expect(config(planned).common.storage.backend).toBe('filesystem');
    expect(status(planned)).toBe(
      "active: on this unit's own disk; for more units: juju integrate mimir-k8s:s3 s3-integrator",
    );
    expect(planned.databags.peers.agreement, 'nothing is agreed on yet').toEqual({});
  });

  test('two units are blocked, with the command that helps', () => {
    const planned = plan(inputs({ plannedUnits: 2 }));
    expect(status(planned)).toBe(
      'blocked: [s3] 2 units need object storage: juju integrate mimir-k8s:s3 s3-integrator',
    );
    expect(planned.workload).toEqual({ kind: 'keep' });
  });

  test('a unit that ran before a second was planned keeps running on what it has', () => {
    const planned = plan(inputs({ plannedUnits: 2, container: { reachable: true, lastGood: 'abc' } }));
    expect(planned.workload).toMatchObject({
      kind: 'keep',
      layer: { services: { mimir: { environment: { MIMIR_CONFIG_DIGEST: 'abc' } } } },
    });
    expect(status(planned)).toContain('the last good configuration stays in use');
  });

  test('a unit whose metrics are in a bucket does not go back to its disk', () => {
    const planned = plan(inputs({ agreement: { replicationFactor: 1 } }));
    expect(planned.workload.kind).toBe('keep');
    expect(status(planned)).toContain(
      'blocked: [s3] the metrics are in a bucket that is not related any more',
    );
  });

  test('nothing is started before the peer relation can say whether there was a bucket', () => {
    expect(plan(inputs({ agreement: undefined })).workload.kind).toBe('keep');
  });
});

describe('the replication factor', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 3],
    [7, 3],
  ])('with %i planned units when object storage arrives is %i', (plannedUnits, expected) => {
    expect(factor({ plannedUnits })).toBe(expected);
  });

  test.each([
    [1, 5],
    [3, 1],
  ])('once %i is agreed on stays when %i units are planned', (replicationFactor, plannedUnits) => {
    expect(factor({ plannedUnits, agreement: { replicationFactor } })).toBe(replicationFactor);
  });

  test('is the option where that is set, and what was agreed on until all units are ready for another', () => {
    const option = withOptions({ 'replication-factor': 3 });
    expect(factor({ plannedUnits: 1, ...option })).toBe(3);
    expect(factor({ agreement: { replicationFactor: 1 }, ...option })).toBe(1);
  });

  test('that is new has queries read the bucket for all times, for 13 hours, whatever is wanted else', () => {
    const now = Date.UTC(2026, 0, 1);
    const reads = (hours: number) => {
      const agreement = { replicationFactor: 3, copiesSince: now - hours * 3_600_000 };
      const planned = plan(
        inputs({ objectStorage: s3Ready(), agreement, now, ...withOptions({ 'recent-from-bucket': false }) }),
      );
      return planned.workload.kind === 'run' ? planned.workload.config.querier : undefined;
    };
    expect(reads(12)).toEqual({ query_store_after: '0s' });
    expect(reads(13)).toBeUndefined();
  });

  test('that is new lets samples be late that were refused while it came, and restarts nobody when that is over', () => {
    const now = Date.UTC(2026, 0, 1);
    const after = (hours: number) => {
      const agreement = { replicationFactor: 3, copiesSince: now - hours * 3_600_000 };
      const { workload } = plan(inputs({ objectStorage: s3Ready(), agreement, now }));
      if (workload.kind !== 'run') throw new Error(`Mimir is to ${workload.kind}`);
      const { out_of_order_time_window: late } = Object(workload.config.limits);
      return { late, digest: workload.layer.services.mimir.environment.MIMIR_CONFIG_DIGEST };
    };
    expect(after(12).late).toBe('10m');
    expect(after(13)).toEqual({ late: undefined, digest: after(12).digest });
  });

  test('is chosen by the leader and told to the peers', () => {
    const planned = plan(inputs({ objectStorage: s3Ready(), plannedUnits: 3 }));
    expect(planned.databags.peers.agreement).toEqual({ replicationFactor: 3 });
  });

  test('makes the other units wait for the leader', () => {
    const planned = plan(inputs({ objectStorage: s3Ready(), plannedUnits: 3, leader: false }));
    expect(planned.workload.kind).toBe('keep');
    expect(status(planned)).toBe(
      'waiting: [mimir-peers] waiting for the leader to choose the replication factor',
    );
  });

  test('is not chosen while an option is wrong, for that might be the one', () => {
    const planned = plan(inputs({ objectStorage: s3Ready(), ...withOptions({ 'replication-factor': 2 }) }));
    expect(planned.databags.peers.agreement).toEqual({});
  });

  test('that needs more units to write is told, and what runs is left running', () => {
    const planned = plan(inputs({ objectStorage: s3Ready(), agreement: { replicationFactor: 3 } }));
    expect(planned.workload.kind).toBe('run');
    expect(status(planned)).toBe(
      'blocked: [replication-factor] writes fail: 1 unit for 3 copies: juju scale-application mimir-k8s 3',
    );
  });

  test('that one more unit would make safe is told in the active status', () => {
    const two = plan(
      inputs({ objectStorage: s3Ready(), agreement: { replicationFactor: 3 }, plannedUnits: 2 }),
    );
    expect(status(two)).toBe('active: 2 units for 3 copies: no unit may fail');
  });
});

describe('queries read the bucket for recent hours too', () => {
  test.each([
    1, 3,
  ])('where units share a bucket, so that one that left is not missed: %i units', (plannedUnits) => {
    const shared = config(plan(inputs({ objectStorage: s3Ready(), plannedUnits })));
    expect(shared.querier?.query_store_after).toBe('0s');
  });

  test('but not where an operator with three copies wants to spare the requests', () => {
    const wish = withOptions({ 'recent-from-bucket': false });
    const of = (plannedUnits: number) =>
      config(plan(inputs({ objectStorage: s3Ready(), plannedUnits, ...wish })));
    expect(of(3).querier).toBeUndefined();
    expect(of(1).querier?.query_store_after).toBe('0s');
  });

  test('but not on one disk', () => {
    expect(config(plan(inputs())).querier).toBeUndefined();
  });
});

describe('a provider of object storage that', () => {
  const silent = {
    kind: 'waiting',
    relation: 's3:4',
    app: 'minio-k8s',
    missing: ['access-key', 'bucket'],
  } as const;
  const wrong = {
    kind: 'invalid',
    relation: 's3:4',
    app: 'minio-k8s',
    problems: [{ key: 'endpoint', problem: 'must be http://HOST:PORT' }],
  } as const;

  test('has not spoken yet makes the unit wait, and a new unit does not start on its disk meanwhile', () => {
    const planned = plan(inputs({ objectStorage: silent }));
    expect(planned.workload).toEqual({ kind: 'keep' });
    expect(status(planned)).toBe('waiting: [s3] minio-k8s has not given access-key, bucket yet (s3:4)');
  });

  test('says something unusable blocks the unit, by relation and key', () => {
    expect(status(plan(inputs({ objectStorage: wrong })))).toBe(
      'blocked: [s3] data of minio-k8s (s3:4): key "endpoint" must be http://HOST:PORT',
    );
  });

  test.each([
    silent,
    wrong,
  ])('was good before leaves the last good configuration running ($kind)', (objectStorage) => {
    const planned = plan(inputs({ objectStorage, container: { reachable: true, lastGood: 'abc' } }));
    expect(planned.workload).toMatchObject({ kind: 'keep', layer: { services: { mimir: {} } } });
  });
});

describe('a wrong option', () => {
  const wrong = inputs({
    container: { reachable: true, lastGood: 'abc' },
    ...withOptions({ 'log-level': 'loud' }),
  });

  test('blocks the unit, and names itself, its value and what is allowed', () => {
    expect(status(plan(wrong))).toBe(
      'blocked: [config] log-level=loud: must be debug, info, warn or error; the last good configuration stays in use',
    );
  });

  test('keeps the last good configuration', () => {
    expect(plan(wrong).workload.kind).toBe('keep');
  });
});

test.each<[string, Partial<Inputs>, string]>([
  [
    'the container',
    { container: { reachable: false } },
    'waiting: [mimir] waiting for Pebble in the container',
  ],
  [
    'an address',
    { address: { ip: undefined, fqdn: 'mimir-k8s-0' } },
    'waiting: [mimir] waiting for an address',
  ],
])('a unit waits for %s', (_what, changes, expected) => {
  const planned = plan(inputs(changes));
  expect(planned.workload).toEqual({ kind: 'wait' });
  expect(status(planned)).toBe(expected);
});

describe('the plan', () => {
  test('has the same configuration for every unit, whatever its number, address or the number of its peers', () => {
    const first = plan(inputs({ objectStorage: s3Ready(), agreement: { replicationFactor: 1 } }));
    const third = plan(
      inputs({
        objectStorage: s3Ready(),
        agreement: { replicationFactor: 1 },
        unit: 'mimir-k8s/2',
        leader: false,
        plannedUnits: 5,
        address: { ip: '10.1.0.99', fqdn: 'mimir-k8s-2.mimir-k8s-endpoints.cos.svc.cluster.local' },
      }),
    );
    expect(fileText(third, CONFIG_FILE)).toBe(fileText(first, CONFIG_FILE));
  });

  test('gives Mimir the address of the unit for every ring, so that it never guesses one', () => {
    const planned = plan(inputs());
    if (planned.workload.kind !== 'run') throw new Error('not run');
    const flags = planned.workload.layer.services.mimir.command
      .split(' ')
      .filter((word) => word.endsWith('=10.1.0.7'));
    expect(flags).toHaveLength(10);
  });

  test('asks for a bucket name that S3 allows, however long the names are', () => {
    const { bucket } = plan(inputs({ app: `mimir-${'a'.repeat(80)}` })).databags;
    expect(bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
  });

  test('keeps each directory of Mimir apart from the others', () => {
    const dirs = Object.values(DIRS);
    const nested = dirs.filter((a) => dirs.some((b) => a !== b && a.startsWith(`${b}/`)));
    expect(nested).toEqual([]);
    expect(new Set(dirs).size).toBe(dirs.length);
  });

  test('has the configuration in a file that only its owner can read', () => {
    const planned = plan(inputs());
    if (planned.workload.kind !== 'run') throw new Error('not run');
    expect(planned.workload.files.find(({ path }) => path === CONFIG_FILE)?.permissions).toBe(0o600);
  });

  test('restarts Mimir when the CA chain changes, for Mimir reads it only when it starts', () => {
    const digest = (caChain: string) => {
      const { workload } = plan(inputs({ objectStorage: s3Ready({ caChain }) }));
      return workload.kind === 'run' ? workload.layer.services.mimir.environment.MIMIR_CONFIG_DIGEST : '';
    };
    expect(digest('one')).not.toBe(digest('two'));
    expect(digest('one')).toBe(digest('one'));
  });
});

test('a printed plan shows neither keys nor receivers', () => {
  const input = inputs({
    objectStorage: s3Ready({ accessKey: 'a"b\\c', secretKey: "it's: #secret" }),
    ...withOptions({
      'alertmanager-config':
        'route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: "http://u:hush@h"}]}]',
    }),
  });
  const text = JSON.stringify(masked(plan(input)));
  expect(text).toContain('********');
  expect(text).not.toMatch(/a\\*"b|#secret|hush/);
});
