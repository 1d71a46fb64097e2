/** The peer relation: what the units of this application tell each other. */
import type { Bag } from 'charmwright';
import * as z from 'zod/mini';

/** What all units agree on. Written by the leader. */
export interface Agreement {
  /** Present once the application has moved to object storage. */
  readonly replicationFactor?: number | undefined;
  /** Digest of the Alertmanager configuration that was last uploaded from the options. */
  readonly alertmanagerDigest?: string | undefined;
}

const agreementSchema = z.object({
  'replication-factor': z.catch(
    z.optional(z.pipe(z.string().check(z.regex(/^[1-9]$/)), z.transform(Number))),
    undefined,
  ),
  'alertmanager-digest': z.optional(z.string()),
});

/** Our application's databag. A value that is none of ours counts as absent: the leader writes it again. */
export function readAgreement(bag: Bag): Agreement {
  const { 'replication-factor': factor, 'alertmanager-digest': digest } = agreementSchema.parse(bag);
  return {
    ...(factor !== undefined && { replicationFactor: factor }),
    ...(digest !== undefined && { alertmanagerDigest: digest }),
  };
}

export function agreementBag({ replicationFactor, alertmanagerDigest }: Agreement): Bag {
  return {
    ...(replicationFactor !== undefined && { 'replication-factor': String(replicationFactor) }),
    ...(alertmanagerDigest !== undefined && { 'alertmanager-digest': alertmanagerDigest }),
  };
}

/** This unit's databag. The key is the one that Canonical's charm uses. */
export function peerUnit(hostname: string): Bag {
  return { hostname };
}
