/** The environment Juju gives a hook, parsed once into a typed event. */
import { EnvironmentError } from '../errors.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { isStorageId } from '../spec/storage-id.ts';
import type { StorageId } from '../spec/types.ts';
import { type JujuEvent, LIFECYCLE_EVENTS, type LifecycleKind } from './event.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Who and where this unit is, the same for every event of a dispatch. */
export interface JujuContext {
  /** `mimir-k8s/0` */
  readonly unit: string;
  readonly app: string;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly jujuVersion: string;
  readonly charmDir: string;
}

/** @throws EnvironmentError naming the variable that is missing. */
export function parseContext(env: Environment): JujuContext {
  const unit = need(env, 'JUJU_UNIT_NAME');
  return {
    unit,
    app: appOf(unit) ?? odd('JUJU_UNIT_NAME', unit, 'app/0'),
    model: { name: need(env, 'JUJU_MODEL_NAME'), uuid: need(env, 'JUJU_MODEL_UUID') },
    // Juju 3 does not say its version in meter-status-changed.
    jujuVersion: env.JUJU_VERSION || '0.0.0',
    charmDir: env.JUJU_CHARM_DIR || env.CHARM_DIR || process.cwd(),
  };
}

/**
 * A hook that the charm does not declare becomes `unknown`, as ops does: it has no handler, which lets a unit roll
 * back to an older charm. An action keeps its name, declared or not: its user is waiting for an answer.
 */
export function parseEvent(env: Environment, spec: CharmSpec): JujuEvent {
  const path = need(env, 'JUJU_DISPATCH_PATH');
  const hook = path.slice(path.lastIndexOf('/') + 1);
  if (path.startsWith('actions/'))
    return { kind: 'action', action: hook, taskId: env.JUJU_ACTION_UUID ?? '' };
  if (isLifecycle(hook)) return { kind: hook };
  return (
    secretEvent(env, hook) ??
    relationEvent(env, spec, hook) ??
    storageEvent(env, spec, hook) ??
    workloadEvent(env, spec, hook) ?? { kind: 'unknown', hook }
  );
}

/** Whether Juju may run a hook of this name for this charm. */
export function isHookOf(spec: CharmSpec, hook: string): boolean {
  if (isLifecycle(hook) || /^secret-(changed|rotate|expired|remove)$/.test(hook)) return true;
  const match = HOOK.exec(hook);
  if (match === null) return false;
  const [, name = '', relation, storage] = match;
  if (relation !== undefined) return Object.hasOwn(spec.endpoints, name);
  return Object.hasOwn(storage === undefined ? spec.containers : spec.storage, name);
}

const HOOK =
  /^(.+)-(?:(relation)-(?:created|joined|changed|departed|broken)|(storage)-(?:attached|detaching)|pebble-(?:ready|custom-notice|check-failed|check-recovered))$/;

function isLifecycle(hook: string): hook is LifecycleKind {
  return LIFECYCLE_EVENTS.some((name) => name === hook);
}

function secretEvent(env: Environment, kind: string): JujuEvent | undefined {
  switch (kind) {
    case 'secret-changed':
    case 'secret-rotate':
      return { kind, secretId: need(env, 'JUJU_SECRET_ID'), ...label(env) };
    case 'secret-expired':
    case 'secret-remove':
      return {
        kind,
        secretId: need(env, 'JUJU_SECRET_ID'),
        ...label(env),
        revision: revision(need(env, 'JUJU_SECRET_REVISION')),
      };
    default:
      return undefined;
  }
}

function revision(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : odd('JUJU_SECRET_REVISION', text, '2');
}

function label(env: Environment): { label?: string } {
  const value = env.JUJU_SECRET_LABEL;
  return value === undefined || value === '' ? {} : { label: value };
}

