/**
 * How Pebble runs nginx, so that it ends when it has answered. Pebble ends a service with SIGTERM to all of its
 * processes, and has no other signal; nginx' quick way out it is, which cuts what is under way. So a shell stands before
 * nginx, and nginx has a session of its own, where only the shell's signals reach it.
 */
import {
  GATEWAY_CHECK,
  GATEWAY_CONFIG,
  GATEWAY_DIR,
  GATEWAY_SERVICE,
  GATEWAY_STATUS_PORT,
  NGINX,
} from './gateway-parts.ts';
import type { LogTargets } from './log-targets.ts';

/** How long nginx may take to answer what it has, when it reads its files anew or ends: longer than any query. */
export const LONGEST_END_SECONDS = 320;
/**
 * After SIGTERM connections are still taken for so long: Kubernetes needs a moment to send them elsewhere. Mimir's own
 * `shutdown_delay` is a second more.
 */
const STILL_OPEN_SECONDS = 2;

/** @param folder that has the configuration. */
export function nginxCommand(folder: string, ...flags: readonly string[]): readonly string[] {
  return [NGINX, '-p', GATEWAY_DIR, '-c', `${folder}/${GATEWAY_CONFIG}`, ...flags];
}

/** Succeeds in an image that has what the shell's way takes. */
export const CAN_FINISH = ['/bin/sh', '-c', 'command -v setsid'] as const;

/**
 * Nothing in it may be quoted singly. nginx' process group has its master's number. When the master is killed, its workers
 * would go on as they are, and keep the port; when this shell is, all of them would.
 */
const FINISHING = [
  `finish() { sleep ${STILL_OPEN_SECONDS}; kill -QUIT $nginx || exit; }`,
  'reread() { kill -HUP $nginx; }',
  'trap finish TERM',
  'trap reread HUP',
  `{ read old < ${GATEWAY_DIR}/nginx.pid && [ $old != $$ ] && kill -TERM -$old; } 2> /dev/null`,
  `setsid ${nginxCommand(GATEWAY_DIR).join(' ')} &`,
  'nginx=$!',
  '{ while kill -0 $nginx; do wait $nginx; code=$?; done; kill -TERM -$nginx; } 2> /dev/null',
  'exit $code',
].join('\n');

const READY = {
  override: 'replace',
  level: 'ready',
  startup: 'enabled',
  http: { url: `http://127.0.0.1:${GATEWAY_STATUS_PORT}/ready` },
} as const;

/**
 * Until nginx serves. A check begins with "up", and Kubernetes asks soon after the start: so it fails at once, and says so
 * at the first failure. An image may have it, too (examples/nginx-image).
 */
export const NOT_YET_LAYER = {
  checks: { [GATEWAY_CHECK]: { ...READY, period: '100ms', timeout: '100ms', threshold: 1 } },
} as const;

export interface GatewayLayers {
  /** By the shell. */
  readonly finishing: GatewayLayer;
  /** For an image that has no shell: what is under way when nginx ends is cut. */
  readonly plain: GatewayLayer;
}

/** They never change: nginx is told to read its files again, and is not restarted. */
export function gatewayLayers(): GatewayLayers {
  return {
    finishing: gatewayLayer(`/bin/sh -c '${FINISHING}'`),
    plain: gatewayLayer(nginxCommand(GATEWAY_DIR).join(' ')),
  };
}

export type GatewayLayer = ReturnType<typeof gatewayLayer> & { readonly 'log-targets'?: LogTargets };

function gatewayLayer(command: string) {
  return {
    summary: 'Gateway of the Mimir cluster',
    services: {
      [GATEWAY_SERVICE]: {
        override: 'replace',
        summary: 'nginx, which sends each request to the component that it is for',
        startup: 'enabled',
        command,
        // Pebble's SIGKILL would not reach nginx in its session.
        'kill-delay': `${LONGEST_END_SECONDS + 10}s`,
      },
    },
    checks: {
      [GATEWAY_CHECK]: { ...READY, period: '3s', timeout: '2s', threshold: 3 },
    },
  } as const;
}
