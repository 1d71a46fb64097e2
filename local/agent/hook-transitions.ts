/** How the model changes when a hook begins, fails or is cut off; pure. Its success is `advance` in model/commit.ts. */
import { isDeepStrictEqual } from 'node:util';
import { type Seen, seenNow, setStatus } from '../model/commit.ts';
import { appOf, findApplication, findCharm, findUnit, relationsOf, sidesOf } from '../model/lookup.ts';
import { enterScope } from '../model/relations.ts';
import type { Hook, Model, Unit } from '../model/state.ts';

const RETRY_MS = { first: 5_000, last: 300_000 };

export function hookNameOf(hook: Hook): string {
  if ('endpoint' in hook) return `${hook.endpoint}-${hook.kind}`;
  if ('storage' in hook) return `${hook.storage}-${hook.kind}`;
  if ('container' in hook) return `${hook.container}-${hook.kind}`;
  return hook.kind;
}

/** Statuses as Juju sets them around hooks; the unit enters its new relations just before the first hook of them. */
export function beginHook(model: Model, unitName: string, hook: Hook, now: string): Seen {
  const unit = findUnit(model, unitName);
  unit.agent.running = hook;
  if (hook.kind === 'install')
    setStatus(unit, 'workloadStatus', 'maintenance', 'installing charm software', now);
  if (hook.kind === 'stop') setStatus(unit, 'workloadStatus', 'maintenance', 'stopping charm software', now);
  if (hook.kind === 'remove')
    setStatus(unit, 'workloadStatus', 'maintenance', 'cleaning up prior to charm deletion', now);
  if (hook.kind !== 'update-status') {
    const about = 'remoteUnit' in hook && hook.remoteUnit !== undefined ? ` for ${hook.remoteUnit}` : '';
    setStatus(unit, 'agentStatus', 'executing', `running ${hookNameOf(hook)} hook${about}`, now);
  }
  if (hook.kind === 'relation-created') enterAll(model, unit);
  return seenNow(model, unitName, hook);
}

/**
 * Juju's uniter enters all relations that are new to it together, before the first of their hooks
 * (`SynchronizeScopes` in internal/worker/uniter/relation/statetracker.go): in `relation-created` of one a charm may
 * already write to the others.
 */
function enterAll(model: Model, unit: Unit): void {
  const application = appOf(unit.name);
  const { address } = findApplication(model, application);
  const { endpoints } = findCharm(model, unit.charm).spec;
  for (const relation of relationsOf(model, application)) {
    const { own } = sidesOf(relation, application);
    const isNew = relation.life === 'alive' && unit.agent.relations[relation.id] === undefined;
    if (isNew && endpoints[own.endpoint] !== undefined) enterScope(model, relation.id, unit.name, address);
  }
}

/** A Pebble hook shows its failure, but the unit is not stuck with it: the event comes again. */
export function failHook(model: Model, unitName: string, hook: Hook, now: Date): void {
  const unit = findUnit(model, unitName);
  const { agent } = unit;
  delete agent.running;
  setStatus(unit, 'agentStatus', 'error', failureText(model, unitName, hook), now.toISOString());
  if ('container' in hook) return;
  const before = isDeepStrictEqual(agent.failed?.hook, hook) ? agent.failed : undefined;
  const retries = before === undefined ? 0 : before.retries + 1;
  const wait = Math.min(RETRY_MS.first * 2 ** retries, RETRY_MS.last);
  agent.failed = { hook, retries, retryAt: new Date(now.getTime() + wait).toISOString() };
}

/** `hook failed: "db-relation-changed" for mysql:server` */
function failureText(model: Model, unitName: string, hook: Hook): string {
  const text = `hook failed: "${hookNameOf(hook)}"`;
  const relation = 'relationId' in hook ? model.relations[hook.relationId] : undefined;
  if (relation === undefined) return text;
  const { remote } = sidesOf(relation, appOf(unitName));
  return `${text} for ${remote.application}:${remote.endpoint}`;
}

/** Killed, not failed: it is due as before. */
export function cutOff(model: Model, unitName: string): void {
  delete findUnit(model, unitName).agent.running;
}

/** Nothing to do: idle, or still in error. */
export function rest(model: Model, unitName: string, now: string): void {
  const unit: Unit = findUnit(model, unitName);
  if (unit.agent.failed === undefined) setStatus(unit, 'agentStatus', 'idle', '', now);
  else setStatus(unit, 'agentStatus', 'error', failureText(model, unitName, unit.agent.failed.hook), now);
}

/** `juju resolved`: the failed hook again, or as though it had run. */
export function resolveUnit(model: Model, unitName: string, retry: boolean): boolean {
  const { failed } = findUnit(model, unitName).agent;
  if (failed === undefined) return false;
  failed.resolve = retry ? 'retry' : 'skip';
  return true;
}
