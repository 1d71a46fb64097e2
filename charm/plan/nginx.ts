/** nginx' configuration. Made of what the charm decides alone; addresses have been checked before. */
import {
  type Address,
  GATEWAY_CA,
  GATEWAY_METRICS_PATH,
  GATEWAY_PORT,
  GATEWAY_STATUS_PORT,
  GATEWAY_TLS,
  type RoleAddresses,
  serverOf,
} from './gateway-parts.ts';
import { PER_PROCESS, ROUTES, type Route, type RouteKind } from './gateway-routes.ts';
import { LONGEST_END_SECONDS } from './nginx-process.ts';
import { HTTP_PORT } from './paths.ts';

/** What not every nginx can: by its release, and by what it was built with. */
export interface NginxAbilities {
  /**
   * Connections of clients are kept open between their requests, which costs requests in every reload unless nginx is
   * 1.27.4 or newer.
   */
  readonly keepsConnections: boolean;
  /** It tells how many connections it has (`ngx_http_stub_status_module`). */
  readonly countsConnections: boolean;
}

/** From the best on. */
export const ABILITIES = [
  { keepsConnections: true, countsConnections: true },
  { keepsConnections: true, countsConnections: false },
  { keepsConnections: false, countsConnections: true },
  { keepsConnections: false, countsConnections: false },
] as const satisfies readonly NginxAbilities[];

/** What nginx says of what it does not know. */
const UNKNOWN = [
  ['keepsConnections', 'unknown directive "keepalive_min_timeout"'],
  ['countsConnections', 'unknown "connections_'],
] as const;

/** With less than was tried, if that is what nginx refuses. */
export function withLess(tried: NginxAbilities, refusal: string): NginxAbilities | undefined {
  const [ability] = UNKNOWN.find(([each, words]) => tried[each] && refusal.includes(words)) ?? [];
  return ability === undefined ? undefined : { ...tried, [ability]: false };
}

export interface NginxInputs {
  readonly app: string;
  readonly addresses: RoleAddresses;
  /** Whom certificates of the cluster name; absent, all is plain HTTP. */
  readonly serverName: string | undefined;
  /** Of writes that name none. */
  readonly senderTenant?: string | undefined;
  readonly ipv6: boolean;
  readonly able: NginxAbilities;
  /** What nginx tells of itself. */
  readonly digest: string;
}

/** Of what is posted, as Mimir's own limit for a request (distributor.max-recv-msg-size). */
const LARGEST_BODY = '100m';

export function nginxConfig(inputs: NginxInputs): string {
  return lines(
    // In a container the processors that nginx counts are those of the whole machine.
    'worker_processes 4;',
    'worker_rlimit_nofile 16384;',
    // Queries that were asked before a reload, or the end, are answered after it, but do not keep workers for ever.
    `worker_shutdown_timeout ${LONGEST_END_SECONDS}s;`,
    'daemon off;',
    // As all in the container. Without a directive it would be somebody whom the container need not know.
    'user root root;',
    'pid nginx.pid;',
    'error_log stderr warn;',
    block('events', 'worker_connections 4096;'),
    block('http', ...http(inputs)),
  );
}

