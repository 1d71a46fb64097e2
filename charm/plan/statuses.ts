/** What `juju status` says, and the next step in it. The list is in order of precedence within each kind of status. */
import type { Status } from 'charmwright';
import { type ClusterTrouble, clusterCounts, leadsCluster } from './cluster.ts';
import type { Inputs, NeighbourProblem, WaitsFor } from './inputs.ts';
import type { OptionProblem, OptionsResult } from './options.ts';
import { scarceRoles } from './roles.ts';
import { type HoldReason, type StorageDecision, writeQuorum } from './storage.ts';
import { DEFAULT_TENANT } from './tenant.ts';

/**
 * Options first (a typing slip is the quickest to mend), then storage, then what only time can bring.
 * @param kept the workload stays as it is.
 */
export function planStatuses(
  inputs: Inputs,
  options: OptionsResult,
  storage: StorageDecision,
  kept: boolean,
  trouble?: ClusterTrouble,
): readonly Status[] {
  const held = inputs.container.lastGood === undefined ? '' : '; the last good configuration stays in use';
  return [
    ...optionStatuses(options, held),
    ...tenantLimitsStatuses(inputs),
    ...troubleStatuses(inputs.app, trouble, held),
    ...(storage.kind === 'hold' ? [holdStatus(inputs.app, storage.reason, held)] : []),
    ...unitStatuses(inputs, storage),
    ...placeStatuses(inputs),
    ...(storage.kind === 's3' ? bucketStatuses(inputs, kept ? held : '') : []),
    ...certificateStatuses(inputs),
    ...turnStatuses(inputs),
    ...redisStatuses(inputs),
    ...inputs.neighbourProblems.map(notUsed),
    activeStatus(inputs, storage),
  ];
}

function optionStatuses(result: OptionsResult, held: string): readonly Status[] {
  return result.ok ? [] : [optionStatus(result.problems, held)];
}

export function optionStatus(problems: readonly OptionProblem[], held: string): Status {
  const list = problems.map(({ option, value, allowed }) => `${option}=${value}: must be ${allowed}`);
  return blocked(`[config] ${list.join('; ')}${held}`);
}

/** A line of the file for Mimir. */
const OF_OTHERS = new RegExp(`^  "(?!${DEFAULT_TENANT}")`, 'm');

function tenantLimitsStatuses({ tenantLimits, options: { multitenancy } }: Inputs): readonly Status[] {
  if (tenantLimits?.kind === 'wrong') return [limitsRefused(tenantLimits.reason)];
  if (multitenancy || !OF_OTHERS.test(tenantLimits?.content ?? '')) return [];
  return [
    active(`[config] limits of tenants have no effect while multitenancy is off, but for ${DEFAULT_TENANT}`),
  ];
}

/** @param reason begins with where the mistake is. */
export function limitsRefused(reason: string): Status {
  return blocked(`[config] ${reason}; the last good limits of tenants stay in use`);
}

function holdStatus(app: string, reason: HoldReason, held: string): Status {
  const integrate = `juju integrate ${app}:s3 s3-integrator`;
  switch (reason.kind) {
    case 'needs-object-storage':
      return blocked(`[s3] ${reason.units} units need object storage: ${integrate}${held}`);
    case 'object-storage-gone':
      return blocked(
        `[s3] the metrics are in a bucket that is not related any more: juju integrate ${app}:s3 PROVIDER, the one that has it${held}`,
      );
    case 'provider-silent': {
      const why = reason.unreadable ? `: its secret is not there, or not granted to ${app}` : '';
      return waiting(
        `[s3] ${reason.app} has not given ${reason.missing.join(', ')} yet (${reason.relation})${why}${held}`,
      );
    }
    case 'provider-invalid': {
      const list = reason.problems.map(({ key, problem }) => `key "${key}" ${problem}`);
      return blocked(`[s3] data of ${reason.app} (${reason.relation}): ${list.join('; ')}${held}`);
    }
    case 'no-peers-yet':
      return waiting('[mimir-peers] waiting for the peer relation');
    case 'zones-unknown':
      return waiting(
        `[mimir-peers] waiting until all units of ${reason.silent.join(', ')} have said in which zone they are`,
      );
    case 'leader-decides':
      return waiting('[mimir-peers] waiting for the leader to choose the replication factor');
  }
}

/** Too few units for the factor is no reason to stop what runs, but nothing can be written until there are more. */
function unitStatuses(inputs: Inputs, storage: StorageDecision): readonly Status[] {
  if (storage.kind !== 's3') return [];
  const factor = storage.replicationFactor;
  const ingesters = clusterCounts(inputs).ingester;
  if (ingesters >= writeQuorum(factor)) return [];
  const remedy = leadsCluster(inputs)
    ? 'scale an application with the role ingester'
    : `juju scale-application ${inputs.app} ${factor}`;
  return [blocked(`[replication-factor] writes fail: ${units(ingesters)} for ${factor} copies: ${remedy}`)];
}

