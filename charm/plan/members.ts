/** A cluster as its applications tell each other of it: who has joined, and what the one that leads has said. */
import type { KeyProblem } from '../../relations/bag.ts';
import type { ClusterConfiguration, Credentials } from '../../relations/mimir-cluster.ts';
import type { ClusterTurn, Requests } from '../../relations/peers.ts';
import type { Component } from './roles.ts';

/** An application that has joined the cluster. */
export interface Member {
  /** `mimir-cluster:5` */
  readonly relation: string;
  readonly app: string;
  /** Empty while it has not said any. */
  readonly roles: readonly Component[];
  /** Units that it shall have, as far as it has said so. */
  readonly plannedUnits: number;
  /** A name in DNS for all of its units, whether ready or not. */
  readonly endpoints?: string;
  /** To restart its units. */
  readonly requests?: Requests | undefined;
  /** Those that have said where they are. In the order of their numbers. */
  readonly units: readonly MemberUnit[];
}

export interface MemberUnit extends UnitAddress {
  /** Above the unit's certificate, PEM; there once it could speak TLS. */
  readonly authorities?: string;
  /** The number of copies for which it has flushed its ingester, and for which that takes no writes. */
  readonly flushedFor?: number | undefined;
  readonly heldFor?: number | undefined;
  /** While that is more than its application is to do. */
  readonly runs?: readonly Component[];
  /** That of its node, where that has one. */
  readonly zone?: string | undefined;
}

/** Where a unit of the cluster is. */
export interface UnitAddress {
  /** `write/0` */
  readonly unit: string;
  /** Its name in DNS. */
  readonly host: string;
  /** Undefined while Kubernetes has not given its pod one, or the unit has not said it. */
  readonly ip: string | undefined;
  /** Its Mimir does not answer. */
  readonly silent?: true;
}

interface From {
  /** `join-cluster:6` */
  readonly relation: string;
  /** The application that leads. */
  readonly app: string;
}

/** What an application that has joined was told by the one that leads. */
export type Joined =
  /** Nothing yet, or the credentials cannot be read yet. */
  | (From & { readonly kind: 'waiting'; readonly unreadable?: true })
  /** By a charm that is too old, or too new. */
  | (From & { readonly kind: 'other-format'; readonly format: string })
  | (From & { readonly kind: 'invalid'; readonly problems: readonly KeyProblem[] })
  /** It has joined more than one. */
  | { readonly kind: 'several'; readonly apps: readonly string[] }
  | (From & {
      readonly kind: 'ready';
      readonly configuration: ClusterConfiguration;
      /** Absent where units have other ways to object storage. */
      readonly credentials?: Credentials;
      /** The one that leads is Blocked: this is what it said before. */
      readonly blocked?: true;
      /** It answers queries in its own units, and those of others wait for its query schedulers. */
      readonly answersAlone?: true;
      /** Who may restart; absent where its charm gives no turns. */
      readonly turn?: ClusterTurn | 'nobody';
    });
