/**
 * What a unit's agent does next, as a pure function of the model and of what only the running agent knows.
 * The order from the top is that of Juju's uniter (internal/worker/uniter/resolver.go and its resolvers).
 */
import { configHash } from '../model/config-values.ts';
import {
  appOf,
  findApplication,
  findCharm,
  findUnit,
  isOutdated,
  isPeer,
  relationsOf,
  sidesOf,
  unitsOf,
} from '../model/lookup.ts';
import { obsoleteRevisions } from '../model/secrets.ts';
import type { Application, Hook, Model, Relation, Secret, Unit, WorkloadHook } from '../model/state.ts';
import { pendingTask } from '../model/tasks.ts';
import { nextRelationStep } from './relation-resolver.ts';

export interface Live {
  readonly now: Date;
  /** Pebble events not run yet, oldest first. */
  readonly workload: readonly WorkloadHook[];
  /** A `juju exec` waits. */
  readonly execWaiting: boolean;
  readonly updateStatusDue: boolean;
  /** The pod has been asked to end. */
  readonly terminating: boolean;
  /** Model config `automatically-retry-hooks`. */
  readonly retryHooks: boolean;
  /** Whether a unit's pod is ready, as the probes of its containers say. */
  readonly isReady: (unit: string) => boolean;
  /** Whether a unit's pod is of another template than its StatefulSet has now. */
  readonly isStale: (unit: string) => boolean;
}

export type Operation =
  | { readonly kind: 'hook'; readonly hook: Hook }
  | { readonly kind: 'action'; readonly task: string }
  | { readonly kind: 'exec' }
  /** Counts as run: an operator said so, or what it was about is gone. */
  | { readonly kind: 'skip'; readonly hook: Hook }
  | { readonly kind: 'leave-scope'; readonly relationId: number }
  /** Another unit leads now: no hook tells this one. */
  | { readonly kind: 'resign' }
  /** A refresh: this pod goes, a new one comes with the new charm. */
  | { readonly kind: 'replace-pod' }
  /** The unit is dead. */
  | { readonly kind: 'finish' };

export function nextOperation(model: Model, unitName: string, live: Live): Operation | undefined {
  const unit = findUnit(model, unitName);
  const application = findApplication(model, appOf(unitName));
  if (unit.life === 'dead') return { kind: 'finish' };
  const { agent } = unit;
  const alive = unit.life === 'alive';
  const [queued] = agent.queue;
  const upgrading = queued?.kind === 'upgrade-charm';
  if (upgrading && agent.failed === undefined) return hook(queued);

  const idle = agent.failed === undefined && queued === undefined && agent.installed;
  if (idle && alive) {
    const operation = created(model, unit) ?? leadership(application, unit);
    if (operation !== undefined) return operation;
  }
  const [workload] = live.workload;
  const upForWorkload = agent.started || (agent.failed !== undefined && agent.installed);
  if (workload !== undefined && alive && upForWorkload) return hook(workload);
  if (idle && alive) {
    const operation = secrets(model, unit, live.now);
    if (operation !== undefined) return operation;
  }
  if ((idle || agent.failed !== undefined) && agent.installed) {
    const task = pendingTask(model, unitName);
    if (task !== undefined) return { kind: 'action', task: task.id };
  }
  if (live.execWaiting) return { kind: 'exec' };
  if (idle) {
    const operation = storage(model, unit);
    if (operation !== undefined) return operation;
  }
  // An agent that gets SIGTERM asks whether its pod comes back. That of a dying unit does not: it goes on with its way out.
  const refreshed =
    isToBeReplaced(application, unit, live) && waitsForPod(application, unit, live) === undefined;
  if (alive && (live.terminating || refreshed)) {
    const stopFailed = agent.failed?.hook.kind === 'stop';
    return agent.started && !stopFailed ? hook({ kind: 'stop' }) : { kind: 'replace-pod' };
  }
  if (agent.failed !== undefined) return failed(model, unit, agent.failed, live);
  if (queued !== undefined) return hook(queued);
  return alive ? whenIdle(model, unit, application, live) : dying(model, unit);
}

