/**
 * Juju's side of a hook, as data: what the hook tools of one hook context can see (`UnitView`), what the hook
 * asks for (`Pending`, committed only when the hook succeeds) and what takes effect at once (`Immediate`).
 *
 * `session.ts` turns one hook-tool call into its output from these; the in-process tests back them with a
 * `State`, the local model with its files. Source of the rules: Juju's internal/worker/uniter/runner/jujuc.
 */
import type { CharmSpec } from '../spec/spec.ts';

/** A databag: a flat map of strings. Setting the empty string deletes the key. */
export type Bag = Readonly<Record<string, string>>;

/** The statuses that Juju knows; `error`, `unknown` and `terminated` are not a charm's to set. */
export type StatusName =
  | 'active'
  | 'blocked'
  | 'maintenance'
  | 'waiting'
  | 'unknown'
  | 'error'
  | 'terminated';

/** A status with its message. */
export interface StatusValue {
  readonly status: StatusName;
  readonly message: string;
}

/** What a unit sees of a relation. */
export interface RelationView {
  readonly id: number;
  readonly endpoint: string;
  /** Own application's name for a peer relation. */
  readonly remoteApp: string;
  readonly remoteModelUuid?: string;
  /** The other side's endpoint, shown in `secret-info-get`; this endpoint's name when absent. */
  readonly remoteEndpoint?: string;
  /** False until this unit has entered the relation's scope (during install): its data cannot be read or written. */
  readonly entered: boolean;
  /** True once the relation is being removed and has no members: `relation-ids` leaves it out. */
  readonly broken: boolean;
  /** Members in scope, never including this unit. */
  readonly members: readonly string[];
  readonly ownUnit: Bag;
  readonly ownApp: Bag;
  readonly remoteAppData: Bag;
  /** Bags by unit name; a departed unit's bag stays readable. */
  readonly remoteUnits: Readonly<Record<string, Bag>>;
}

/** How often Juju asks for a new revision. */
export type RotatePolicy = 'never' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'yearly';

/** Who may read a secret: the other side of a relation, or one unit of it. */
export interface SecretGrant {
  readonly relationId: number;
  /** A unit, or the whole application on the relation's other side when absent. */
  readonly unit?: string;
}

/** What a unit sees of a secret, with all contents it may read. */
export interface SecretView {
  /** The bare 20 character id. */
  readonly id: string;
  /** Given for a secret of another model: the URI then carries it. */
  readonly modelUuid?: string;
  /** `none`: readable through a grant, or a user's secret; this unit may not manage it. */
  readonly owner: 'application' | 'unit' | 'none';
  /** The owner's label when owned, else the label this consumer gave it. */
  readonly label?: string;
  readonly description?: string;
  readonly rotate?: RotatePolicy;
  /** RFC 3339. */
  readonly expire?: string;
  /**
   * Oldest first, never empty; the last is the latest. A value that is not text stands in base64 under a key
   * that ends in `#base64`.
   */
  readonly revisions: readonly { readonly revision: number; readonly content: Bag }[];
  /** The revision this unit tracks; undefined before its first `secret-get`. */
  readonly tracked?: number;
  /** False: it exists, but `secret-get` answers `permission denied`. */
  readonly readable: boolean;
  readonly grants: readonly SecretGrant[];
}

/** An attached storage instance. */
export interface StorageView {
  /** `data/0`. */
  readonly id: string;
  readonly kind: 'filesystem' | 'block';
  readonly location: string;
}

/** A unit's addresses in one binding, as `network-get` tells them. */
export interface NetworkView {
  readonly bindAddresses: readonly {
    readonly interfaceName: string;
    readonly macAddress?: string;
    readonly addresses: readonly {
      readonly hostname?: string;
      readonly value: string;
      readonly cidr: string;
    }[];
  }[];
  readonly egressSubnets: readonly string[];
  readonly ingressAddresses: readonly string[];
}

/** The cloud and its credential, as `credential-get` tells them. */
export interface CloudSpecView {
  readonly type: string;
  readonly name: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly credential?: {
    readonly authType: string;
    readonly attrs: Bag;
    readonly redacted: readonly string[];
  };
  readonly caCertificates?: readonly string[];
  readonly skipTlsVerify?: boolean;
  readonly isControllerCloud?: boolean;
}

