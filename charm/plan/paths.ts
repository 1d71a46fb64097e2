/** Ports and paths inside the workload container. Everything that must outlive the pod is on the volume. */

export const CONTAINER = 'mimir';
export const SERVICE = 'mimir';
export const HTTP_PORT = 9009;
export const GRPC_PORT = 9095;
export const GOSSIP_PORT = 7946;

export const DATA = '/data';

/**
 * The configuration is kept on the volume as well: when a pod is replaced while an option or a relation is wrong,
 * the new one still starts on what was last good.
 */
export const CONFIG_DIR = `${DATA}/conf`;
export const CONFIG_FILE = `${CONFIG_DIR}/mimir.yaml`;
/** Limits of tenants, and of instances, that somebody sets by hand. The charm makes sure that it is there. */
export const OVERRIDES_FILE = `${CONFIG_DIR}/overrides.yaml`;
/** Those that the charm was told of. They win. */
export const TENANT_LIMITS_FILE = `${CONFIG_DIR}/tenant-limits.yaml`;
/** Both, as Mimir is told of them. */
export const RUNTIME_FILES = `${OVERRIDES_FILE},${TENANT_LIMITS_FILE}`;
export const S3_CA_FILE = `${CONFIG_DIR}/s3-ca.pem`;
export const ENVIRONMENT_FILE = `${CONFIG_DIR}/environment.json`;
/** Mimir's `target`, which is no part of its configuration: that is the same for all units of a cluster. */
export const TARGET_FILE = `${CONFIG_DIR}/target`;
/** The unit's key, its certificate and those above it. Mimir reads it again for each connection. */
export const TLS_FILE = `${CONFIG_DIR}/tls.pem`;
/** Each file in it is trusted by Mimir besides those of the image, wherever no other authority is named. */
export const TRUST_DIR = `${CONFIG_DIR}/trust`;
/** The authorities by which the units know each other. */
export const UNITS_CA_FILE = `${TRUST_DIR}/units.pem`;
/** Authorities that came over receive-ca-cert. */
export const RECEIVED_CA_FILE = `${TRUST_DIR}/received.pem`;
/**
 * Whom Pebble trusts, for its check of Mimir. It reads what is there once in its life, and the file lives as long: what
 * stands in it is what Pebble knows, so it is never changed.
 */
export const PEBBLE_CA_FILE = '/etc/ssl/certs/mimir-charm.pem';

/** Those that Mimir reads, or is given, only when it starts: another content of one restarts it. */
export const START_FILES = [
  S3_CA_FILE,
  RECEIVED_CA_FILE,
  UNITS_CA_FILE,
  ENVIRONMENT_FILE,
  TARGET_FILE,
  CONFIG_FILE,
] as const;
/** Which parts of the ring are the ingester's. Mimir writes it, too. */
export const TOKENS_FILE = `${DATA}/ingester-tokens.json`;
/** All that the charm writes there. */
export const OWN_FILES = [
  OVERRIDES_FILE,
  TENANT_LIMITS_FILE,
  TOKENS_FILE,
  TLS_FILE,
  PEBBLE_CA_FILE,
  ...START_FILES,
] as const;

/**
 * Lives as long as the container. Two lines from when the last replan came to its end: the service as it was then
 * started, and a digest of the layer and the plan that it was in.
 */
export const STARTED_FILE = '/var/lib/mimir-charm/started';

/** None may lie inside another: Mimir refuses to start. */
export const DIRS = {
  tsdb: `${DATA}/tsdb`,
  tsdbSync: `${DATA}/tsdb-sync`,
  compactor: `${DATA}/compactor`,
  ruler: `${DATA}/ruler`,
  alertmanager: `${DATA}/alertmanager`,
  store: `${DATA}/store`,
} as const;
/** What a drain has seen, for the one that goes on where it was killed. */
export const DRAIN_FILE = `${DATA}/drain.json`;
export const ACTIVITY_FILE = `${DATA}/activity.log`;
