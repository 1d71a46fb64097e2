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
export const OVERRIDES_FILE = `${CONFIG_DIR}/overrides.yaml`;
export const S3_CA_FILE = `${CONFIG_DIR}/s3-ca.pem`;
export const ENVIRONMENT_FILE = `${CONFIG_DIR}/environment.json`;
/** Those that Mimir reads, or is given, only when it starts: another content of one restarts it. */
export const START_FILES = [S3_CA_FILE, ENVIRONMENT_FILE, CONFIG_FILE] as const;

/** None may lie inside another: Mimir refuses to start. */
export const DIRS = {
  tsdb: `${DATA}/tsdb`,
  tsdbSync: `${DATA}/tsdb-sync`,
  compactor: `${DATA}/compactor`,
  ruler: `${DATA}/ruler`,
  alertmanager: `${DATA}/alertmanager`,
  store: `${DATA}/store`,
} as const;
export const TOKENS_FILE = `${DATA}/ingester-tokens.json`;
export const ACTIVITY_FILE = `${DATA}/activity.log`;