/** Everything one hook may see, as it stood when the hook began. */
export interface UnitView {
  readonly model: { readonly name: string; readonly uuid: string };
  /** `app/0`. */
  readonly unit: string;
  readonly app: string;
  readonly spec: CharmSpec;
  readonly leader: boolean;
  /** Values set by the operator or the default; options with neither are absent. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly relations: readonly RelationView[];
  readonly secrets: readonly SecretView[];
  readonly storages: readonly StorageView[];
  /** Opened before this hook, `9009/tcp`. */
  readonly ports: readonly string[];
  /** `state-get` data. */
  readonly state: Bag;
  readonly unitStatus: StatusValue;
  /** Set by the leader, else derived by Juju from the units. */
  readonly appStatus: StatusValue;
  readonly unitStatuses: Readonly<Record<string, StatusValue>>;
  /** Key: endpoint or extra binding; `''` is the answer for any that is not listed. */
  readonly networks: Readonly<Record<string, NetworkView>>;
  /** Resource name to a path on the charm's disk. */
  readonly resources: Readonly<Record<string, string>>;
  readonly goal: GoalView;
  /** What the leader wrote with `leader-set` (Juju 3). */
  readonly leaderSettings?: Bag;
  /** Present only with `--trust`. */
  readonly cloud?: CloudSpecView;
}

/** Who there is going to be, as `goal-state` tells it. */
export interface GoalView {
  readonly units: Readonly<Record<string, { readonly status: string; readonly since: string }>>;
  readonly relations: Readonly<
    Record<string, Readonly<Record<string, { readonly status: string; readonly since: string }>>>
  >;
}

/** What this hook context is about; decides the defaults of `-r`, the remote unit and so on. */
export interface HookScope {
  /** `config-changed`; empty for actions and juju-exec. */
  readonly hook: string;
  readonly relation?: {
    readonly endpoint: string;
    readonly id: number;
    readonly remoteApp: string;
    readonly remoteUnit?: string;
  };
  readonly storageId?: string;
  readonly action?: { readonly name: string; readonly params: Readonly<Record<string, unknown>> };
}

/**
 * A secret this hook created, or the changes to one it manages. A secret has more than one when several of its
 * revisions are removed; they apply in order.
 */
export interface SecretChange {
  readonly id: string;
  readonly create?: { readonly owner: 'application' | 'unit' };
  readonly content?: Bag;
  readonly label?: string;
  readonly description?: string;
  readonly rotate?: RotatePolicy;
  readonly expire?: string;
  readonly grants?: readonly SecretGrant[];
  readonly revokes?: readonly (SecretGrant | { readonly app: string })[];
  readonly remove?: { readonly revision?: number };
  /** The owner's own tracked revision moves to the latest. */
  readonly refresh?: boolean;
}

/** What the hook asked for and Juju commits in one transaction after exit code 0. */
export interface Pending {
  /** By relation id: only keys that were set; `''` deletes. */
  readonly relationUnit: Readonly<Record<number, Bag>>;
  readonly relationApp: Readonly<Record<number, Bag>>;
  /** Keys set, in the order asked. */
  readonly stateSet: Bag;
  readonly stateDelete: readonly string[];
  readonly openPorts: readonly string[];
  readonly closePorts: readonly string[];
  readonly secrets: readonly SecretChange[];
  readonly storageAdd: Readonly<Record<string, number>>;
  readonly reboot?: 'after' | 'now';
}

/** What takes effect at once, even when the hook fails later. */
export type Immediate =
  | { readonly kind: 'unit-status'; readonly value: StatusValue }
  | { readonly kind: 'app-status'; readonly value: StatusValue }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'log'; readonly level: string; readonly message: string }
  | { readonly kind: 'action-log'; readonly message: string }
  /** All results so far, nested; each replaces the one before. */
  | { readonly kind: 'action-set'; readonly results: Readonly<Record<string, unknown>> }
  | { readonly kind: 'action-fail'; readonly message: string }
  | { readonly kind: 'leader-set'; readonly settings: Bag }
  /** A consumer's `secret-get` tracks a revision or gives a label. */
  | {
      readonly kind: 'secret-track';
      readonly id: string;
      readonly revision?: number;
      readonly label?: string;
    };

/** One call of a hook tool, as a charm makes it. */
export interface ToolCall {
  readonly tool: string;
  readonly args: readonly string[];
  /** Undefined: not offered yet; a tool that needs it answers `needStdin`. */
  readonly stdin?: string;
  /** The caller's working directory; `--file` paths are relative to it. */
  readonly dir: string;
  /** Where the caller's root lies for this process, when it is another: `/proc/PID/root`. */
  readonly root?: string;
}

/** A hook tool's answer. */
export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly needStdin?: boolean;
}

/** What the keeper of the model does for a running hook. */
export interface HookHost {
  /** Something that takes effect at once. */
  apply(effect: Immediate): void;
  /** A fresh bare id of 20 characters, for `secret-add`. */
  newSecretId(): string;
  /** The time by which secrets expire and rotate. */
  now(): Date;
}