function http(inputs: NginxInputs): readonly string[] {
  const { addresses } = inputs;
  const roles = [...new Set(ROUTES.map(({ role }) => role))];
  return [
    'default_type text/plain;',
    'server_tokens off;',
    ...logOfFailures(),
    'map $http_x_forwarded_proto $outer_scheme { default $http_x_forwarded_proto; "" $scheme; }',
    ...tenantOf(inputs),
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp-${kind};`),
    ...roles.flatMap((role) => {
      const servers = serversOf(addresses, role);
      return servers.length === 0 ? [] : [upstream(role, servers)];
    }),
    block('server', ...gateway(inputs)),
    block(
      'server',
      `listen 127.0.0.1:${GATEWAY_STATUS_PORT};`,
      'keepalive_timeout 0;',
      block('location = /ready', `return 200 "${inputs.digest}\\n";`),
      block('location /', 'return 404;'),
    ),
  ];
}

/**
 * What goes wrong on the way; all else is in Mimir's log and metrics. nginx' own words on it repeat the whole URL and the
 * referrer, and somebody may have put a token there, so each failure has a line without parameters and headers instead.
 */
function logOfFailures(): readonly string[] {
  const words = [
    '$time_iso8601 $request_method $uri $status',
    'upstream="$upstream_addr" upstream_status="$upstream_status" seconds=$request_time',
  ];
  return [
    'error_log stderr crit;',
    `log_format failure '${words.join(' ')}';`,
    // One that another server has answered in the end is one, too.
    'map "$status $upstream_status" $is_failure { default 0; "~5[0-9][0-9]" 1; }',
    'access_log /dev/stderr failure if=$is_failure;',
  ];
}

/** Nobody's queries get a tenant that they do not ask for. */
function tenantOf({ senderTenant: tenant }: NginxInputs): readonly string[] {
  if (tenant === undefined) return [];
  const writes = ROUTES.filter(({ kind }) => kind === 'write').flatMap(({ locations }) => locations);
  const paths = writes.map((location) => `"${location.replace('= ', '')}" "${tenant}";`);
  return [
    `map $uri $sender_tenant { default ""; ${paths.join(' ')} }`,
    'map $http_x_scope_orgid $tenant { default $http_x_scope_orgid; "" $sender_tenant; }',
  ];
}

/** Of a configuration of ours. */
export function senderTenantIn(config: string): string | undefined {
  return /^ *map \$uri \$sender_tenant .*? "([^"$]+)";/m.exec(config)?.[1];
}

function serversOf(addresses: RoleAddresses, role: Route['role']): readonly string[] {
  const list: readonly Address[] = role === 'any' ? Object.values(addresses).flat() : (addresses[role] ?? []);
  return [...new Set(list.map(serverOf))].toSorted();
}

function upstream(role: string, servers: readonly string[]): string {
  return block(
    `upstream ${role}`,
    // What one worker has learnt of a server, all know.
    `zone ${role} 512k;`,
    'least_conn;',
    // A server that three requests could not reach is left alone for five seconds.
    ...servers.map((server) => `server ${server} max_fails=3 fail_timeout=5s;`),
    'keepalive 64;',
    // Mimir closes what has been idle for two minutes, and a request must not cross that.
    'keepalive_timeout 60s;',
  );
}

function gateway({ app, addresses, serverName, senderTenant, ipv6, able }: NginxInputs): readonly string[] {
  const ssl = serverName === undefined ? '' : ' ssl';
  const scheme = serverName === undefined ? 'http' : 'https';
  return [
    `listen ${GATEWAY_PORT}${ssl};`,
    ...(ipv6 ? [`listen [::]:${GATEWAY_PORT}${ssl};`] : []),
    ...(serverName === undefined ? [] : [...tls(serverName), ...plainHttp()]),
    // Queries are long, also where they are not posted.
    'large_client_header_buffers 8 64k;',
    'client_header_timeout 60s;',
    'client_body_timeout 60s;',
    `client_max_body_size ${LARGEST_BODY};`,
    'client_body_buffer_size 4m;',
    ...connections(able.keepsConnections),
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $outer_scheme;',
    ...(senderTenant === undefined ? [] : ['proxy_set_header X-Scope-OrgID $tenant;']),
    'proxy_redirect off;',
    'proxy_buffers 16 64k;',
    'proxy_buffer_size 64k;',
    'proxy_busy_buffers_size 128k;',
    // A large answer waits in Mimir, not on this disk.
    'proxy_max_temp_file_size 0;',
    // A server that is gone takes no connection, or says nothing at all.
    'proxy_connect_timeout 2s;',
    // Of an application whose units begin one after the other several may not be there yet.
    'proxy_next_upstream_tries 5;',
    // One that took long is not asked of another: that would take as long once more.
    'proxy_next_upstream_timeout 10s;',
    block('location = /ready', 'return 200 "ready\\n";'),
    block(`location = ${GATEWAY_METRICS_PATH}`, ...metrics(able.countsConnections)),
    ...ROUTES.flatMap((route) =>
      route.locations.map((location) =>
        block(`location ${location}`, ...passed(route, app, scheme, serversOf(addresses, route.role))),
      ),
    ),
    ...PER_PROCESS.map((location) =>
      block(
        `location ${location}`,
        sentence(
          404,
          `The gateway does not pass this on: it is about one process. Ask that unit itself, at port ${HTTP_PORT}.`,
        ),
      ),
    ),
    block('location /', sentence(404, 'No component of Mimir serves this path.')),
    ...[...new Set(ROUTES.map(({ role }) => role))].map((role) =>
      block(`location @${role}-away`, sentence(502, `No unit that runs ${named(role)} answers.`)),
    ),
  ];
}

/**
 * A worker that ends closes the connections that lie idle, and a request that comes at that moment is lost: so it must
 * not, or none may lie idle. It stays for as long; whoever has been quiet for longer is hardly back in that very moment.
 * With the seconds before (nginx-process.ts) that is within the 30 that Juju gives a pod for its end.
 */
function connections(keeps: boolean): readonly string[] {
  if (!keeps) return ['keepalive_timeout 0;'];
  return ['keepalive_timeout 120s;', 'keepalive_min_timeout 25s;', 'keepalive_requests 100000;'];
}

/** nginx has these four as variables, and none for requests. */
const COUNTED = {
  active: 'Connections of clients.',
  reading: 'Connections of which nginx reads the header of a request.',
  waiting: 'Connections that lie idle.',
  writing: 'Connections of which nginx reads the body of a request, waits for Mimir, or answers.',
} as const;

/** As Prometheus reads it. */
function metrics(counts: boolean): readonly string[] {
  const told = Object.entries(counts ? COUNTED : {}).map(([kind, help]) => {
    const name = `nginx_connections_${kind}`;
    return `# HELP ${name} ${help}\\n# TYPE ${name} gauge\\n${name} $connections_${kind}\\n`;
  });
  return ['default_type "text/plain; version=0.0.4";', `return 200 "${told.join('')}";`];
}

