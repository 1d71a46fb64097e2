/** The peer relation: what the units of this application tell each other. */
import { isIP } from 'node:net';
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { bundle, certificatesIn } from './pem.ts';

/** What the leader has loaded of the senders' rules. */
export interface RulesRecord {
  /** Digest of what it is worth nothing without: the storage of the rules. */
  readonly basis: string;
  /** Digests of the rules as they were sent, by relation id and application: `5:grafana-agent-k8s`. */
  readonly synced: Readonly<Record<string, string>>;
  /** For whom they were loaded; `anonymous` where it does not say. */
  readonly tenant?: string | undefined;
}

/** A unit's requests to restart its Mimir, counted. */
export interface Requests {
  /** The number of the last that it made. */
  readonly asked: number;
  /** The number of the last that is over; one above it is open. */
  readonly done: number;
}

/** Whose request the leader has granted. One unit has it at a time, until its request is over. */
export interface Turn {
  /** `mimir-k8s/1` */
  readonly unit: string;
  readonly request: number;
}

/** Which application of a cluster may restart its units. */
export interface ClusterTurn {
  readonly application: string;
  readonly request: number;
}

/** Mimir's rings that may keep copies in different zones, by their components. */
export const ZONE_RINGS = ['alertmanager', 'ingester', 'store-gateway'] as const;
export type ZoneRing = (typeof ZONE_RINGS)[number];

/** What all units agree on. Written by the leader. */
export interface Agreement {
  /** Present once the application has moved to object storage. */
  readonly replicationFactor?: number | undefined;
  /** Chosen with it: the rings whose copies are in different zones. Absent: none. */
  readonly zoneAware?: readonly ZoneRing[] | undefined;
  /** Digest of the Alertmanager configuration that was last uploaded from the options. */
  readonly alertmanagerDigest?: string | undefined;
  /**
   * The unit whose databag has the application's address for a Grafana that reads units only. It stays the same when
   * another unit leads: one that is away cannot take its word back, and two would be two data sources.
   */
  readonly grafanaStandIn?: string | undefined;
  /** Absent until a sender has had rules. */
  readonly rules?: RulesRecord | undefined;
  /** Limits of tenants, as the action set-tenant-limits keeps them. */
  readonly tenantLimits?: string | undefined;
  /** The authorities of all units' certificates, PEM. Present while the units speak TLS. */
  readonly authorities?: string | undefined;
  readonly turn?: Turn | undefined;
  /** Requests of the whole application, to the one that leads its cluster; absent until it has had to ask. */
  readonly clusterRequests?: Requests | undefined;
  /** Of the application that leads a cluster, while anybody in it asks. */
  readonly clusterTurn?: ClusterTurn | undefined;
  /** From when on `replicationFactor` holds, in milliseconds since 1970; absent when it has never been another. */
  readonly copiesSince?: number | undefined;
  /** What stands for the number of copies while they come to other places, and their number stays. */
  readonly copiesToCome?: number | undefined;
  /** For this number of copies to come no ingester takes writes. */
  readonly holdWrites?: number | undefined;
}

export const rulesRecordShape = z.object({
  basis: z.string(),
  synced: z.record(z.string(), z.string()),
  tenant: z.optional(z.string()),
});

export const turnShape = z.object({ unit: z.string(), request: z.number() });
export const clusterTurnShape = z.object({ application: z.string(), request: z.number() });
export const requestsShape = z.object({ asked: z.number(), done: z.number() });

/** JSON of this; a value that is none of ours counts as absent. */
export function jsonOf<T>(shape: z.core.$ZodType<T>) {
  return z.catch(z.optional(z.pipe(z.pipe(z.string(), z.transform(parseJson)), shape)), undefined);
}

/** A number of copies. */
export const copiesText = z.pipe(z.string().check(z.regex(/^[1-9]$/)), z.transform(Number));
const unitShape = z.string().check(z.regex(/^[a-z][a-z0-9-]*\/\d{1,9}$/));

const agreementSchema = z.object({
  'replication-factor': z.catch(z.optional(copiesText), undefined),
  'hold-writes': z.catch(z.optional(copiesText), undefined),
  'copies-to-come': z.catch(z.optional(copiesText), undefined),
  'zone-aware': z.optional(z.string()),
  'alertmanager-digest': z.optional(z.string()),
  'grafana-stand-in': z.catch(z.optional(unitShape), undefined),
  'tenant-limits': z.optional(z.string()),
  rules: jsonOf(rulesRecordShape),
  'copies-since': z.catch(
    z.optional(z.pipe(z.string().check(z.regex(/^\d{13}$/)), z.transform(Number))),
    undefined,
  ),
  turn: jsonOf(turnShape),
  'cluster-turn': jsonOf(clusterTurnShape),
  'cluster-restart': jsonOf(requestsShape),
});

