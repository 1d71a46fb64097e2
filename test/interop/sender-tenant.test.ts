/** Related senders cannot name a tenant: whose they are, on the real Mimir and with the gateway's real nginx. */
import { peerRelation, relation, type State, stateOf } from 'charmwright/testing';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { nginx } from '../support/debian.ts';
import { startGateway } from '../support/gateway-server.ts';
import { withOptions } from '../support/mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { mimir, world } from '../support/mimir-world.ts';
import { remoteWrite } from '../support/remote-write.ts';

const HOST = '127.77.1.42';
const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';

let server: MimirServer;
beforeAll(async () => {
  server = await startMimir(HOST, withOptions({ multitenancy: true }), IMPATIENT);
});
afterAll(() => server?.stop());

describe('rules of a related sender', () => {
  const group = { name: 'g', rules: [{ alert: 'Down', expr: 'up == 0' }] };
  const sender = relation('receive-remote-write', {
    id: 5,
    remoteApp: 'agent',
    remoteAppData: { alert_rules: JSON.stringify({ groups: [group] }) },
  });
  const namespace = 'receive-remote-write:5:agent';
  const holds = async (tenant: string) => Object.keys(await server.api.rules(tenant));
  const withTenant = (state: State, tenant: string): State => ({
    ...stateOf(state),
    config: { multitenancy: true, 'sender-tenant': tenant },
  });

  test('are loaded for the tenant that the option names, and move with it', async () => {
    const relations = [peerRelation('mimir-peers', { id: 1 }), sender];
    const config = { multitenancy: true };
    const first = await mimir.run(
      { kind: 'pebble-ready', container: 'mimir' },
      world(HOST, { relations, config }),
    );
    expect(await holds('anonymous')).toEqual([namespace]);
    const moved = await mimir.run('config-changed', withTenant(first, 'platform'));
    expect(await holds('anonymous')).toEqual([]);
    expect(await holds('platform')).toEqual([namespace]);
    // What is none keeps them where they are.
    const wrong = await mimir.run('config-changed', withTenant(moved, 'a/b'));
    expect(wrong.unitStatus.message).toMatch(/^\[config\] sender-tenant=a\/b: must be up to 150 letters/);
    expect(await holds('platform')).toEqual([namespace]);
    const back = await mimir.run('config-changed', withTenant(wrong, 'anonymous'));
    expect(await holds('platform')).toEqual([]);
    expect(await holds('anonymous')).toEqual([namespace]);
    expect(stateOf(await mimir.run('update-status', back))).toEqual(stateOf(back));
  });

  test('leave those of people alone', async () => {
    await server.api.setRuleGroup('mine', 'by-hand', { name: 'g', rules: [{ record: 'a', expr: '1' }] });
    const relations = [peerRelation('mimir-peers', { id: 1 }), sender];
    const config = { multitenancy: true, 'sender-tenant': 'mine' };
    const first = await mimir.run(
      { kind: 'pebble-ready', container: 'mimir' },
      world(HOST, { relations, config }),
    );
    expect(await holds('mine')).toEqual(['by-hand', namespace]);
    await mimir.run('config-changed', withTenant(first, 'other'));
    expect(await holds('mine')).toEqual(['by-hand']);
  });
});

test.runIf(program !== '')(
  'the gateway names the tenant of writes that name none, and of nothing else',
  async () => {
    const addresses = Object.fromEntries(COMPONENTS.map((role) => [role, [{ host: HOST, port: HTTP_PORT }]]));
    const gateway = await startGateway(program, '127.78.1.141', { addresses, senderTenant: "team'(a)" });
    const write = (name: string, tenant?: string) => {
      const series = [{ labels: { __name__: name }, samples: [{ value: 1, timestamp: Date.now() }] }];
      return remoteWrite(
        `${gateway.url}/api/v1/push`,
        series,
        tenant === undefined ? {} : { 'x-scope-orgid': tenant },
      );
    };
    const names = async (tenant: string) => {
      const { body } = await request(`${server.url}/prometheus/api/v1/label/__name__/values`, {
        headers: { 'x-scope-orgid': tenant },
      });
      return JSON.parse(await body.text()).data;
    };
    try {
      await write('without');
      await write('with', 'team-b');
      expect(await names("team'(a)")).toEqual(['without']);
      expect(await names('team-b')).toEqual(['with']);
      const asked = await request(`${gateway.url}/prometheus/api/v1/labels`);
      expect(asked.statusCode).toBe(401);
      await gateway.reload({ addresses });
      // A worker of before may still take what comes over a connection that it has.
      await expect
        .poll(() => write('nobody').then(() => 'taken', String), { timeout: 10_000 })
        .toContain('401');
    } finally {
      await gateway.stop();
    }
  },
);
