/** What the gateway's real nginx logs of requests that fail on the way. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { nginx } from '../support/debian.ts';
import { type GatewayServer, startGateway } from '../support/gateway-server.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
/** Nobody listens there. */
const AWAY = ['127.78.2.61', '127.78.2.62'] as const;
const addresses = Object.fromEntries(
  COMPONENTS.map((role) => [role, AWAY.map((host) => ({ host, port: HTTP_PORT }))]),
);

let gateway: GatewayServer;
beforeAll(async () => {
  if (program !== '') gateway = await startGateway(program, '127.78.1.118', { addresses });
});
afterAll(() => gateway?.stop());

test.skipIf(program === '')(
  'a line for each: what was asked, of whom, and no parameter or header',
  async () => {
    const headers = {
      authorization: 'Bearer token-of-a-header',
      cookie: 'session=token-of-a-header',
      referer: 'http://grafana/?token=token-of-a-header',
      'x-scope-orgid': 'team-a',
    };
    const ask = (path: string) => fetch(`${gateway.url}${path}`, { headers }).then(({ status }) => status);
    expect(await ask('/prometheus/api/v1/query?query=up&token=token-of-a-url')).toBe(502);
    expect(await ask('/prometheus/api/v1/label/a%0a2026-01-01%20GET%20b/values')).toBe(502);
    expect(await ask('/ready?token=token-of-a-url')).toBe(200);
    expect(await ask('/no-such-path?token=token-of-a-url')).toBe(404);
    const lines = (await gateway.failures()).trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(
        / GET \/prometheus\/api\/v1\/query 502 upstream="127[\d.:]+, 127[\d.:]+" upstream_status="502, 502" seconds=[\d.]+$/,
      ),
      expect.stringContaining(String.raw` GET /prometheus/api/v1/label/a\x0A2026-01-01 GET b/values 502 `),
    ]);
    expect(lines.join('\n')).not.toMatch(/token-of|team-a/);
  },
);