function tls(serverName: string): readonly string[] {
  return [
    `ssl_certificate ${GATEWAY_TLS};`,
    `ssl_certificate_key ${GATEWAY_TLS};`,
    'ssl_protocols TLSv1.2 TLSv1.3;',
    'ssl_session_cache shared:tls:2m;',
    `proxy_ssl_trusted_certificate ${GATEWAY_CA};`,
    'proxy_ssl_verify on;',
    'proxy_ssl_verify_depth 5;',
    `proxy_ssl_name ${serverName};`,
    'proxy_ssl_server_name on;',
  ];
}

/**
 * Senders that have not heard of TLS yet: to nginx' own answer, 400, they throw away what they would have written. 497 is
 * how nginx calls such a request.
 */
function plainHttp(): readonly string[] {
  return [
    'error_page 497 = @plain-http;',
    block('location @plain-http', sentence(503, 'The gateway speaks HTTPS here, and no plain HTTP.')),
  ];
}

/** Requests that have not been sent yet go to another server whatever they are; `non_idempotent`: those that have, too. */
const BY_KIND: Readonly<Record<RouteKind, readonly string[]>> = {
  // A distributor that is about to end says 503, and 500 when it has ended, or has not begun, and its server listens.
  write: [
    'proxy_next_upstream error timeout http_500 http_503 non_idempotent;',
    // Distributors answer within two seconds, well or not; one that says nothing leaves time for another.
    'proxy_next_upstream_timeout 25s;',
    'proxy_read_timeout 10s;',
  ],
  // Mimir gives a query two minutes, unless its configuration says more. A query frontend that is about to end says 503.
  read: ['proxy_next_upstream error timeout http_503 non_idempotent;', 'proxy_read_timeout 310s;'],
  manage: ['proxy_next_upstream error timeout;', 'proxy_read_timeout 120s;'],
  upload: [
    'proxy_next_upstream error timeout;',
    'proxy_read_timeout 600s;',
    'proxy_send_timeout 600s;',
    'client_max_body_size 0;',
    'proxy_request_buffering off;',
  ],
};

function passed(
  { role, kind }: Route,
  app: string,
  scheme: string,
  servers: readonly string[],
): readonly string[] {
  if (servers.length === 0) {
    return [
      sentence(503, `No unit runs ${named(role)}: relate an application that does to ${app}:mimir-cluster.`),
    ];
  }
  return [...BY_KIND[kind], `error_page 502 = @${role}-away;`, `proxy_pass ${scheme}://${role};`];
}

function named(role: Route['role']): string {
  return role === 'any' ? 'Mimir' : `the ${role}`;
}

function sentence(status: number, text: string): string {
  return `return ${status} "${text}\\n";`;
}

function block(head: string, ...body: readonly string[]): string {
  const inner = body.flatMap((text) => text.split('\n')).map((line) => `  ${line}`);
  return [`${head} {`, ...inner, '}'].join('\n');
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
