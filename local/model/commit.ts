/** Transitions of a hook: what takes effect at once, what is committed at its success, what its end teaches the agent. */
import { isDeepStrictEqual } from 'node:util';
import { applyPorts, applyState, type Immediate, type Pending } from 'charmwright/juju';
import { addStorage, forgetCharms, status } from './applications.ts';
import { configHash } from './config-values.ts';
import { appOf, charmOf, findApplication, findCharm, findUnit } from './lookup.ts';
import { Refusal } from './refusal.ts';
import { leaveScope, removeIfDone, writeBag } from './relations.ts';
import { commitSecrets, scheduleRotation, trackSecret } from './secrets.ts';
import type { Agent, Hook, Model, RelationHook, Unit } from './state.ts';

/** Five minutes: how long Juju waits before it asks again for a rotation or removal that did not happen. */
const AGAIN_MS = 5 * 60_000;

/** A hook's effect that stays even when the hook fails. Logs and an action's results are not the model's. */
export function applyImmediate(model: Model, unitName: string, effect: Immediate, now: string): void {
  const unit = findUnit(model, unitName);
  switch (effect.kind) {
    case 'unit-status':
      setStatus(unit, 'workloadStatus', effect.value.status, effect.value.message, now);
      return;
    case 'app-status': {
      const application = findApplication(model, appOf(unitName));
      const { status: current, message } = effect.value;
      if (application.status?.current === current && application.status.message === message) return;
      application.status = status(current, message, now);
      return;
    }
    case 'version':
      unit.workloadVersion = effect.version;
      return;
    case 'secret-track':
      trackSecret(model, unitName, effect);
      return;
    case 'leader-set':
    case 'log':
    case 'action-log':
    case 'action-set':
    case 'action-fail':
      return;
    default:
      effect satisfies never;
  }
}

/** `since` moves only when the status really does. */
export function setStatus(
  unit: Unit,
  which: 'workloadStatus' | 'agentStatus',
  current: string,
  message: string,
  now: string,
): void {
  if (unit[which].current === current && unit[which].message === message) return;
  unit[which] = status(current, message, now);
}

/** Everything a hook asked for, in one go. Throws Refusal when Juju would refuse: nothing is kept then. */
export function commitPending(model: Model, unitName: string, pending: Pending, now: Date): void {
  const unit = findUnit(model, unitName);
  const app = appOf(unitName);
  checkLeadership(model, unitName, pending);
  for (const [id, changes] of Object.entries(pending.relationUnit)) {
    const bag = model.relations[id]?.units[unitName];
    if (bag !== undefined) writeBag(bag, changes);
  }
  for (const [id, changes] of Object.entries(pending.relationApp)) {
    const bag = model.relations[id]?.apps[app];
    if (bag !== undefined) writeBag(bag, changes);
  }
  unit.state = { ...applyState(unit.state, pending) };
  unit.ports = [...applyPorts(unit.ports, pending)];
  commitSecrets(model, unitName, pending.secrets, now);
  for (const [name, count] of Object.entries(pending.storageAdd))
    for (let added = 0; added < count; added++)
      addStorage(model, charmOf(model, app), { unit: unitName, name }, now.toISOString());
}

/** Whoever leads no more when its hook ends has written nothing for the application. */
function checkLeadership(model: Model, unit: string, { relationApp, secrets }: Pending): void {
  const app = appOf(unit);
  const ofApplication = (id: string) => model.secrets[id]?.owner.kind === 'application';
  const forAll =
    Object.keys(relationApp).length > 0 ||
    secrets.some(({ id, create }) => (create?.owner ?? 'unit') === 'application' || ofApplication(id));
  if (forAll && model.applications[app]?.leader !== unit)
    throw new Refusal(`prerequisites failed: "${unit}" is not leader of "${app}"`);
}

/** What an operation saw when it began; its end records these, not what changed meanwhile. */
export interface Seen {
  readonly configHash: string;
  /** The version of the bag a relation-changed hook is about. */
  readonly bagVersion: number;
  /** The latest revision of the secret it is about. */
  readonly secretRevision: number;
}

export function seenNow(model: Model, unitName: string, hook: Hook): Seen {
  const unit = findUnit(model, unitName);
  const application = findApplication(model, appOf(unitName));
  const { spec } = findCharm(model, unit.charm);
  return {
    configHash: configHash(spec, application, unit.address),
    bagVersion: 'relationId' in hook ? bagVersion(model, hook) : 0,
    secretRevision: 'secretId' in hook ? (model.secrets[hook.secretId]?.revisions.at(-1)?.revision ?? 0) : 0,
  };
}

function bagVersion(model: Model, hook: RelationHook): number {
  const relation = model.relations[hook.relationId];
  if ('remoteUnit' in hook && hook.remoteUnit !== undefined)
    return relation?.units[hook.remoteUnit]?.version ?? 0;
  return relation?.apps[hook.remoteApp]?.version ?? 0;
}