function hook(which: Hook): Operation {
  return { kind: 'hook', hook: which };
}

function created(model: Model, unit: Unit): Operation | undefined {
  const spec = findCharm(model, unit.charm).spec;
  for (const relation of relationsOf(model, appOf(unit.name))) {
    const { own, remote } = sidesOf(relation, appOf(unit.name));
    if (relation.life !== 'alive' || unit.agent.relations[relation.id] !== undefined) continue;
    if (spec.endpoints[own.endpoint] === undefined) continue;
    return hook({
      kind: 'relation-created',
      endpoint: own.endpoint,
      relationId: relation.id,
      remoteApp: remote.application,
    });
  }
  return undefined;
}

function leadership(application: Application, unit: Unit): Operation | undefined {
  const leads = application.leader === unit.name;
  if (leads === unit.agent.leader) return undefined;
  return leads ? hook({ kind: 'leader-elected' }) : { kind: 'resign' };
}

/** Expired, rotate, changed, remove: in this order. Secrets of the application are the leader's. */
function secrets(model: Model, unit: Unit, now: Date): Operation | undefined {
  const all = Object.values(model.secrets).sort((a, b) => (a.id < b.id ? -1 : 1));
  const owned = all.filter((secret) => manages(model, secret, unit.name));
  const due = (time: string | undefined) => time !== undefined && Date.parse(time) <= now.getTime();
  for (const secret of owned)
    if (due(secret.expireAt))
      return hook({
        kind: 'secret-expired',
        ...about(secret, unit.name),
        revision: secret.revisions.at(-1)?.revision ?? 1,
      });
  for (const secret of owned)
    if (due(secret.rotateAt)) return hook({ kind: 'secret-rotate', ...about(secret, unit.name) });
  for (const secret of all) {
    const consumer = secret.consumers[unit.name];
    if (consumer?.tracked === undefined || manages(model, secret, unit.name)) continue;
    const latest = secret.revisions.at(-1)?.revision ?? 0;
    if (latest > (unit.agent.secrets.announced[secret.id] ?? 0))
      return hook({ kind: 'secret-changed', ...about(secret, unit.name) });
  }
  for (const secret of owned) {
    const revision = obsoleteRevisions(secret).find(
      (each) => !unit.agent.secrets.removed.includes(`${secret.id}/${each}`),
    );
    if (revision !== undefined) return hook({ kind: 'secret-remove', ...about(secret, unit.name), revision });
  }
  return undefined;
}

function manages(model: Model, secret: Secret, unit: string): boolean {
  if (secret.owner.kind === 'unit') return secret.owner.name === unit;
  if (secret.owner.kind === 'user') return false;
  return secret.owner.name === appOf(unit) && model.applications[appOf(unit)]?.leader === unit;
}

function about(secret: Secret, unit: string): { secretId: string; label?: string } {
  const mine =
    secret.owner.kind !== 'user' && (secret.owner.name === unit || secret.owner.name === appOf(unit));
  const label = mine ? secret.label : secret.consumers[unit]?.label;
  return { secretId: secret.id, ...(label === undefined ? {} : { label }) };
}

/** An agent that has not been told of its storage is told; a dying one gives it back. */
function storage(model: Model, unit: Unit): Operation | undefined {
  const attachments = Object.values(model.storages)
    .filter((each) => each.unit === unit.name && each.attached)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id, name, location } of attachments) {
    const told = unit.agent.storages.includes(id);
    const about = { storage: name, storageId: id, location };
    if (unit.life === 'alive' && !told) return hook({ kind: 'storage-attached', ...about });
    if (unit.life !== 'alive' && told) return hook({ kind: 'storage-detaching', ...about });
  }
  return undefined;
}

/** Whether Juju has a newer charm for it, or its StatefulSet another template. One that leaves stays as it is. */
export function isToBeReplaced(
  application: Application,
  unit: Unit,
  { isStale }: Pick<Live, 'isStale'>,
): boolean {
  return unit.life === 'alive' && (isOutdated(application, unit) || isStale(unit.name));
}