/** Our application's databag. A value that is none of ours counts as absent: the leader writes it again. */
export function readAgreement(bag: Bag): Agreement {
  const {
    'replication-factor': factor,
    'zone-aware': zoneAware,
    'alertmanager-digest': digest,
    'grafana-stand-in': grafanaStandIn,
    'tenant-limits': tenantLimits,
    rules,
    turn,
    'cluster-turn': clusterTurn,
    'cluster-restart': clusterRequests,
    'copies-since': copiesSince,
    'hold-writes': holdWrites,
    'copies-to-come': copiesToCome,
  } = agreementSchema.parse(bag);
  const authorities = unitAuthorities(bag);
  return {
    ...(factor !== undefined && { replicationFactor: factor }),
    ...zonesOf(zoneAware),
    ...(digest !== undefined && { alertmanagerDigest: digest }),
    ...(grafanaStandIn !== undefined && { grafanaStandIn }),
    ...(rules !== undefined && { rules }),
    ...(tenantLimits !== undefined && { tenantLimits }),
    ...(authorities !== undefined && { authorities }),
    ...(turn !== undefined && { turn }),
    ...(clusterTurn !== undefined && { clusterTurn }),
    ...(clusterRequests !== undefined && { clusterRequests }),
    ...(copiesSince !== undefined && { copiesSince }),
    ...(copiesToCome !== undefined && { copiesToCome }),
    ...(holdWrites !== undefined && { holdWrites }),
  };
}

function zonesOf(text = ''): Pick<Agreement, 'zoneAware'> {
  const words = text.split(',');
  const zoneAware = ZONE_RINGS.filter((ring) => text === ALL_RINGS || words.includes(ring));
  return zoneAware.length === 0 ? {} : { zoneAware };
}

const ALL_RINGS = 'true';

export function agreementBag({
  replicationFactor,
  zoneAware,
  alertmanagerDigest,
  grafanaStandIn,
  rules,
  tenantLimits,
  authorities,
  turn,
  clusterTurn,
  clusterRequests,
  copiesSince,
  copiesToCome,
  holdWrites,
}: Agreement): Bag {
  return {
    ...(replicationFactor !== undefined && { 'replication-factor': String(replicationFactor) }),
    ...(zoneAware !== undefined && {
      'zone-aware': zoneAware.length === ZONE_RINGS.length ? ALL_RINGS : zoneAware.join(','),
    }),
    ...(alertmanagerDigest !== undefined && { 'alertmanager-digest': alertmanagerDigest }),
    ...(grafanaStandIn !== undefined && { 'grafana-stand-in': grafanaStandIn }),
    ...(rules !== undefined && { rules: stableJson(rules) }),
    ...(tenantLimits !== undefined && { 'tenant-limits': tenantLimits }),
    ...(authorities !== undefined && { 'tls-ca': authorities }),
    ...(turn !== undefined && { turn: stableJson(turn) }),
    ...(clusterTurn !== undefined && { 'cluster-turn': stableJson(clusterTurn) }),
    ...(clusterRequests !== undefined && { 'cluster-restart': stableJson(clusterRequests) }),
    ...(copiesSince !== undefined && { 'copies-since': String(copiesSince) }),
    ...(copiesToCome !== undefined && { 'copies-to-come': String(copiesToCome) }),
    ...(holdWrites !== undefined && { 'hold-writes': String(holdWrites) }),
  };
}

export interface PeerWords {
  readonly authorities?: string | undefined;
  readonly ip?: string | undefined;
  readonly requests?: Requests | undefined;
  readonly silent?: boolean;
  readonly zone?: string | undefined;
  /** The number of copies for which it has nothing left that is in its ingester only. */
  readonly flushedFor?: number | undefined;
  /** The number of copies for which its ingester takes no writes. */
  readonly heldFor?: number | undefined;
  /** How often its pod has been replaced; nothing else in the databag differs then. */
  readonly replaced?: number | undefined;
}

/**
 * This unit's databag. The key of the name is the one that Canonical's charm uses.
 * @param said `authorities`: above the unit's certificate; there once it has one, and could speak TLS. `ip`: there while the
 * application leads a cluster, whose requests every unit routes. `requests`: there once it has had to ask. `silent`: it
 * does not serve, while one waits for its turn; that it goes wakes that one.
 * `zone`: that of its node, where that has one.
 */
export function peerUnit(
  hostname: string,
  {
    authorities,
    ip,
    requests,
    silent = false,
    zone,
    flushedFor: copies,
    heldFor,
    replaced = 0,
  }: PeerWords = {},
): Bag {
  return {
    hostname,
    ...(silent && { 'not-serving': 'true' }),
    ...(copies !== undefined && { 'flushed-for': String(copies) }),
    ...(heldFor !== undefined && { 'held-for': String(heldFor) }),
    ...(requests !== undefined && { restart: stableJson(requests) }),
    ...(authorities !== undefined && { 'tls-ca': authorities }),
    ...(ip !== undefined && { ip }),
    ...(zone !== undefined && { zone }),
    ...(replaced > 0 && { replaced: String(replaced) }),
  };
}

/** As Kubernetes has the values of labels; it goes into a command line. */
export const zoneShape = z.string().check(z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/));

/** Where a unit says that it is; undefined until it has. */
export function peerAddress(
  bag: Bag,
): { readonly host: string; readonly ip: string | undefined } | undefined {
  const { hostname: host, ip } = bag;
  return host === undefined ? undefined : { host, ip: isIP(ip ?? '') === 0 ? undefined : ip };
}

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Where this very unit can be asked. Juju's `ingress-address` is the application's service on Kubernetes: there any other
 * unit answers as well.
 */
export function unitHost(bag: Bag): string | undefined {
  const { host, ip } = peerAddress(bag) ?? {};
  return ip ?? (HOST.test(host ?? '') ? host : undefined);
}

/** The authorities that a databag names, PEM; undefined while it names none. */
export function unitAuthorities(bag: Bag): string | undefined {
  const read = certificatesIn(bag['tls-ca'] ?? '').filter((each) => each !== undefined);
  return read.length === 0 ? undefined : bundle(read);
}