/** The hook is over, by success or because an operator resolved it: the agent goes on from there. */
export function advance(model: Model, unitName: string, hook: Hook, seen: Seen, now: Date): void {
  const unit = findUnit(model, unitName);
  const { agent } = unit;
  if (isDeepStrictEqual(agent.queue[0], hook)) agent.queue.shift();
  delete agent.running;
  // Another hook may have failed and wait: Pebble's events pass it by.
  if (isDeepStrictEqual(agent.failed?.hook, hook)) delete agent.failed;
  switch (hook.kind) {
    case 'install':
      agent.installed = true;
      return;
    case 'config-changed':
      agent.configHash = seen.configHash;
      if (!agent.started) agent.queue.push({ kind: 'start' });
      return;
    case 'upgrade-charm':
      agent.queue.push({ kind: 'config-changed' });
      return;
    case 'start':
      agent.started = true;
      if (unit.workloadStatus.message === 'installing charm software')
        setStatus(unit, 'workloadStatus', 'unknown', '', now.toISOString());
      return;
    case 'stop':
      agent.started = false;
      if (unit.life !== 'alive') agent.stopped = true;
      return;
    case 'remove':
      unit.life = 'dead';
      setStatus(unit, 'workloadStatus', 'terminated', '', now.toISOString());
      return;
    case 'leader-elected':
      agent.leader = true;
      return;
    case 'storage-attached':
      agent.storages.push(hook.storageId);
      return;
    case 'storage-detaching': {
      agent.storages = agent.storages.filter((id) => id !== hook.storageId);
      const storage = model.storages[hook.storageId];
      if (storage !== undefined) Object.assign(storage, { attached: false, since: now.toISOString() });
      return;
    }
    case 'relation-created':
    case 'relation-joined':
    case 'relation-changed':
    case 'relation-departed':
    case 'relation-broken':
      advanceRelation(model, unitName, agent, hook, seen);
      return;
    case 'secret-changed':
      agent.secrets.announced[hook.secretId] = seen.secretRevision;
      return;
    case 'secret-remove':
      agent.secrets.removed.push(`${hook.secretId}/${hook.revision}`);
      return;
    case 'secret-rotate': {
      const secret = model.secrets[hook.secretId];
      if (secret === undefined) return;
      scheduleRotation(secret, now);
      if (secret.rotateAt !== undefined && secret.revisions.at(-1)?.revision === seen.secretRevision)
        secret.rotateAt = new Date(now.getTime() + AGAIN_MS).toISOString();
      return;
    }
    case 'secret-expired': {
      const secret = model.secrets[hook.secretId];
      if (secret === undefined) return;
      const gone = secret.revisions.every(({ revision }) => revision !== hook.revision);
      if (gone) delete secret.expireAt;
      else secret.expireAt = new Date(now.getTime() + AGAIN_MS).toISOString();
      return;
    }
    case 'update-status':
    case 'pebble-ready':
    case 'pebble-custom-notice':
    case 'pebble-check-failed':
    case 'pebble-check-recovered':
      return;
    default:
      hook satisfies never;
  }
}

function advanceRelation(model: Model, unitName: string, agent: Agent, hook: RelationHook, seen: Seen): void {
  const state = agent.relations[hook.relationId] ?? { members: {}, apps: {}, broken: false };
  agent.relations[hook.relationId] = state;
  switch (hook.kind) {
    case 'relation-created':
      return;
    case 'relation-joined':
      // `changed` follows in any case, so no version counts as seen yet.
      state.members[hook.remoteUnit] = 0;
      state.changedDue = hook.remoteUnit;
      return;
    case 'relation-changed':
      if (hook.remoteUnit === undefined) {
        state.apps[hook.remoteApp] = seen.bagVersion;
        return;
      }
      state.members[hook.remoteUnit] = seen.bagVersion;
      if (state.changedDue === hook.remoteUnit) delete state.changedDue;
      return;
    case 'relation-departed':
      delete state.members[hook.remoteUnit];
      if (state.changedDue === hook.remoteUnit) delete state.changedDue;
      return;
    case 'relation-broken':
      state.broken = true;
      leaveScope(model, hook.relationId, unitName);
      if (model.relations[hook.relationId] === undefined) forgetRelation(model, hook.relationId);
      return;
    default:
      hook satisfies never;
  }
}

/** Agents keep nothing of a relation that is gone: its id is never given again. */
export function forgetRelation(model: Model, id: number): void {
  removeIfDone(model, id);
  for (const application of Object.values(model.applications))
    for (const unit of Object.values(application.units)) delete unit.agent.relations[id];
}

/** The unit has noticed that another one leads: should it lead again, it hears of it again. */
export function resign(model: Model, unitName: string): void {
  findUnit(model, unitName).agent.leader = false;
}

/** A new pod for a unit: an empty charm folder. An installed unit runs `upgrade-charm`, `config-changed`, `start`. */
export function podBorn(model: Model, unitName: string): void {
  const unit = findUnit(model, unitName);
  const { agent } = unit;
  delete agent.running;
  delete agent.failed;
  agent.queue = [];
  if (unit.life === 'alive') {
    const { charm, charmModifiedVersion } = findApplication(model, appOf(unitName));
    Object.assign(unit, { charm, charmModifiedVersion });
  }
  forgetCharms(model);
  agent.started = agent.started && unit.life !== 'alive';
  if (agent.installed && unit.life === 'alive') agent.queue.push({ kind: 'upgrade-charm' });
}
