/** Every event Juju can send a charm, as one union. Source: Juju's hook names and environment (facts 4). */
import type * as z from 'zod';
import type { CharmSpec } from '../spec/spec.ts';
import type {
  ActionName,
  ContainerName,
  EndpointName,
  EndpointWith,
  StorageId,
  StorageName,
} from '../spec/types.ts';
import type { OfKind } from './match.ts';

export const LIFECYCLE_EVENTS = [
  'install',
  'start',
  'stop',
  'remove',
  'config-changed',
  'upgrade-charm',
  'update-status',
  'leader-elected',
  'leader-settings-changed',
  'collect-metrics',
  'meter-status-changed',
  'pre-series-upgrade',
  'post-series-upgrade',
] as const;
export type LifecycleKind = (typeof LIFECYCLE_EVENTS)[number];

export interface LifecycleEvent {
  readonly kind: LifecycleKind;
}

interface RelationEventBase<S extends CharmSpec> {
  readonly endpoint: EndpointName<S>;
  readonly relationId: number;
  readonly remoteApp: string;
}

export type RelationEvent<S extends CharmSpec = CharmSpec> = RelationEventBase<S> &
  (
    | { readonly kind: 'relation-created' | 'relation-broken' }
    | { readonly kind: 'relation-joined'; readonly remoteUnit: string }
    /** Without a unit: the application's own databag changed. */
    | { readonly kind: 'relation-changed'; readonly remoteUnit?: string }
    | { readonly kind: 'relation-departed'; readonly remoteUnit: string; readonly departingUnit: string }
  );

export interface StorageEvent<S extends CharmSpec = CharmSpec> {
  readonly kind: 'storage-attached' | 'storage-detaching';
  readonly storage: StorageName<S>;
  /** `data/0` */
  readonly storageId: StorageId<S>;
  readonly location: string;
}

export type WorkloadEvent<S extends CharmSpec = CharmSpec> = { readonly container: ContainerName<S> } & (
  | { readonly kind: 'pebble-ready' }
  | {
      readonly kind: 'pebble-custom-notice';
      readonly notice: { readonly id: string; readonly type: string; readonly key: string };
    }
  | { readonly kind: 'pebble-check-failed' | 'pebble-check-recovered'; readonly check: string }
);

export type SecretEvent =
  | { readonly kind: 'secret-changed' | 'secret-rotate'; readonly secretId: string; readonly label?: string }
  | {
      readonly kind: 'secret-expired' | 'secret-remove';
      readonly secretId: string;
      readonly label?: string;
      readonly revision: number;
    };

export interface ActionEvent<S extends CharmSpec = CharmSpec> {
  readonly kind: 'action';
  readonly action: ActionName<S>;
  readonly taskId: string;
}

/** A hook this charm does not declare (after a roll-back, say). Nothing is run for it but the reconcile. */
export interface UnknownEvent {
  readonly kind: 'unknown';
  readonly hook: string;
}

/**
 * Every event that Juju can send to this charm, told apart by `kind`. A `switch` over it can be exhaustive.
 */
export type JujuEvent<S extends CharmSpec = CharmSpec> =
  | LifecycleEvent
  | RelationEvent<S>
  | StorageEvent<S>
  | WorkloadEvent<S>
  | SecretEvent
  | ActionEvent<S>
  | UnknownEvent;

export type EventKind = JujuEvent['kind'];

/** A charm's own events: by name, the schema of what each carries. It must be JSON, since events can be deferred. */
export type EventSchemas = Readonly<Record<string, z.ZodType>>;

/** What a type parameter for `EventSchemas` extends: wider, so that a charm without events has no names for them. */
export type CustomEvents = object;

/** What handlers get of a custom event, and what its emitter gives. */
export type EventData<Z> = Z extends z.ZodType ? z.output<Z> : unknown;
export type EventInput<Z> = Z extends z.ZodType ? z.input<Z> : unknown;

/** An event that the charm itself emits, with `juju.emit`. */
export interface CustomEvent<N extends string = string, T = unknown> {
  readonly kind: 'custom';
  readonly name: N;
  readonly data: T;
}

/** Whatever a handler can be given: an event of Juju's, or one of the charm's own. */
export type CharmEvent<S extends CharmSpec = CharmSpec> = JujuEvent<S> | CustomEvent;

/**
 * Ends a switch over a union of which every member must be handled: one that is not does not compile.
 *
 * @example
 * switch (event.kind) {
 *   case 'install': return;
 *   default: return assertNever(event); // does not compile: many kinds are not handled
 * }
 */
export function assertNever(value: never): never {
  throw new TypeError(`cannot handle ${JSON.stringify(value)}: this code knows no such case`);
}

/** The names of Juju's hooks for this charm, as `JUJU_DISPATCH_PATH` has them: `s3-relation-changed`. */
export type HookName<S extends CharmSpec> =
  | LifecycleKind
  | SecretEvent['kind']
  | `${EndpointName<S>}-${Exclude<RelationEvent['kind'], 'relation-broken'>}`
  /** A peer relation is never broken: it ends with its application. */
  | `${EndpointWith<S, 'provides' | 'requires'>}-relation-broken`
  | `${StorageName<S>}-${StorageEvent['kind']}`
  | `${ContainerName<S>}-${WorkloadEvent['kind']}`;

/** The event that comes with a hook name: `s3-relation-changed` -> a relation-changed event. */
export type EventOf<S extends CharmSpec, H extends string> = H extends LifecycleKind
  ? LifecycleEvent & { readonly kind: H }
  : H extends SecretEvent['kind']
    ? OfKind<SecretEvent, H>
    : H extends `${string}-${infer K extends RelationEvent['kind']}`
      ? OfKind<RelationEvent<S>, K>
      : H extends `${string}-${infer K extends StorageEvent['kind']}`
        ? OfKind<StorageEvent<S>, K>
        : H extends `${string}-${infer K extends WorkloadEvent['kind']}`
          ? OfKind<WorkloadEvent<S>, K>
          : never;

/** `s3-relation-changed` of an event; an action's, and a custom event's, is its own name. */
export function hookName(event: CharmEvent): string {
  if ('endpoint' in event) return `${event.endpoint}-${event.kind}`;
  if ('storage' in event) return `${event.storage}-${event.kind}`;
  if ('container' in event) return `${event.container}-${event.kind}`;
  if (event.kind === 'action') return event.action;
  if (event.kind === 'custom') return event.name;
  if (event.kind === 'unknown') return event.hook;
  return event.kind;
}
