/** The gateway speaks TLS with both sides: the unit's certificate to everybody, and it knows the cluster by its authority. */
import { HttpClient } from 'charmwright/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advance } from '../../charm/held-certificate.ts';
import type { GatewayInputs } from '../../charm/plan/gateway.ts';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { Authority } from '../support/authority.ts';
import { nginx } from '../support/debian.ts';
import { type GatewayServer, startGateway } from '../support/gateway-server.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { encodeWriteRequest } from '../support/remote-write.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const MIMIR = '127.78.11.31';
const GATEWAY = '127.78.1.112';
const SERVICE = 'mimir-k8s.cos.svc.cluster.local';
const addresses = Object.fromEntries(COMPONENTS.map((each) => [each, [{ host: MIMIR, port: HTTP_PORT }]]));

const running = new AsyncDisposableStack();
let authority: Authority;
let stranger: Authority;
let gateway: GatewayServer;
let pem: string;

async function signed(by: Authority): Promise<string> {
  const subject = { commonName: 'mimir-k8s', dnsNames: ['mimir-k8s-0', SERVICE, 'localhost'] };
  const { held } = await advance(undefined, subject, () => ({ kind: 'none' }));
  return `${held['private-key']}${await by.sign(held.csr)}${by.certificate}`;
}

const tlsOf = (unit: string, authorities: string): Pick<GatewayInputs, 'addresses' | 'tls'> => ({
  addresses,
  tls: { pem: unit, authorities, serverName: SERVICE },
});

beforeAll(async () => {
  if (program === '') return;
  authority = running.use(await Authority.make('The authority'));
  stranger = running.use(await Authority.make('A stranger'));
  pem = await signed(authority);
  const own = { pem, authorities: authority.certificate, namesLocalhost: true, expired: false };
  const certificates = { relation: 'certificates:9', app: 'authority', request: '', own, others: [] };
  const inputs = { authorities: authority.certificate, neighbours: { certificates } };
  running.use(await startMimir(MIMIR, inputs, IMPATIENT));
  gateway = running.use(await startGateway(program, GATEWAY, tlsOf(pem, authority.certificate)));
}, 120_000);
afterAll(() => running.disposeAsync(), 60_000);

function through(trusted: Authority): HttpClient {
  const origin = `https://${GATEWAY}:${GATEWAY_PORT}`;
  return new HttpClient({ origin, caChain: trusted.certificate, serverName: SERVICE });
}

async function ask(trusted: Authority, path: string) {
  const { status, body } = await through(trusted).send({ method: 'GET', path });
  return { status, text: body.toString() };
}

describe.skipIf(program === '')('a gateway with a certificate', () => {
  test('is trusted by who trusts the authority, writes and asks over TLS', async () => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    const samples = [{ value: 1, timestamp: Date.now() }];
    const body = encodeWriteRequest([{ labels: { __name__: 'secret' }, samples }]);
    const pushed = await through(authority).send({ method: 'POST', path: '/api/v1/push', headers, body });
    expect(pushed.status, pushed.body.toString()).toBe(200);
    await expect
      .poll(async () => (await ask(authority, '/prometheus/api/v1/query?query=secret')).text, {
        timeout: 60_000,
      })
      .toContain('"secret"');
  });

  test('is trusted by nobody else', async () => {
    await expect(ask(stranger, '/ready')).rejects.toThrow(/self.signed certificate|unable to/i);
  });

  test('shows its renewed certificate after a reload, and asks the same Mimir', async () => {
    await gateway.reload(tlsOf(await signed(stranger), authority.certificate));
    expect((await ask(stranger, '/prometheus/api/v1/labels')).status).toBe(200);
    await gateway.reload(tlsOf(pem, authority.certificate));
  });

  test('does not talk to a Mimir of another authority', async () => {
    await gateway.reload(tlsOf(pem, stranger.certificate));
    // A worker of before may still take a connection.
    await expect
      .poll(() => ask(authority, '/prometheus/api/v1/labels'), { timeout: 10_000 })
      .toEqual({ status: 502, text: 'No unit that runs the query-frontend answers.\n' });
    await gateway.reload(tlsOf(pem, authority.certificate));
  });

  test('tells who speaks plain HTTP to it what is wrong, so that a sender tries again', async () => {
    const plain = new HttpClient({ origin: `http://${GATEWAY}:${GATEWAY_PORT}` });
    for (const asked of [
      { method: 'GET', path: '/ready' },
      { method: 'POST', path: '/api/v1/push', body: Buffer.alloc(3_000_000) },
    ] as const) {
      const { status, body } = await plain.send(asked);
      expect(status).toBe(503);
      expect(body.toString()).toContain('HTTPS');
    }
  });
});
