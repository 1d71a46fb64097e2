/** Events as tests name them: with the relation, container or secret itself, or by its name in the state. */
import {
  type JujuEvent,
  LIFECYCLE_EVENTS,
  type LifecycleEvent,
  type LifecycleKind,
  type StorageEvent,
  type WorkloadEvent,
} from '../events/event.ts';
import type { SecretView, StorageView } from '../jujuc/index.ts';
import type { Notice } from '../pebble/types.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { storageId } from '../spec/storage-id.ts';
import type { ContainerName, EndpointName, StorageName } from '../spec/types.ts';
import { ImpossibleWorld } from './errors.ts';
import { type ContainerState, findRelation, findSecret, type RelationState, type State } from './state.ts';

/** A relation of the state, its id, or its endpoint when that has one relation. */
type RelationRef<S extends CharmSpec> = RelationState | number | EndpointName<S>;
type ContainerRef<S extends CharmSpec> = ContainerState | ContainerName<S>;
/** A storage instance of the state, its id `data/0`, or the name when there is one instance. */
type StorageRef<S extends CharmSpec> = StorageView | StorageName<S> | `${StorageName<S>}/${number}`;
/** A secret of the state, its id or its label. */
type SecretRef = SecretView | string;

/** What a test gives to `run`. */
export type EventInput<S extends CharmSpec = CharmSpec> =
  | LifecycleKind
  | LifecycleEvent
  | { readonly kind: 'relation-created' | 'relation-broken'; readonly relation: RelationRef<S> }
  /** Without a unit in joined: the one of the lowest number; in changed: the application. */
  | {
      readonly kind: 'relation-joined' | 'relation-changed';
      readonly relation: RelationRef<S>;
      readonly remoteUnit?: number;
    }
  | {
      readonly kind: 'relation-departed';
      readonly relation: RelationRef<S>;
      readonly remoteUnit?: number;
      /** The remote unit when absent; the test's own unit when that is being removed. */
      readonly departing?: 'remote' | 'local';
    }
  | { readonly kind: StorageEvent['kind']; readonly storage: StorageRef<S> }
  | { readonly kind: 'pebble-ready'; readonly container: ContainerRef<S> }
  | { readonly kind: 'pebble-custom-notice'; readonly container: ContainerRef<S>; readonly notice: Notice }
  | {
      readonly kind: 'pebble-check-failed' | 'pebble-check-recovered';
      readonly container: ContainerRef<S>;
      readonly check: string;
    }
  | { readonly kind: 'secret-changed' | 'secret-rotate'; readonly secret: SecretRef }
  | {
      readonly kind: 'secret-expired' | 'secret-remove';
      readonly secret: SecretRef;
      readonly revision: number;
    };

/** The event as Juju would tell it. @throws ImpossibleWorld when the state has no such thing. */
export function toEvent<S extends CharmSpec>(input: EventInput<S>, state: State, app: string): JujuEvent {
  if (typeof input === 'string') return lifecycleEvent(input);
  if ('relation' in input) return relationEvent(input, state, app);
  if ('storage' in input) return storageEvent(input, state);
  if ('secret' in input) return secretEvent(input, state);
  if ('container' in input) return workloadEvent(input);
  return input;
}

function lifecycleEvent(kind: LifecycleKind): LifecycleEvent {
  if (LIFECYCLE_EVENTS.includes(kind)) return { kind };
  throw new ImpossibleWorld([
    `there is no hook "${kind}": hooks without a subject are ${LIFECYCLE_EVENTS.join(', ')}`,
  ]);
}

type RelationInput = Extract<EventInput, { relation: unknown }>;

function relationEvent(input: RelationInput, state: State, app: string): JujuEvent {
  const relation = found(() =>
    findRelation(state, typeof input.relation === 'object' ? input.relation.id : input.relation),
  );
  const remoteApp = relation.remoteApp ?? app;
  const base = { endpoint: relation.endpoint, relationId: relation.id, remoteApp };
  const lowest = Object.keys(relation.remoteUnits).find((unit) => !relation.departed.includes(Number(unit)));
  switch (input.kind) {
    case 'relation-created':
    case 'relation-broken':
      return { kind: input.kind, ...base };
    case 'relation-changed': {
      const { remoteUnit } = input;
      return {
        kind: input.kind,
        ...base,
        ...(remoteUnit === undefined ? {} : { remoteUnit: `${remoteApp}/${remoteUnit}` }),
      };
    }
    case 'relation-joined':
      return { kind: input.kind, ...base, remoteUnit: `${remoteApp}/${input.remoteUnit ?? lowest ?? 0}` };
    case 'relation-departed': {
      const remoteUnit = `${remoteApp}/${input.remoteUnit ?? lowest ?? 0}`;
      const departingUnit = input.departing === 'local' ? `${app}/${state.unitNumber}` : remoteUnit;
      return { kind: input.kind, ...base, remoteUnit, departingUnit };
    }
  }
}

function storageEvent(input: Extract<EventInput, { storage: unknown }>, state: State): JujuEvent {
  const { kind, storage: ref } = input;
  const matches = state.storages.filter(({ id }) =>
    typeof ref === 'object' ? id === ref.id : id === ref || nameOf(id) === ref,
  );
  const [only] = matches;
  if (only === undefined || matches.length > 1) {
    const known = state.storages.map(({ id }) => id).join(', ') || 'none';
    const wanted = typeof ref === 'object' ? ref.id : ref;
    throw new ImpossibleWorld([
      `${kind} names storage "${wanted}", of which the state has ${matches.length} (it has: ${known}): add storage('${wanted}') to the state's storages, or give the instance's id`,
    ]);
  }
  return { kind, storage: nameOf(only.id), storageId: storageId(only.id), location: only.location };
}

function nameOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

function secretEvent(input: Extract<EventInput, { secret: unknown }>, state: State): JujuEvent {
  const ref = typeof input.secret === 'object' ? input.secret.id : input.secret.replace(/^secret:/, '');
  const { id, label } = found(() => findSecret(state, ref));
  const named = { secretId: `secret:${id}`, ...(label === undefined ? {} : { label }) };
  switch (input.kind) {
    case 'secret-changed':
    case 'secret-rotate':
      return { kind: input.kind, ...named };
    case 'secret-expired':
    case 'secret-remove':
      return { kind: input.kind, ...named, revision: input.revision };
  }
}

function workloadEvent(input: Extract<EventInput, { container: unknown }>): WorkloadEvent {
  const container = typeof input.container === 'object' ? input.container.name : input.container;
  switch (input.kind) {
    case 'pebble-ready':
      return { kind: input.kind, container };
    case 'pebble-custom-notice': {
      const { id, type, key } = input.notice;
      return { kind: input.kind, container, notice: { id, type, key } };
    }
    case 'pebble-check-failed':
    case 'pebble-check-recovered':
      return { kind: input.kind, container, check: input.check };
  }
}

function found<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ImpossibleWorld([`${message}: add it to the state, or name another`]);
  }
}
