/** Everything the charm decides from, read once in a dispatch by `observe.ts`. Plain data, so that it can be printed. */

import type { ExchangedSource } from '../../relations/datasource-exchange.ts';
import type { GrafanaReply } from '../../relations/grafana-source.ts';
import type { Agreement, Requests, ZoneRing } from '../../relations/peers.ts';
import type { ObjectStorage } from '../../relations/s3.ts';
import type { Joined, Member, UnitAddress } from './members.ts';
import type { Component } from './roles.ts';

/** The options as Juju gives them: of the right type, of any value. */
export interface RawOptions {
  readonly roles: string;
  readonly multitenancy: boolean;
  readonly 'sender-tenant': string;
  readonly 'tsdb-block-retention-period': string;
  readonly 'metrics-retention-period': string;
  readonly 'max-global-exemplars-per-user': number;
  readonly 'max-global-series-per-user': number;
  readonly 'ingestion-rate': number;
  readonly 'tenant-limits': string;
  readonly 'replication-factor'?: number;
  readonly 'recent-from-bucket': boolean;
  readonly 'zone-awareness': string;
  readonly 'ha-tracker': boolean;
  readonly 'ha-failover-timeout': string;
  readonly 's3-sse-type': string;
  readonly 's3-sse-kms-key-id': string;
  readonly 's3-sse-kms-encryption-context': string;
  readonly 'log-level': string;
  readonly 'cpu-request': string;
  readonly 'cpu-limit': string;
  readonly 'memory-request': string;
  readonly 'memory-limit': string;
  readonly 'pod-anti-affinity': string;
  readonly 'termination-grace-period': string;
  readonly 'service-account-annotations': string;
  readonly 'service-ports': string;
  readonly 'alertmanager-config': string;
  readonly 'alertmanager-templates': string;
}

/** A Grafana, and what it has answered. */
export interface GrafanaRelation extends GrafanaReply {
  readonly id: number;
}

/** What the limits of single tenants are made from. */
export interface LimitSources {
  /** The text of the option `tenant-limits`. */
  readonly option: string;
  /** What the action has set, as the peers keep it. */
  readonly record: string | undefined;
}

/** The limits of single tenants, of all that may set them. */
export type TenantLimitsInput =
  /** The file for Mimir. */
  | { readonly kind: 'fine'; readonly content: string }
  /** Begins with where the mistake is: `tenant-limits: tenant "a", ingestion_rate must be a number`. */
  | { readonly kind: 'wrong'; readonly reason: string };

/** What a bucket answered. `cause` is for the operator, and holds no secret. */
export type BucketState =
  | { readonly kind: 'fine' }
  /** It may come back by itself. */
  | { readonly kind: 'away'; readonly cause: string }
  /** Somebody must act. */
  | { readonly kind: 'refused'; readonly cause: string };

/** For how many copies an ingester is to take no writes. */
export interface WritesHeld {
  readonly copies: number;
  /** It takes none, and what it holds is in object storage. */
  readonly done: boolean;
}

export type WaitsFor =
  | {
      readonly kind: 'turn' /** The unit or the application that has it, when that is known. */;
      readonly after?: string;
    }
  | { readonly kind: 'unit' /** It does not serve. */; readonly unit: string }
  | { readonly kind: 'ring'; readonly active: number; readonly units: number };

/** Of a unit that has said where it is. */
export interface Zone {
  readonly zone?: string | undefined;
}

/** Where the units of each ring are. */
export interface RingZones {
  /** Applications of which not all planned units have said where they are. */
  readonly silent: readonly string[];
  /** The rings that may know zones with so many copies of a series. */
  readonly byCopies: Readonly<Record<number, readonly ZoneRing[]>>;
  /** What stands for the number while it stays, and copies are to be in different zones, or to be so no more. */
  readonly copiesToCome?: number | undefined;
  /** In how many zones ingesters are; one without a zone is as good as one in a zone of its own. */
  readonly ingesters: number;
}

/** What a unit knows of zones. */
export interface ZoneInputs {
  /** Its own, on Kubernetes. */
  readonly own?: string | undefined;
  /** To the leader, where it is to choose, or has chosen zones. */
  readonly rings?: RingZones;
}

