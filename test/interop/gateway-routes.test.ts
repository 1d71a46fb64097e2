/**
 * Each of Mimir's paths, asked at ten real Mimirs that run one component each, and through the gateway: the table of
 * routes is Mimir's own, and nothing is lost on the way.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RoleAddresses } from '../../charm/plan/gateway-parts.ts';
import { GOSSIP_PORT, HTTP_PORT } from '../../charm/plan/paths.ts';
import { COMPONENTS, type Component } from '../../charm/plan/roles.ts';
import { expectWhole, writeBatch } from '../support/batch.ts';
import { nginx } from '../support/debian.ts';
import { type GatewayServer, startGateway } from '../support/gateway-server.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';

const HOSTS = Object.fromEntries(COMPONENTS.map((role, index) => [role, `127.78.11.${index + 1}`]));
const addresses: RoleAddresses = Object.fromEntries(
  Object.entries(HOSTS).map(([role, host]) => [role, [{ host, port: HTTP_PORT }]]),
);
const FLAGS = [
  ...IMPATIENT,
  `-memberlist.join=${HOSTS.distributor}:${GOSSIP_PORT}`,
  '-memberlist.rejoin-interval=2s',
  '-query-scheduler.service-discovery-mode=ring',
  '-overrides-exporter.ring.enabled=true',
  '-compactor.block-upload-enabled=true',
  '-ruler.poll-interval=1s',
];

const running: AsyncDisposable[] = [];
let gateway: GatewayServer;
beforeAll(async () => {
  if (program === '') return;
  const mimirs = COMPONENTS.map(async (role) => {
    const mimir = await startMimir(HOSTS[role] ?? '', {}, [...FLAGS, `-target=${role}`]);
    running.push(mimir);
  });
  await Promise.all(mimirs);
  gateway = await startGateway(program, '127.78.1.110', { addresses });
  running.push(gateway);
}, 180_000);
afterAll(async () => {
  await Promise.all(running.toReversed().map((each) => each[Symbol.asyncDispose]()));
}, 60_000);

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(base: string, line: string): Promise<Answer> {
  const [method = 'GET', path = ''] = line.split(' ');
  const { statusCode, body } = await request(`${base}${path}`, {
    method: method === 'POST' ? 'POST' : 'GET',
  });
  return { status: statusCode, text: await body.text() };
}

/** No route, as Mimir says it. What a component says itself of something that is not there has other words. */
function isServed({ status, text }: Answer): boolean {
  return status !== 405 && !(status === 404 && text.trim() === '404 page not found');
}

async function serving(line: string): Promise<readonly string[]> {
  const each = await Promise.all(
    COMPONENTS.map(async (role) => ((await isServedBy(role, line)) ? [role] : [])),
  );
  return each.flat();
}

async function isServedBy(role: Component, line: string): Promise<boolean> {
  return isServed(await ask(`http://${HOSTS[role]}:${HTTP_PORT}`, line));
}

