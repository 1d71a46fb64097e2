/** The Pebble layer. Types follow Pebble's YAML. */
import type { Environment } from './environment.ts';
import type { LogTargets } from './log-targets.ts';
import { CONFIG_FILE, HTTP_PORT, SERVICE, TRUST_DIR } from './paths.ts';
import { ZONE_FLAGS } from './zones.ts';

/** Rings and other places where Mimir would else guess an address from the network interfaces, and often wrongly. */
const ADDRESS_FLAGS = [
  'alertmanager.sharding-ring.instance-addr',
  'compactor.ring.instance-addr',
  'distributor.ring.instance-addr',
  'ingester.ring.instance-addr',
  'memberlist.advertise-addr',
  'querier.ring.instance-addr',
  'query-frontend.instance-addr',
  'query-scheduler.ring.instance-addr',
  'ruler.ring.instance-addr',
  'store-gateway.sharding-ring.instance-addr',
] as const;

export const READY_CHECK = 'mimir-ready';
export const ALIVE_CHECK = 'mimir-alive';
export const BUCKET_CHECK = 'bucket';

/** Where Go looks for authorities by itself, and ours. */
const TRUSTED = `/etc/ssl/certs:/etc/pki/tls/certs:${TRUST_DIR}`;

/** `port`: that it listens must do, where Pebble cannot verify the certificate. */
export type ReadyCheck = 'http' | 'https' | 'port';

const READY = {
  http: { http: { url: `http://127.0.0.1:${HTTP_PORT}/ready` } },
  https: { http: { url: `https://localhost:${HTTP_PORT}/ready` } },
  port: { tcp: { port: HTTP_PORT } },
} as const;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Start {
  /** Mimir's own: what it runs of its components. */
  readonly target: string;
  /** This unit's address. */
  readonly ip: string;
  /** This unit's zone, where its Mimir is to know it. */
  readonly zone: string | undefined;
  /**
   * Of all files that Mimir reads only when it starts. It is part of the layer, so that a replan restarts Mimir when one
   * of them changed and leaves it alone when none did.
   */
  readonly digest: string;
  readonly environment: Environment;
  /** They restart nothing. */
  readonly logTargets: LogTargets;
  /** How Pebble asks: over `https` only when it trusts the certificate. */
  readonly ready: ReadyCheck;
  /** Requests come to others of the cluster as well, through this pod alone: it is ready also while its Mimir starts. */
  readonly isOnlyGateway?: boolean;
}

/** @param bucket where object storage listens. Absent, a check that Pebble has of it stays as it is. */
export function mimirLayer(
  { target, ip, zone, digest, environment, logTargets, ready, isOnlyGateway = false }: Start,
  bucket?: Endpoint,
) {
  return {
    summary: 'Grafana Mimir',
    services: {
      [SERVICE]: {
        override: 'replace',
        summary: 'Grafana Mimir, its components in one process',
        startup: 'enabled',
        command: [
          '/bin/mimir',
          `-config.file=${CONFIG_FILE}`,
          `-target=${target}`,
          ...ADDRESS_FLAGS.map((flag) => `-${flag}=${ip}`),
          ...(zone === undefined ? [] : ZONE_FLAGS.map((flag) => `-${flag}=${zone}`)),
        ].join(' '),
        environment: { ...environment, MIMIR_CONFIG_DIGEST: digest, SSL_CERT_DIR: TRUSTED },
        // Mimir answers what it was asked, and a query may take two minutes; then leaving the rings and closing the log
        // takes seconds. Killed earlier, the next start replays more.
        'kill-delay': '150s',
      },
    },
    checks: {
      // Mimir counts its 15 seconds before "ready" from the first such question.
      [READY_CHECK]: {
        override: 'replace',
        ...(!isOnlyGateway && ({ level: 'ready' } as const)),
        startup: 'enabled',
        period: '3s',
        timeout: '2s',
        threshold: 3,
        ...READY[ready],
      },
      // Kubernetes kills the container when this fails. The port is open while an ingester replays its log, however
      // long that takes, and while object storage is out of reach; Pebble itself restarts a Mimir that exits. Ten
      // minutes without a port are beyond all that. No service is restarted by a check.
      [ALIVE_CHECK]: {
        override: 'replace',
        level: 'alive',
        startup: 'enabled',
        period: '30s',
        timeout: '3s',
        threshold: 20,
        tcp: { port: HTTP_PORT },
      },
      ...(bucket !== undefined && { [BUCKET_CHECK]: bucketCheck(bucket) }),
    },
    ...sectionOf(logTargets),
  } as const;
}

/** None is told by no section: to Pebble the two are the same, and a layer is compared as it stands. */
export function sectionOf(logTargets: LogTargets): { readonly 'log-targets'?: LogTargets } {
  return Object.keys(logTargets).length === 0 ? {} : { 'log-targets': logTargets };
}

/** Mimir serves on when object storage goes away. This wakes the charm, and has no level: it makes no unit unready. */
function bucketCheck(tcp: Endpoint) {
  return {
    override: 'replace',
    startup: 'enabled',
    period: '5s',
    timeout: '3s',
    threshold: 3,
    tcp,
  } as const;
}

export type MimirLayer = ReturnType<typeof mimirLayer>;