export interface Inputs {
  readonly options: RawOptions;
  readonly app: string;
  /** The name in metadata.yaml. */
  readonly charm: string;
  /** `mimir-k8s/0` */
  readonly unit: string;
  readonly model: { readonly name: string; readonly uuid: string };
  readonly leader: boolean;
  /** 1 where it would decide nothing and was not asked for. */
  readonly plannedUnits: number;
  /** The hook that comes every few minutes, whatever happens. */
  readonly isUpdateStatus?: boolean;
  readonly address: {
    /** Undefined while Kubernetes has not given the pod one. */
    readonly ip: string | undefined;
    /** `mimir-k8s-0.mimir-k8s-endpoints.cos.svc.cluster.local` */
    readonly fqdn: string;
  };
  /** Undefined until this unit has entered the peer relation. */
  readonly agreement: Agreement | undefined;
  /** By which authorities the units trust each other, PEM; undefined while they speak plain HTTP. */
  readonly authorities?: string | undefined;
  /** Undefined while nobody has set any. */
  readonly tenantLimits?: TenantLimitsInput | undefined;
  /** Those of the application that this one has met, sorted by number. */
  readonly otherUnits: readonly string[];
  /** This unit's requests to be restarted; absent until it has had to ask. */
  readonly requests?: Requests | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** For how many copies this unit is ready, while that is another number than the units agree on. */
  readonly flushedFor?: number | undefined;
  /** Absent while nobody has asked this unit's ingester to take no writes for another number of copies. */
  readonly writesHeld?: WritesHeld | undefined;
  /** As leader: what the units agree on from the next hook on. */
  readonly agreed?: Pick<
    Agreement,
    'replicationFactor' | 'zoneAware' | 'copiesSince' | 'copiesToCome' | 'holdWrites'
  >;
  /** To the leader, when it has to decide whose turn it is: those of the other units. */
  readonly requestsOfOthers?: Readonly<Record<string, Requests>>;
  /** Why Mimir is not restarted yet, although what it reads has changed. */
  readonly waitsFor?: WaitsFor;
  readonly objectStorage: ObjectStorage;
  readonly zones?: ZoneInputs | undefined;
  /** Of the bucket that the provider offers. */
  readonly bucket: BucketState;
  /** How often this unit's pod has been replaced; absent when it never was. */
  readonly replaced?: number | undefined;
  readonly container: {
    readonly reachable: boolean;
    /** The charm's own files in the container by path, as far as they are there; absent when they cannot be read. */
    readonly files?: Readonly<Record<string, string>>;
    /** Mimir's service; absent when it cannot be asked for. */
    readonly service?: ServiceSeen;
    /** Digest of what the last good start read, kept on the volume; absent before the first start. */
    readonly lastGood?: string;
    /** Whether Mimir serves; asked only where it matters, when the bucket is in trouble. */
    readonly serving?: boolean;
  };
  /** What this unit must go on with for now, though its application has other roles. */
  readonly held?: readonly Component[];
  readonly neighbours: Neighbours;
  readonly neighbourProblems: readonly NeighbourProblem[];
}

/** What Pebble knows of Mimir's service. */
export interface ServiceSeen {
  /** In milliseconds since 1970: after long work another look is due. */
  readonly at: number;
  readonly planYaml: string;
  /** `active`, `backoff`, `inactive` or `error`; undefined while there is no such service. */
  readonly current: string | undefined;
  /** What STARTED_FILE says. */
  readonly started: string | undefined;
}

/** What the optional relations brought, by what it is good for. Absent: no such relation, or nothing of it is usable. */
export interface Neighbours {
  /** Without a slash at its end. */
  readonly ingressUrl?: string;
  /** The same, or what it was while the ingress that is related gives none. Traefik takes it back for moments. */
  readonly lastIngressUrl?: string;
  /** Base addresses of Alertmanagers outside this application, sorted. */
  readonly alertmanagers?: readonly string[];
  /** Memcacheds, as IP address and port, sorted. */
  readonly caches?: readonly string[];
  /** Applications that offer a Redis, which Mimir cannot use. */
  readonly redises?: readonly string[];
  /** Where lines of logs are pushed to, sorted. */
  readonly lokis?: readonly string[];
  /** Base of OTLP over HTTP: it takes Mimir's spans. */
  readonly tracesUrl?: string;
  /** Those that query. In the order of their relations. */
  readonly grafanas?: readonly GrafanaRelation[];
  /** Those that show Mimir's Alertmanager. In the order of their relations. */
  readonly grafanaAlertmanagers?: readonly GrafanaRelation[];
  /** Of others, in the order of their relations. */
  readonly dataSources?: readonly ExchangedSource[];
  /** Applications that send metrics. */
  readonly senders?: readonly string[];
  /** Those of them that send rules, too. Read by the leader alone. */
  readonly senderRules?: readonly SenderRules[];
  /** An authority that signs the units' certificates is related. */
  readonly certificates?: CertificateInputs;
  /** Authorities that somebody told us to trust, PEM. */
  readonly trusted?: string;
  /** Applications that have joined the cluster of this one. In the order of their relations. */
  readonly members?: readonly Member[];
  /** This unit's Mimir does not answer Pebble; asked in a cluster only. */
  readonly silent?: true;
  /** This application has joined another's cluster. */
  readonly joined?: Joined;
  /** What has no effect while it has: endpoints that are related, options that are set. */
  readonly idle?: { readonly endpoints: readonly string[]; readonly options: readonly string[] };
  /** The other units of this application; known while it leads a cluster. */
  readonly ownUnits?: readonly UnitAddress[];
}

/** The rules of one related sender. They are read only when they have changed. */
export interface SenderRules {
  /** Of the relation. */
  readonly id: number;
  readonly app: string;
  readonly digest: string;
  /** What was not loaded of them the last time, and why. */
  readonly refused?: string;
}

export interface CertificateInputs {
  /** `certificates:9` */
  readonly relation: string;
  readonly app: string;
  /** This unit's request, PEM. */
  readonly request: string;
  /** Why the authority does not sign it, in its own words. */
  readonly refused?: string;
  /** What this unit has; absent until it was signed. */
  readonly own?: {
    /** Private key, certificate and those above it, as one file has them. */
    readonly pem: string;
    /** Those above it, PEM. */
    readonly authorities: string;
    readonly namesLocalhost: boolean;
    readonly expired: boolean;
  };
  /** To the leader: the authorities of each other unit; undefined stands for one that has no certificate yet. */
  readonly others: readonly (string | undefined)[];
}

/** Something that a neighbour said and that is not used. Never holds the value of a credential. */
export interface NeighbourProblem {
  /** `ingress:7` */
  readonly relation: string;
  readonly app: string;
  readonly key: string;
  readonly problem: string;
}
