/**
 * A unit's world as plain data: all that Juju and the workload containers know about it, between two hooks.
 * A test makes one, runs an event in it, and gets the world after the event.
 */
import type { CharmEvent } from '../events/event.ts';
import type { Bag, CloudSpecView, NetworkView, SecretView, StatusName, StorageView } from '../jujuc/index.ts';
import type { Layer } from '../pebble/layer.ts';
import type { ExecOptions } from '../pebble/pebble.ts';
import type { Notice } from '../pebble/types.ts';

/** Compares with `active()`, `blocked('…')` and their like. */
export interface ShownStatus {
  readonly name: StatusName;
  readonly message: string;
}

/** A relation with the databags of both sides. Make one with `relation` or `peerRelation`. */
export interface RelationState {
  readonly id: number;
  readonly endpoint: string;
  readonly isPeer: boolean;
  /** Absent for a peer relation: the application's own name. */
  readonly remoteApp?: string;
  readonly remoteModelUuid?: string;
  readonly localAppData: Bag;
  readonly localUnitData: Bag;
  /** Absent for a peer relation, whose units share `localAppData`. */
  readonly remoteAppData: Bag;
  /** By unit number: `{ 0: { … } }`. For a peer relation: the other units of the application. */
  readonly remoteUnits: Readonly<Record<number, Bag>>;
  /** Numbers of units that left; their data stays readable. */
  readonly departed: readonly number[];
  /** It is being removed: its units leave, and the last hook it has is `relation-broken`. */
  readonly dying?: boolean;
}

/** What a command of the workload answers. */
export interface ExecAnswer {
  /** The command's first words; the longest that fits a call answers it. */
  readonly command: readonly string[];
  /** A function is asked when the command's standard input has ended. */
  /** `missing`: the image has no such program, and Pebble refuses to run it. */
  readonly result: ExecResult | ((call: ExecCall) => ExecResult) | 'missing';
}

/** A command that the charm runs in the container. */
export interface ExecCall {
  readonly command: readonly string[];
  readonly stdin: string;
  readonly options: ExecOptions;
}

/** What a command leaves: exit code 0 and no output, when nothing is said. */
export interface ExecResult {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** What is special about a path; files have 0644, directories 0755, owner root when nothing is said. */
export interface FileAttributes {
  readonly permissions?: number;
  readonly user?: string;
  readonly group?: string;
  readonly userId?: number;
  readonly groupId?: number;
}

/** How a health check stands. */
export interface CheckState {
  readonly status: 'up' | 'down' | 'inactive';
  readonly failures: number;
}

/** A workload container: its Pebble, its files, its services. Make one with `container`. */
export interface ContainerState {
  readonly name: string;
  /** False: the container's Pebble is not up (yet), and every call to it fails. */
  readonly canConnect: boolean;
  /** By label, the lowest first. */
  readonly layers: Readonly<Record<string, Layer>>;
  /** How each service stands; one that is not here is inactive. */
  readonly services: Readonly<Record<string, 'active' | 'inactive' | 'backoff' | 'error'>>;
  /** What each service was last started with, as JSON: tells a replan what has changed. */
  readonly startedWith: Readonly<Record<string, string>>;
  /** Path to content: text, or bytes that are no text. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Directories that were made or are empty; those of files are there anyway. */
  readonly dirs: readonly string[];
  readonly attributes: Readonly<Record<string, FileAttributes>>;
  /** Checks that stand otherwise than freshly started. */
  readonly checks: Readonly<Record<string, CheckState>>;
  readonly execs: readonly ExecAnswer[];
  /** Services that exit at once when started, and the last words they log. */
  readonly startFailures: Readonly<Record<string, string>>;
  /** What each service has written lately, line by line. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly notices: readonly Notice[];
}

/** An event that waits to be handled again: by the charm itself, or by the part that is its `observer`. */
export type DeferredEvent = CharmEvent & { readonly observer?: string };

/** A unit's world between two hooks, as plain data. Make one with `state`. */
export interface State {
  readonly leader: boolean;
  readonly unitNumber: number;
  /** How many units the application is going to have. */
  readonly plannedUnits: number;
  /** What the operator has set; defaults come from the charm's config.yaml. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly relations: readonly RelationState[];
  /** A container of the charm that is not here cannot be reached. */
  readonly containers: Readonly<Record<string, ContainerState>>;
  readonly secrets: readonly SecretView[];
  readonly storages: readonly StorageView[];
  /** `9009/tcp` */
  readonly ports: readonly string[];
  /** What the charm keeps with `juju.store`. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** Oldest first. */
  readonly deferred: readonly DeferredEvent[];
  /** What the framework keeps for itself in the unit's charm state. */
  readonly memory: Bag;
  /** By binding; `''` is the answer for any other. */
  readonly networks: Readonly<Record<string, NetworkView>>;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly unitStatus: ShownStatus;
  readonly appStatus: ShownStatus;
  readonly workloadVersion: string;
  /** Resource name to a path on the charm's disk. */
  readonly resources: Readonly<Record<string, string>>;
  /** With it the application is trusted. */
  readonly cloud?: CloudSpecView;
  /** What parts of the framework keep in the charm's folder, by the file's name; absent when there is nothing. */
  readonly charmFiles?: Readonly<Record<string, string>>;
}

/** Only the world, without what an outcome tells besides: to compare where two ways have led. */
export function stateOf(outcome: State): State {
  const { leader, unitNumber, plannedUnits, config, relations, containers, secrets, storages, ports } =
    outcome;
  const { stored, deferred, memory, networks, model, unitStatus, appStatus, workloadVersion } = outcome;
  const { resources, cloud, charmFiles } = outcome;
  return {
    ...{ leader, unitNumber, plannedUnits, config, relations, containers, secrets, storages, ports },
    ...{ stored, deferred, memory, networks, model, unitStatus, appStatus, workloadVersion, resources },
    ...(cloud === undefined ? {} : { cloud }),
    ...(charmFiles === undefined ? {} : { charmFiles }),
  };
}

/** The relation of an endpoint, or of an id. @throws Error saying which there are. */
export function findRelation(state: State, which: string | number): RelationState {
  const found = state.relations.find(
    (each) => (typeof which === 'number' ? each.id : each.endpoint) === which,
  );
  if (found !== undefined) return found;
  const known = state.relations.map(({ endpoint, id }) => `${endpoint}:${id}`).join(', ') || 'none';
  throw new Error(`the state has no relation ${which}; it has ${known}`);
}

/** The container of that name. @throws Error saying which there are. */
export function findContainer(state: State, name: string): ContainerState {
  const found = state.containers[name];
  if (found !== undefined) return found;
  throw new Error(
    `the state has no container ${name}; it has ${Object.keys(state.containers).join(', ') || 'none'}`,
  );
}

/** By id or label. @throws Error saying which there are. */
export function findSecret(state: State, which: string): SecretView {
  const found = state.secrets.find(({ id, label }) => id === which || label === which);
  if (found !== undefined) return found;
  const known = state.secrets.map(({ id, label }) => label ?? id).join(', ') || 'none';
  throw new Error(`the state has no secret ${which}; it has ${known}`);
}
