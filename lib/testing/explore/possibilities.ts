/** What a test lets happen, besides what a state makes possible by itself. */
import type { Bag } from '../../jujuc/index.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import type { ActionCall } from '../run-event.ts';
import type { ContainerState, RelationState, State } from '../state.ts';

/** What operators, other charms and Pebble may do besides what Juju does of itself. */
export interface Possibilities {
  /** Configurations an operator may choose; each is the whole of what is set. */
  readonly configs?: readonly State['config'][];
  /**
   * Relations that may be made, each as it stands when the other side has written its data. Those of the state may
   * be made again, too, once they are removed.
   */
  readonly relations?: readonly RelationState[];
  /**
   * By endpoint: what the other application may write into its bag, instead of what it has. By a peer endpoint: what
   * another unit that leads may write into the application's.
   */
  readonly remoteAppData?: Readonly<Record<string, readonly Bag[]>>;
  /** By endpoint: what the other side's units, or the peers, may write into theirs. */
  readonly remoteUnitData?: Readonly<Record<string, readonly Bag[]>>;
  /** How many units the other side of a relation, or the application itself, may grow to; 2 when absent. */
  readonly units?: number;
  /** Containers as they are when they are new. Without it a new one keeps only what lies on its storage. */
  readonly containers?: readonly ContainerState[];
  /** By a secret's id or label: contents that its owner, who is somebody else, may give it. */
  readonly secrets?: Readonly<Record<string, readonly Bag[]>>;
  /** Addresses the pod may get. */
  readonly networks?: readonly State['networks'][];
  readonly actions?: readonly ActionCall[];
}

/** All that moves are made from. */
export interface Setting {
  readonly spec: CharmSpec;
  readonly app: string;
  /** Where the charm keeps what it stores: a file is gone with the pod. */
  readonly memory: 'juju' | 'file';
  readonly possible: Possibilities;
}