/** Who answers each path; the gateway sends it to the first. */
const EVERYWHERE = [...COMPONENTS];
const QUERIES: readonly Component[] = ['query-frontend', 'querier'];
const TABLE: Readonly<Record<string, readonly Component[]>> = {
  'POST /api/v1/push': ['distributor'],
  'POST /otlp/v1/metrics': ['distributor'],
  'GET /distributor/ring': ['distributor'],
  'GET /distributor/all_user_stats': ['distributor'],
  'GET /prometheus/api/v1/query?query=1': QUERIES,
  'POST /prometheus/api/v1/query': QUERIES,
  'GET /prometheus/api/v1/query_range': QUERIES,
  'GET /prometheus/api/v1/query_exemplars': QUERIES,
  'GET /prometheus/api/v1/labels': QUERIES,
  'GET /prometheus/api/v1/label/x/values': QUERIES,
  'GET /prometheus/api/v1/series': QUERIES,
  'GET /prometheus/api/v1/metadata': QUERIES,
  'GET /prometheus/api/v1/cardinality/label_names': QUERIES,
  'GET /prometheus/api/v1/cardinality/active_series': QUERIES,
  'GET /prometheus/api/v1/format_query?query=1': QUERIES,
  'POST /prometheus/api/v1/read': QUERIES,
  'GET /prometheus/api/v1/status/buildinfo': [...QUERIES, 'ruler'],
  'POST /api/v1/analyze': [...QUERIES, 'ruler'],
  'GET /api/v1/user_stats': ['querier'],
  'GET /querier/ring': ['querier', 'query-frontend'],
  'GET /prometheus/api/v1/rules': ['ruler'],
  'GET /prometheus/api/v1/alerts': ['ruler'],
  'GET /prometheus/config/v1/rules': ['ruler'],
  'GET /prometheus/config/v1/rules/a%2Fb': ['ruler'],
  'POST /prometheus/config/v1/rules/a': ['ruler'],
  'GET /ruler/ring': ['ruler'],
  'GET /ruler/rule_groups': ['ruler'],
  'GET /ruler/tenants': ['ruler'],
  'GET /alertmanager': ['alertmanager'],
  'GET /alertmanager/': ['alertmanager'],
  'GET /alertmanager/api/v2/alerts': ['alertmanager'],
  'GET /alertmanager/api/v1/status/buildinfo': ['alertmanager'],
  'GET /api/v1/alerts': ['alertmanager'],
  'GET /multitenant_alertmanager/status': ['alertmanager'],
  'GET /multitenant_alertmanager/ring': ['alertmanager'],
  'GET /multitenant_alertmanager/configs': ['alertmanager'],
  'GET /api/v1/upload/block/01ARZ3NDEKTSV4RRFFQ69G5FAV/check': ['compactor'],
  'GET /compactor/ring': ['compactor'],
  'GET /compactor/tenants': ['compactor'],
  'GET /compactor/delete_tenant_status': ['compactor'],
  'GET /store-gateway/ring': ['store-gateway'],
  'GET /store-gateway/tenants': ['store-gateway'],
  'GET /store-gateway/tenant/anonymous/blocks': ['store-gateway'],
  'GET /ingester/ring': ['ingester', 'distributor', 'query-frontend', 'querier', 'ruler'],
  'GET /query-scheduler/ring': ['query-scheduler'],
  'GET /overrides-exporter/ring': ['overrides-exporter'],
  'GET /': EVERYWHERE,
  'GET /static/mimir-styles.css': EVERYWHERE,
  'GET /memberlist': EVERYWHERE,
  'GET /config': EVERYWHERE,
  'GET /runtime_config': EVERYWHERE,
  'GET /services': EVERYWHERE,
  'GET /api/v1/user_limits': EVERYWHERE,
  'GET /api/v1/status/buildinfo': EVERYWHERE,
  'GET /api/v1/status/config': EVERYWHERE,
};

/** What the gateway keeps to itself, and who would answer. */
const KEPT: Readonly<Record<string, readonly Component[]>> = {
  'POST /ingester/flush': ['ingester'],
  'GET /ingester/prepare-shutdown': ['ingester'],
  'GET /ingester/tenants': ['ingester'],
  'GET /store-gateway/prepare-shutdown': ['store-gateway'],
  'GET /metrics': EVERYWHERE,
  'GET /debug/pprof/': EVERYWHERE,
};

const sorted = (roles: readonly string[]) => roles.toSorted();

describe.skipIf(program === '')('a path of Mimir', () => {
  test.for(Object.entries(TABLE))('%s is served by %s, and through the gateway', async ([line, roles]) => {
    expect(sorted(await serving(line))).toEqual(sorted(roles));
    const straight = await ask(`http://${HOSTS[roles[0] ?? 'distributor']}:${HTTP_PORT}`, line);
    const through = await ask(gateway.url, line);
    expect(through.status).toBe(straight.status);
    expect(isServed(through), through.text).toBe(true);
  });

  test.for(Object.entries(KEPT))('%s is about one process, and the gateway says so', async ([
    line,
    roles,
  ]) => {
    expect(sorted(await serving(line))).toEqual(sorted(roles));
    const through = await ask(gateway.url, line);
    expect(through).toEqual({
      status: 404,
      text: expect.stringContaining('Ask that unit itself, at port 9009'),
    });
  });

  test('what no component serves is answered by the gateway', async () => {
    expect(await ask(gateway.url, 'GET /wp-login.php')).toEqual({
      status: 404,
      text: 'No component of Mimir serves this path.\n',
    });
  });

  test('written behind one address, read behind the same', async () => {
    const batch = await writeBatch(gateway.url, 'routed');
    await expectWhole(gateway.url, batch);
  });
});
