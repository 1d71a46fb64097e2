/**
 * Mimir's configuration. It depends on what all units share and on nothing that is one unit's own, so it is the same
 * text everywhere and a new unit or a new address changes no file: a unit's addresses are flags (see `layer.ts`).
 */
import type { Settings } from '../../relations/mimir-cluster.ts';
import { HA_LABELS } from '../../relations/remote-write.ts';
import { clusterApplications, gossipHosts } from './applications.ts';
import { cacheSettings } from './caches.ts';
import { type Encryption, encryptionSettings } from './encryption.ts';
import type { Inputs } from './inputs.ts';
import type { Options } from './options.ts';
import {
  ACTIVITY_FILE,
  DIRS,
  GOSSIP_PORT,
  GRPC_PORT,
  HTTP_PORT,
  RUNTIME_FILES,
  S3_CA_FILE,
  TOKENS_FILE,
} from './paths.ts';
import type { StorageDecision } from './storage.ts';
import { tlsSettings } from './tls.ts';
import { scheme, urls } from './urls.ts';
import { zoneSettings } from './zones.ts';

export type Store = { readonly kind: 'filesystem' } | Extract<StorageDecision, { kind: 's3' }>;

/** Prefixes in the shared bucket, as Canonical's published charm has them, so that its bucket can be taken over. */
const PREFIXES = { blocks: 'blocks', ruler: 'rules', alertmanager: 'alerts' } as const;
/**
 * Store gateways that serve each block, as far as there are so many, however many copies ingesters hold: a block that
 * only one of them serves cannot be queried while that one is restarted.
 */
export const READERS = 3;
/** Mimir's own proportion of the two defaults. */
const BURST_SECONDS = 20;