function relationEvent(env: Environment, spec: CharmSpec, hook: string): JujuEvent | undefined {
  const match = /^(.+)-(relation-(?:created|joined|changed|departed|broken))$/.exec(hook);
  const endpoint = match?.[1];
  if (endpoint === undefined || spec.endpoints[endpoint] === undefined) return undefined;
  const remoteUnit = env.JUJU_REMOTE_UNIT || undefined;
  const base = {
    endpoint,
    relationId: relationId(need(env, 'JUJU_RELATION_ID')),
    remoteApp: remoteAppOf(env, remoteUnit),
  };
  switch (match?.[2]) {
    case 'relation-created':
      return { kind: 'relation-created', ...base };
    case 'relation-broken':
      return { kind: 'relation-broken', ...base };
    case 'relation-joined':
      return { kind: 'relation-joined', ...base, remoteUnit: remoteUnit ?? missing('JUJU_REMOTE_UNIT') };
    case 'relation-departed':
      return {
        kind: 'relation-departed',
        ...base,
        remoteUnit: remoteUnit ?? missing('JUJU_REMOTE_UNIT'),
        departingUnit: env.JUJU_DEPARTING_UNIT || remoteUnit || missing('JUJU_DEPARTING_UNIT'),
      };
    default:
      return { kind: 'relation-changed', ...base, ...(remoteUnit === undefined ? {} : { remoteUnit }) };
  }
}

function storageEvent(env: Environment, spec: CharmSpec, hook: string): JujuEvent | undefined {
  const match = /^(.+)-storage-(attached|detaching)$/.exec(hook);
  const storage = match?.[1];
  if (storage === undefined || spec.storage[storage] === undefined) return undefined;
  return {
    kind: match?.[2] === 'attached' ? 'storage-attached' : 'storage-detaching',
    storage,
    storageId: storageIdOf(need(env, 'JUJU_STORAGE_ID')),
    location: env.JUJU_STORAGE_LOCATION ?? '',
  };
}

/** `data/0` */
function storageIdOf(text: string): StorageId<CharmSpec> {
  return isStorageId(text) ? text : odd('JUJU_STORAGE_ID', text, 'data/0');
}

function workloadEvent(env: Environment, spec: CharmSpec, hook: string): JujuEvent | undefined {
  const match = /^(.+)-pebble-(ready|custom-notice|check-failed|check-recovered)$/.exec(hook);
  const container = match?.[1];
  if (container === undefined || spec.containers[container] === undefined) return undefined;
  switch (match?.[2]) {
    case 'ready':
      return { kind: 'pebble-ready', container };
    case 'custom-notice':
      return {
        kind: 'pebble-custom-notice',
        container,
        notice: {
          id: need(env, 'JUJU_NOTICE_ID'),
          type: need(env, 'JUJU_NOTICE_TYPE'),
          key: need(env, 'JUJU_NOTICE_KEY'),
        },
      };
    case 'check-failed':
      return { kind: 'pebble-check-failed', container, check: need(env, 'JUJU_PEBBLE_CHECK_NAME') };
    default:
      return { kind: 'pebble-check-recovered', container, check: need(env, 'JUJU_PEBBLE_CHECK_NAME') };
  }
}

/** `s3:4` -> 4 */
function relationId(text: string): number {
  const id = /^(?:.+:)?(\d+)$/.exec(text)?.[1];
  return id === undefined ? odd('JUJU_RELATION_ID', text, 'endpoint:4') : Number(id);
}

/** The other side's application, by name or by its unit; the unit is one of its own. */
function remoteAppOf(env: Environment, remoteUnit: string | undefined): string {
  const byUnit = remoteUnit === undefined ? undefined : appOf(remoteUnit);
  if (remoteUnit !== undefined && byUnit === undefined) odd('JUJU_REMOTE_UNIT', remoteUnit, 'app/0');
  const app = env.JUJU_REMOTE_APP || byUnit || missing('JUJU_REMOTE_APP');
  if (byUnit === undefined || byUnit === app) return app;
  throw new EnvironmentError(
    `JUJU_REMOTE_UNIT is "${remoteUnit}", which is no unit of JUJU_REMOTE_APP, "${app}"`,
  );
}

/** `app/12` -> `app` */
function appOf(unit: string): string | undefined {
  return /^(.+)\/\d+$/.exec(unit)?.[1];
}

function need(env: Environment, name: string): string {
  return env[name] || missing(name);
}

function odd(name: string, text: string, like: string): never {
  throw new EnvironmentError(`${name} is "${text}", not like "${like}"`);
}

function missing(name: string): never {
  throw new EnvironmentError(
    `${name} is not set: this program is a charm, and Juju runs it by its dispatch script with that variable`,
  );
}