function troubleStatuses(app: string, trouble: ClusterTrouble | undefined, held: string): readonly Status[] {
  switch (trouble?.kind) {
    case undefined:
      return [];
    case 'nobody':
      return [
        blocked(
          `[roles] none, and nobody has joined: juju integrate ${app}:mimir-cluster APPLICATION:join-cluster${held}`,
        ),
      ];
    case 'alone':
      return [
        blocked(
          `[roles] no unit has ${trouble.missing.join(', ')}: juju integrate MIMIR:mimir-cluster ${app}:join-cluster, or juju config ${app} roles=all${held}`,
        ),
      ];
    case 'missing':
      return [
        blocked(
          `[mimir-cluster] no unit has ${trouble.missing.join(', ')}: give the role to an application of the cluster, or let one join that has it${held}`,
        ),
      ];
  }
}

export function placeStatuses({ container, address }: Inputs): readonly Status[] {
  return [
    ...(container.reachable ? [] : [waiting('[mimir] waiting for Pebble in the container')]),
    ...(address.ip === undefined ? [waiting('[mimir] waiting for an address')] : []),
  ];
}

/** Mimir itself says nothing of it: it serves what it has and tries again. */
function bucketStatuses({ objectStorage, bucket }: Inputs, held: string): readonly Status[] {
  if (objectStorage.kind !== 'ready') return [];
  const { app, relation } = objectStorage;
  switch (bucket.kind) {
    case 'fine':
      return [];
    case 'away':
      return [
        waiting(
          `[s3] ${bucket.cause}: see juju status ${app} (${relation}); until it does, new metrics stay on the volume${held}`,
        ),
      ];
    case 'refused':
      return [blocked(`[s3] ${bucket.cause}: mend it at ${app} (${relation})${held}`)];
  }
}

/** Mimir serves meanwhile, on what it was last started with. */
export function turnStatuses({ waitsFor }: Pick<Inputs, 'waitsFor'>): readonly Status[] {
  return waitsFor === undefined ? [] : [turnStatus(waitsFor)];
}

function turnStatus(waitsFor: WaitsFor): Status {
  switch (waitsFor.kind) {
    case 'turn': {
      const after = waitsFor.after === undefined ? '' : `, after ${waitsFor.after}`;
      return waiting(`[mimir] waiting for its turn to restart${after}`);
    }
    case 'unit':
      return waiting(`[mimir] waiting for its turn to restart: ${waitsFor.unit} does not serve`);
    case 'ring': {
      const { active: count, units: all } = waitsFor;
      return waiting(`[mimir] waiting for its turn to restart: ${count} of ${all} ingesters are in the ring`);
    }
  }
}

/** Redis' charm drops its passwords while it is related, so this is more than a remark. */
function redisStatuses({ app, neighbours }: Inputs): readonly Status[] {
  const [redis] = neighbours.redises ?? [];
  if (redis === undefined) return [];
  return [
    blocked(
      `[redis] Mimir 3 cannot use Redis, which asks for no password while it is related: juju remove-relation ${app}:redis ${redis}, and juju integrate ${app}:cache with a memcached instead`,
    ),
  ];
}

export function certificateStatuses({
  authorities,
  neighbours: { certificates },
}: Inputs): readonly Status[] {
  if (certificates === undefined) return [];
  const { app, relation, refused, own } = certificates;
  if (refused !== undefined)
    return [blocked(`[certificates] ${app} refuses to sign this unit's request (${relation}): ${refused}`)];
  if (own?.expired) {
    return [
      blocked(
        `[certificates] this unit's certificate has expired, and ${app} has not signed a new one (${relation})`,
      ),
    ];
  }
  if (own === undefined) {
    const until = authorities === undefined ? 'plain HTTP until then' : 'the other units speak TLS';
    return [waiting(`[certificates] ${app} has not signed this unit's request yet (${relation}); ${until}`)];
  }
  return authorities === undefined
    ? [waiting('[certificates] plain HTTP until every unit has a certificate')]
    : [];
}

/** Mimir serves without what the neighbour meant to say, so this is a remark. */
export function notUsed({ relation, app, key, problem }: NeighbourProblem): Status {
  return active(
    `[${relation.split(':')[0]}] not used: data of ${app} (${relation}): key "${key}" ${problem}`,
  );
}

function activeStatus(inputs: Inputs, storage: StorageDecision): Status {
  if (storage.kind === 'filesystem') {
    return active(`on this unit's own disk; for more units: juju integrate ${inputs.app}:s3 s3-integrator`);
  }
  const ingesters = clusterCounts(inputs).ingester;
  if (storage.kind === 's3' && ingesters < storage.replicationFactor) {
    return active(`${units(ingesters)} for ${storage.replicationFactor} copies: no unit may fail`);
  }
  if (leadsCluster(inputs)) return scarceStatus(inputs);
  return active('');
}

/** Canonical's recommendation. */
function scarceStatus(inputs: Inputs): Status {
  const scarce = scarceRoles(clusterCounts(inputs)).map(
    ({ component, units: count, recommended }) => `${component} ${count} of ${recommended}`,
  );
  return active(scarce.length === 0 ? '' : `fewer units than recommended: ${scarce.join(', ')}`);
}

function units(count: number): string {
  return count === 1 ? '1 unit' : `${count} units`;
}

export function blocked(message: string): Status {
  return { name: 'blocked', message };
}

export function waiting(message: string): Status {
  return { name: 'waiting', message };
}

export function active(message: string): Status {
  return { name: 'active', message };
}