export function mimirConfig(
  inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'authorities' | 'neighbours' | 'options'>,
  options: Options,
  store: Store,
): Settings {
  const replicas = store.kind === 's3' ? store.replicationFactor : 1;
  const zoneAware = store.kind === 's3' ? store.zoneAware : undefined;
  const prefix = store.kind === 's3' ? store.s3.prefix : '';
  const reads = readProfile(store, options);
  const links = urls(inputs);
  const caches = cacheSettings(inputs);
  const tls = tlsSettings(inputs);
  const clients = tls?.clients;
  return {
    multitenancy_enabled: options.multitenancy,
    usage_stats: { enabled: false },
    activity_tracker: { filepath: ACTIVITY_FILE },
    // After SIGTERM requests are still served while /ready says no, so that clients turn to other units.
    shutdown_delay: '3s',
    server: {
      http_listen_port: HTTP_PORT,
      grpc_listen_port: GRPC_PORT,
      log_level: options.logLevel,
      ...tls?.server,
    },
    common: { storage: commonStorage(store, options.encryption) },
    blocks_storage: {
      storage_prefix: `${prefix}${PREFIXES.blocks}`,
      tsdb: { dir: DIRS.tsdb, retention_period: `${options.localRetentionSeconds}s` },
      bucket_store: { sync_dir: DIRS.tsdbSync, ...reads.bucketStore, ...caches.bucketStore },
    },
    ruler_storage: { storage_prefix: `${prefix}${PREFIXES.ruler}` },
    alertmanager_storage: { storage_prefix: `${prefix}${PREFIXES.alertmanager}` },
    compactor: { data_dir: DIRS.compactor, ...reads.compactor },
    ...((reads.querier ?? clients) !== undefined && { querier: { ...reads.querier, ...clients?.querier } }),
    ...((caches.frontend ?? clients) !== undefined && {
      frontend: { ...caches.frontend, ...clients?.frontend },
    }),
    // The same tokens after a restart: series come back to the ingester that has their log.
    ingester: {
      ring: {
        replication_factor: replicas,
        ...zoneSettings(zoneAware, 'ingester'),
        tokens_file_path: TOKENS_FILE,
        // One that restarts is missed: queries that need it fail, where they would else answer without what it holds.
        // A drain takes it out when its unit leaves.
        unregister_on_shutdown: false,
      },
    },
    ...(clients !== undefined && {
      ingester_client: clients.ingester_client,
      frontend_worker: clients.frontend_worker,
    }),
    store_gateway: {
      sharding_ring: {
        replication_factor: store.kind === 's3' ? READERS : 1,
        ...zoneSettings(zoneAware, 'store-gateway'),
      },
    },
    alertmanager: {
      data_dir: DIRS.alertmanager,
      external_url: links.alertmanagerLinks,
      sharding_ring: { replication_factor: replicas, ...zoneSettings(zoneAware, 'alertmanager') },
      ...clients?.alertmanager,
    },
    ruler: { rule_path: DIRS.ruler, external_url: links.rulerLinks, ...clients?.ruler },
    ...(options.ha !== undefined && { distributor: { ha_tracker: HA_TRACKER } }),
    // Each frontend and querier then uses the schedulers of all units, found in the ring, at their real addresses. The
    // units of a whole Mimir need none of it: see schedulers.ts.
    query_scheduler: { service_discovery_mode: 'ring', ...clients?.query_scheduler },
    memberlist: {
      // A headless service names every unit of an application, ready or not: units come and go and nobody restarts.
      join_members: gossipHosts(inputs).map((host) => `dns+${host}:${GOSSIP_PORT}`),
      // Heals units that started without each other; Mimir itself tries only at its start.
      rejoin_interval: '30s',
      // Never changes in the life of an application, and no other application has it.
      cluster_label: `${inputs.model.uuid}-${inputs.app}`,
      ...clients?.memberlist,
    },
    limits: {
      ingestion_rate: options.ingestionRate,
      ingestion_burst_size: options.ingestionRate * BURST_SECONDS,
      max_global_series_per_user: options.series,
      max_global_exemplars_per_user: options.exemplars,
      compactor_blocks_retention_period: options.retention,
      ...(store.kind === 's3' && store.mixed === true && { out_of_order_time_window: LATE }),
      // Costs nothing until it is asked for, by the action show-cardinality or anybody who may query.
      cardinality_analysis_enabled: true,
      ...(options.ha !== undefined && haLimits(options.ha)),
      // 0 is no limit. Mimir's 70 groups of 20 are few for a model of many charms, and at the limit it refuses even
      // to replace a group.
      ruler_max_rules_per_rule_group: 0,
      ruler_max_rule_groups_per_tenant: 0,
      ruler_alertmanager_client_config: alertmanagerClient(inputs),
    },
    runtime_config: { file: RUNTIME_FILES },
  };
}

/**
 * What was refused while another number of copies came is sent again when it has come, and may be older than what was flushed
 * meanwhile, which Mimir would refuse for good.
 */
const LATE = '10m';

/** Which replica is chosen must be known to all units. */
const HA_TRACKER: Settings = { enable_ha_tracker: true, kvstore: { store: 'memberlist' } };

/** In Mimir's own proportions: 15s, 5s late at most, of 30s. */
function haLimits({ failoverMs }: NonNullable<Options['ha']>): Settings {
  return {
    accept_ha_samples: true,
    ha_cluster_label: HA_LABELS.cluster,
    ha_replica_label: HA_LABELS.replica,
    // A model may have any number of related agents.
    ha_max_clusters: 0,
    ha_tracker_update_timeout: `${Math.floor(failoverMs / 2)}ms`,
    ha_tracker_update_timeout_jitter_max: `${Math.floor(failoverMs / 6)}ms`,
    ha_tracker_failover_timeout: `${failoverMs}ms`,
  };
}

/**
 * Whom the ruler notifies: all of these. The main configuration is the place for it although a limit: Mimir makes the
 * notifier of a tenant once, and would not follow the file of overrides.
 */
function alertmanagerClient(inputs: Parameters<typeof mimirConfig>[0]): Settings {
  const { alertmanagers } = inputs.neighbours;
  if (alertmanagers !== undefined) return { alertmanager_url: alertmanagers.join(',') };
  const own = ownAlertmanagers(inputs).map((host) => `${host}:${HTTP_PORT}/alertmanager`);
  return { alertmanager_url: own.join(','), ...tlsSettings(inputs)?.trust };
}

