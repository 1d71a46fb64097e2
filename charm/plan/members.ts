/** Those who have joined a cluster, as they have said it themselves. */
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
  /** Those that have said where they are. In the order of their numbers. */
  readonly units: readonly MemberUnit[];
}

export interface MemberUnit extends UnitAddress {
  /** Above the unit's certificate, PEM; there once it could speak TLS. */
  readonly authorities?: string;
}

/** Where a unit of the cluster is. */
export interface UnitAddress {
  /** `write/0` */
  readonly unit: string;
  /** Its name in DNS. */
  readonly host: string;
  /** Undefined while Kubernetes has not given its pod one, or the unit has not said it. */
  readonly ip: string | undefined;
}
