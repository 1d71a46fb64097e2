/**
 * When the units speak TLS, and by whose word they trust each other.
 *
 * A Mimir speaks TLS to all others or to none, so all units turn at one word of the leader's, which it gives when
 * each has a certificate. It names the authorities of all of them: when the provider gets another authority, both are
 * trusted until every unit has a certificate of the new one.
 */
import { bundle, certificatesIn } from '../../relations/pem.ts';
import type { Inputs } from './inputs.ts';
import { CONFIG_FILE, PEBBLE_CA_FILE, TLS_FILE, UNITS_CA_FILE } from './paths.ts';
import { serviceHost } from './urls.ts';

/** What one unit needs for it. */
export interface Tls {
  /** Private key, certificate and those above it. */
  readonly pem: string;
  /** PEM. */
  readonly authorities: string;
  /** Which certificate Pebble's check may rely on; undefined when it cannot. */
  readonly pebble: string | undefined;
}

/**
 * The authorities to agree on: the word of the leader, or as leader the next one. Undefined: plain HTTP.
 * A unit that comes later and has no certificate yet does not turn the others back.
 */
export function agreedAuthorities({
  leader,
  agreement,
  neighbours,
}: Omit<Inputs, 'authorities'>): string | undefined {
  const { certificates, joined, members = [] } = neighbours;
  if (joined !== undefined)
    return joined.kind === 'ready' ? joined.configuration.authorities : agreement?.authorities;
  if (certificates === undefined) return undefined;
  if (!leader) return agreement?.authorities;
  const joiners = members.flatMap(({ units }) => units.map((unit) => unit.authorities));
  const said = [certificates.own?.authorities, ...certificates.others, ...joiners];
  if (agreement?.authorities === undefined && said.includes(undefined)) return undefined;
  const all = said.flatMap((text) => certificatesIn(text ?? '')).filter((each) => each !== undefined);
  return all.length === 0 ? agreement?.authorities : bundle(all);
}

/** Undefined: plain HTTP. `waiting`: the units speak TLS, and this one cannot yet. */
export function planTls({ authorities, neighbours, container }: Inputs): Tls | 'waiting' | undefined {
  if (authorities === undefined) return undefined;
  const own = neighbours.certificates?.own;
  if (own === undefined) return 'waiting';
  const present = container.files?.[TLS_FILE] ?? '';
  // Under a new authority the unit waits until all are told of it, with the certificate that it has.
  const isKnown = includesAll(authorities, own.authorities);
  const pem = isKnown || present === '' ? own.pem : present;
  const known = container.files?.[PEBBLE_CA_FILE] ?? authorities;
  const [, ...above] = certificatesIn(pem);
  const canAsk = own.namesLocalhost && above.some((each) => each !== undefined && known.includes(each));
  return { pem, authorities, pebble: canAsk ? known : undefined };
}

function includesAll(bundled: string, authorities: string): boolean {
  return certificatesIn(authorities).every((each) => each !== undefined && bundled.includes(each));
}

/** Mimir's settings for it: every server and every client between units. */
export function tlsSettings(inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'authorities'>) {
  if (inputs.authorities === undefined) return undefined;
  const server = { cert_file: TLS_FILE, key_file: TLS_FILE };
  // Units find each other by address, and an address changes: each certificate names the application, too.
  // Those of a whole cluster name the application that leads.
  const trust = { tls_ca_path: UNITS_CA_FILE, tls_server_name: serviceHost(inputs) };
  const client = { tls_enabled: true, ...trust };
  const grpc = { grpc_client_config: client };
  return {
    server: { http_tls_config: server, grpc_tls_config: server },
    trust,
    clients: {
      alertmanager: { alertmanager_client: client },
      frontend: grpc,
      frontend_worker: { ...grpc, query_scheduler_grpc_client_config: client },
      ingester_client: grpc,
      // Gossip reads the certificate at the start only, so it goes on with one that has expired, and nobody must mind.
      // Little is lost: it takes whoever speaks to it, so to verify whom one speaks to keeps nobody out.
      memberlist: {
        tls_enabled: true,
        tls_cert_path: TLS_FILE,
        tls_key_path: TLS_FILE,
        tls_insecure_skip_verify: true,
      },
      querier: { store_gateway_client: client },
      query_scheduler: grpc,
      ruler: { query_frontend: grpc, ruler_client: client },
    },
  } as const;
}

/** Files that tell how the Mimir that they started is asked. */
export const TELLING_FILES = [CONFIG_FILE, UNITS_CA_FILE] as const;

/** The authorities by which a Mimir that was started with these files is known; undefined where it speaks plain HTTP. */
export function runningTls(files: Readonly<Record<string, string>>): string | undefined {
  return files[CONFIG_FILE]?.includes('\n  http_tls_config:') ? (files[UNITS_CA_FILE] ?? '') : undefined;
}

/** The same, with whom its certificate names. */
export function runningTrust(
  files: Readonly<Record<string, string>>,
  place: Parameters<typeof serviceHost>[0],
): { readonly authorities: string; readonly serverName: string } | undefined {
  const authorities = runningTls(files);
  return authorities === undefined ? undefined : { authorities, serverName: serviceHost(place) };
}