/** The one beside the ruler, where each ruler has one; else all of the cluster, any of which takes an alert. */
function ownAlertmanagers(inputs: Parameters<typeof mimirConfig>[0]): readonly string[] {
  const protocol = scheme(inputs);
  const applications = clusterApplications(inputs);
  const lacks = applications.some(({ roles }) => roles.includes('ruler') && !roles.includes('alertmanager'));
  if (!lacks) return [`${protocol}://127.0.0.1`];
  return applications
    .filter(({ roles }) => roles.includes('alertmanager'))
    .flatMap(({ endpoints }) => (endpoints === undefined ? [] : [`dns+${protocol}://${endpoints}`]))
    .toSorted();
}

/**
 * From where queries read.
 *
 * Mimir's own values trust the ingesters with the last 12 hours. But a unit that leaves takes its copies with it: with
 * one copy what it has flushed and shipped before would stay invisible until it is 12 hours old, and with three the same
 * is true as soon as a second unit leaves. So queries read the bucket for all times, besides the ingesters, and new blocks
 * are noticed within two minutes instead of half an hour. The price, paid knowingly: more requests to the bucket, and
 * queries need it even for recent hours; with three copies an operator may choose otherwise. A single unit on its own disk
 * keeps its local blocks for longer than 12 hours and has nobody to lose: Mimir's own values.
 *
 * A query fails when no store gateway has a block that was uploaded three `sync_interval` ago or earlier. It is in its index
 * by `cleanup_interval` (a tenth later at most) and the round itself, and in a store gateway by `sync_interval` (a fifth
 * later at most) after that: 33 + 30 of 75 seconds, with 12 to spare for the work.
 */
function readProfile(
  store: Store,
  { recentFromBucket }: Options,
): { querier?: Settings; bucketStore?: Settings; compactor?: Settings } {
  if (
    store.kind === 'filesystem' ||
    (store.replicationFactor > 1 && !recentFromBucket && store.mixed !== true)
  )
    return {};
  return {
    querier: { query_store_after: '0s' },
    bucketStore: { ignore_blocks_within: '0s', sync_interval: '25s' },
    compactor: { cleanup_interval: '30s' },
  };
}

function commonStorage(store: Store, encryption: Encryption | undefined): Settings {
  if (store.kind === 'filesystem') return { backend: 'filesystem', filesystem: { dir: DIRS.store } };
  const { s3 } = store;
  return {
    backend: 's3',
    s3: {
      endpoint: s3.endpoint,
      bucket_name: s3.bucket,
      // Without keys Mimir looks for a role of the pod's own.
      ...(s3.accessKey !== undefined && { access_key_id: s3.accessKey }),
      ...(s3.secretKey !== undefined && { secret_access_key: s3.secretKey }),
      insecure: s3.insecure,
      bucket_lookup_type: s3.addressing,
      signature_version: s3.signature,
      ...(s3.region !== undefined && { region: s3.region }),
      ...(s3.caChain !== undefined && { http: { tls_ca_path: S3_CA_FILE } }),
      ...(encryption !== undefined && { sse: encryptionSettings(encryption) }),
    },
  };
}

/**
 * The same for equal settings, byte by byte. Keys are plain words, and every text is quoted as JSON, which YAML reads
 * as it is: so little needs no library, which every dispatch would load.
 */
export function toYaml(settings: Settings): string {
  return `# Written by the charm; changes made here are overwritten.\n${yamlLines(settings).join('\n')}\n`;
}

function yamlLines(settings: Settings): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    isSettings(value)
      ? [`${key}:`, ...yamlLines(value).map((line) => `  ${line}`)]
      : [`${key}: ${JSON.stringify(value)}`],
  );
}

export function isSettings(value: Settings[string]): value is Settings {
  return typeof value === 'object' && !Array.isArray(value);
}