/**
 * A rolling update as the controller of StatefulSets does it (pkg/controller/statefulset): from the highest ordinal on,
 * and each pod waits until the one before is there anew and ready. With Juju's `podManagementPolicy: Parallel` Kubernetes
 * does not look at `minReadySeconds` there, up to 1.33, nor at pods of lower ordinals. Juju scales down when units are
 * dead. @returns the unit whose pod is waited for
 */
export function waitsForPod(
  application: Application,
  unit: Unit,
  live: Pick<Live, 'isReady' | 'isStale'>,
): string | undefined {
  return unitsOf(application).findLast(
    (other) =>
      other.ordinal > unit.ordinal &&
      other.life !== 'dead' &&
      (isToBeReplaced(application, other, live) || !live.isReady(other.name)),
  )?.name;
}

function failed(
  model: Model,
  unit: Unit,
  failure: NonNullable<Unit['agent']['failed']>,
  live: Live,
): Operation | undefined {
  if (failure.resolve === 'skip' || !isStillDue(model, unit, failure.hook))
    return { kind: 'skip', hook: failure.hook };
  const retry =
    failure.resolve === 'retry' || (live.retryHooks && Date.parse(failure.retryAt) <= live.now.getTime());
  return retry ? hook(failure.hook) : undefined;
}

/** A failed hook whose reason is gone is not run again. */
function isStillDue(model: Model, unit: Unit, which: Hook): boolean {
  if ('relationId' in which) return model.relations[which.relationId] !== undefined;
  if ('secretId' in which) {
    const secret = model.secrets[which.secretId];
    if (secret === undefined) return false;
    return which.kind === 'secret-changed' || manages(model, secret, unit.name);
  }
  if (which.kind === 'leader-elected') return model.applications[appOf(unit.name)]?.leader === unit.name;
  if ('storageId' in which) return model.storages[which.storageId] !== undefined;
  return true;
}

function whenIdle(model: Model, unit: Unit, application: Application, live: Live): Operation | undefined {
  const { agent } = unit;
  if (!agent.installed) return hook({ kind: 'install' });
  const { spec } = findCharm(model, unit.charm);
  if (agent.configHash !== configHash(spec, application, unit.address))
    return hook({ kind: 'config-changed' });
  const operation = relations(model, unit);
  if (operation !== undefined) return operation;
  return live.updateStatusDue && agent.started ? hook({ kind: 'update-status' }) : undefined;
}

/** Non-peer relations before peer relations, each by id. */
function relations(model: Model, unit: Unit): Operation | undefined {
  const all = relationsOf(model, appOf(unit.name));
  for (const relation of [...all.filter((r) => !isPeer(r)), ...all.filter(isPeer)]) {
    const operation = relationStep(relation, unit);
    if (operation !== undefined) return operation;
  }
  return undefined;
}

function relationStep(relation: Relation, unit: Unit): Operation | undefined {
  const seen = unit.agent.relations[relation.id];
  if (seen === undefined) {
    // A unit that never had its `created` has nothing to undo, though it may have entered with other relations.
    const entered = relation.units[unit.name]?.inScope === true;
    const ending = relation.life !== 'alive' || unit.life !== 'alive';
    return entered && ending ? { kind: 'leave-scope', relationId: relation.id } : undefined;
  }
  const { own, remote } = sidesOf(relation, appOf(unit.name));
  const step = nextRelationStep(seen, relation, {
    unit: unit.name,
    endpoint: own.endpoint,
    remoteApp: remote.application,
    peer: isPeer(relation),
    unitDying: unit.life !== 'alive',
  });
  if (step === 'leave') return { kind: 'leave-scope', relationId: relation.id };
  return step === undefined ? undefined : hook(step);
}

/** The way out: relations first, then `stop` and `remove`. A unit that was never installed just goes. */
function dying(model: Model, unit: Unit): Operation | undefined {
  const { agent } = unit;
  if (!agent.installed) return { kind: 'finish' };
  const operation = relations(model, unit);
  if (operation !== undefined) return operation;
  if (!agent.stopped) return hook({ kind: 'stop' });
  return hook({ kind: 'remove' });
}
