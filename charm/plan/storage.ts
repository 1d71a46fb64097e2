/** Where blocks, rules and alert configuration live, and how many copies of a series the ingesters hold. */
import type { KeyProblem } from '../../relations/bag.ts';
import type { ZoneRing } from '../../relations/peers.ts';
import type { S3Connection } from '../../relations/s3.ts';
import { clusterCounts, clusterUnits, leadsCluster } from './cluster.ts';
import { isMixed } from './copies.ts';
import type { Inputs } from './inputs.ts';
import { decideZones } from './zones.ts';

export type StorageDecision =
  | { readonly kind: 'filesystem' }
  | {
      readonly kind: 's3';
      readonly s3: S3Connection;
      readonly replicationFactor: number;
      /** Rings whose copies are in different zones. */
      readonly zoneAware?: readonly ZoneRing[];
      /** Ingesters may still hold what was written in fewer copies. */
      readonly mixed?: true;
    }
  /** Nothing may change: what runs goes on, what does not run yet waits. */
  | { readonly kind: 'hold'; readonly reason: HoldReason };

export type HoldReason =
  /** Several units without a bucket to share. */
  | { readonly kind: 'needs-object-storage'; readonly units: number }
  /** The data is in a bucket that is not related any more. */
  | { readonly kind: 'object-storage-gone' }
  | {
      readonly kind: 'provider-silent';
      readonly relation: string;
      readonly app: string;
      readonly missing: readonly string[];
      readonly unreadable?: true;
    }
  | {
      readonly kind: 'provider-invalid';
      readonly relation: string;
      readonly app: string;
      readonly problems: readonly KeyProblem[];
    }
  | { readonly kind: 'no-peers-yet' }
  | { readonly kind: 'leader-decides' }
  /** Where the copies of a series are is chosen by the zones of all units. */
  | { readonly kind: 'zones-unknown'; readonly silent: readonly string[] };

/**
 * Filesystem storage is for one unit that has never had a bucket: several would each see only their own blocks,
 * and one that went back to its disk would hide what is in the bucket and ship the next blocks to the wrong place.
 */
export function decideStorage(inputs: Inputs, replicationOption: number | undefined): StorageDecision {
  const { objectStorage, agreement } = inputs;
  const plannedUnits = clusterUnits(inputs);
  switch (objectStorage.kind) {
    case 'none':
      if (agreement?.replicationFactor !== undefined) return hold({ kind: 'object-storage-gone' });
      if (plannedUnits > 1 || leadsCluster(inputs))
        return hold({ kind: 'needs-object-storage', units: plannedUnits });
      // Before the peer relation is there, a unit cannot know that its data is in a bucket.
      return agreement === undefined ? hold({ kind: 'no-peers-yet' }) : { kind: 'filesystem' };
    case 'waiting':
      return hold({ ...objectStorage, kind: 'provider-silent' });
    case 'invalid':
      return hold({ ...objectStorage, kind: 'provider-invalid' });
    case 'ready': {
      if (agreement === undefined) return hold({ kind: 'no-peers-yet' });
      const replicationFactor = decideReplication(inputs, replicationOption);
      if (replicationFactor === undefined) return hold({ kind: 'leader-decides' });
      const zoneAware = decideZones(inputs, replicationFactor);
      if (zoneAware === 'unknown') {
        const silent = inputs.zones?.rings?.silent;
        return hold(silent === undefined ? { kind: 'leader-decides' } : { kind: 'zones-unknown', silent });
      }
      return {
        kind: 's3',
        s3: objectStorage.s3,
        replicationFactor,
        ...(zoneAware.length > 0 && { zoneAware }),
        ...(isMixed(inputs) && { mixed: true as const }),
      };
    }
  }
}

/**
 * Chosen once; another option comes into use when all units are ready for it (see `copies.ts`). Following the number of units would hide data: a query needs all but one of the copies that the
 * factor promises, and series written before have fewer. Undefined: it is the leader's to choose.
 */
function decideReplication(inputs: Inputs, option: number | undefined): number | undefined {
  const agreed = inputs.agreement?.replicationFactor ?? option;
  if (agreed !== undefined) return agreed;
  if (!inputs.leader) return undefined;
  return clusterCounts(inputs).ingester >= 3 ? 3 : 1;
}

function hold(reason: HoldReason): StorageDecision {
  return { kind: 'hold', reason };
}

/** Live copies that a write needs, by Mimir's rule. */
export function writeQuorum(replicationFactor: number): number {
  return Math.floor(replicationFactor / 2) + 1;
}
