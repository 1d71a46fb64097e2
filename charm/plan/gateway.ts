/**
 * The gateway: one address for a cluster whose components run apart, and nginx behind it, which sends each request to
 * the component that it is for. Pure: which addresses serve which component -> nginx's configuration, and Pebble's layer.
 */
import { createHash } from 'node:crypto';
import {
  GATEWAY_CA,
  GATEWAY_CONFIG,
  GATEWAY_TLS,
  isAddress,
  type RoleAddresses,
  serverOf,
} from './gateway-parts.ts';
import { type NginxAbilities, nginxConfig } from './nginx.ts';
import { type GatewayLayers, gatewayLayers } from './nginx-process.ts';

export interface GatewayInputs {
  /** This application: what it is told to do names it. */
  readonly app: string;
  readonly addresses: RoleAddresses;
  /** With it the gateway speaks HTTPS, and TLS to the cluster. */
  readonly tls?: {
    /** This unit's private key, certificate and those above it. */
    readonly pem: string;
    /** By which the processes of the cluster are known, PEM. */
    readonly authorities: string;
    /** Whom the certificates of all of them name. */
    readonly serverName: string;
  };
  /** Whose the writes are that name no tenant; undefined: they are Mimir's to judge. */
  readonly senderTenant?: string | undefined;
  /** Whether the container has IPv6. */
  readonly ipv6: boolean;
  readonly able: NginxAbilities;
}

export interface GatewayPlan {
  /** Of all files together: nginx tells it, which proves what it runs with. */
  readonly digest: string;
  /** By name, the configuration last. */
  readonly files: Readonly<Record<string, { readonly content: string; readonly permissions: number }>>;
  readonly layers: GatewayLayers;
}

export function planGateway({ addresses, tls, ...rest }: GatewayInputs): GatewayPlan {
  const known = usable(addresses);
  const serverName = tls?.serverName;
  const text = (digest: string) => nginxConfig({ ...rest, addresses: known, serverName, digest });
  const hash = createHash('sha256').update(text(''));
  hash.update(JSON.stringify([tls?.pem, tls?.authorities]));
  const digest = hash.digest('hex').slice(0, 32);
  return {
    digest,
    files: {
      ...(tls !== undefined && {
        [GATEWAY_CA]: { content: tls.authorities, permissions: 0o644 },
        [GATEWAY_TLS]: { content: tls.pem, permissions: 0o600 },
      }),
      [GATEWAY_CONFIG]: { content: text(digest), permissions: 0o644 },
    },
    layers: gatewayLayers(),
  };
}

/** In an order of their own, and only what nginx takes: one bad address must not cost all others. */
function usable(addresses: RoleAddresses): RoleAddresses {
  const entries = Object.entries(addresses).map(([role, list]) => {
    const servers = list.filter(isAddress);
    const each = new Map(servers.map((server) => [serverOf(server), server]));
    return [role, [...each.keys()].toSorted().flatMap((key) => each.get(key) ?? [])];
  });
  return Object.fromEntries(entries);
}
