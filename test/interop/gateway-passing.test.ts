/** What the gateway's real nginx makes of a request on its way: seen by a server that tells what came to it. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nginx } from '../support/debian.ts';
import { type GatewayServer, startGateway } from '../support/gateway-server.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const GATEWAY = '127.78.1.114';
const HOSTS = ['127.78.11.41', '127.78.11.42'] as const;
const PORT = 9009;

interface Came {
  readonly host: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
  /** Of the connection that it came on. */
  readonly from: number;
}

let came: Came[] = [];
/** What each server answers. */
let answer: Readonly<Record<string, number | 'closes' | 'says nothing'>> = {};
const servers: Server[] = [];
let gateway: GatewayServer;

function observe(host: string): Promise<void> {
  const server = createServer({ maxHeaderSize: 1_000_000 }, async (incoming, outgoing) => {
    let bytes = 0;
    for await (const chunk of incoming) bytes += Buffer.from(chunk).length;
    const { method = '', url = '', headers, socket } = incoming;
    came.push({ host, method, url, headers, bytes, from: socket.remotePort ?? 0 });
    const status = answer[host] ?? 200;
    if (status === 'says nothing') return;
    if (status === 'closes') socket.destroy();
    else outgoing.writeHead(status, { location: '/elsewhere' }).end(`${status} of ${host}`);
  });
  servers.push(server);
  return new Promise((resolve) => server.listen(PORT, host, resolve));
}

const at = (...hosts: readonly string[]) => hosts.map((host) => ({ host, port: PORT }));
const both = { distributor: at(...HOSTS), 'query-frontend': at(...HOSTS), ruler: at(...HOSTS) };

beforeAll(async () => {
  if (program === '') return;
  await Promise.all(HOSTS.map(observe));
  gateway = await startGateway(program, GATEWAY, { addresses: both });
});
afterAll(async () => {
  await gateway?.stop();
  for (const server of servers) server.close();
});
beforeEach(async () => {
  answer = {};
  // Servers that failed in another test are left alone for a while, and new workers know nothing of that.
  await gateway?.reload({ addresses: { ...both, compactor: at('127.78.11.41') } });
  await gateway?.reload({ addresses: both });
  came = [];
});

async function send(path: string, options: Parameters<typeof request>[1] = {}) {
  const { statusCode, body, headers } = await request(`${gateway.url}${path}`, options);
  return { status: statusCode, text: await body.text(), headers };
}

describe.skipIf(program === '')('a request comes to Mimir', () => {
  test('with its tenant, its path as it was written, and who sent it', async () => {
    const headers = {
      'x-scope-orgid': 'team-a|team-b',
      'x-forwarded-proto': 'https',
      host: 'mimir.example.org',
    };
    await send('/prometheus/config/v1/rules/a%2Fb%20c?x=%2F', { headers });
    expect(came).toMatchObject([
      {
        url: '/prometheus/config/v1/rules/a%2Fb%20c?x=%2F',
        headers: {
          'x-scope-orgid': 'team-a|team-b',
          host: 'mimir.example.org',
          'x-forwarded-proto': 'https',
          'x-forwarded-for': expect.stringMatching(/^127\./),
        },
      },
    ]);
  });

  test('with no tenant when it has none: whether one is needed is for Mimir to say', async () => {
    await send('/prometheus/api/v1/labels');
    expect(came[0]?.headers).not.toHaveProperty('x-scope-orgid');
  });

  test('whole, whatever its size, as far as Mimir takes it', async () => {
    const megabytes = 60;
    const body = Buffer.alloc(megabytes * 1024 * 1024, 'a');
    expect((await send('/api/v1/push', { method: 'POST', body })).status).toBe(200);
    expect(came[0]?.bytes).toBe(body.length);
    const larger = {
      method: 'POST',
      headers: { 'content-length': String(101 * 1024 * 1024) },
      body: '',
    } as const;
    await expect(
      send('/api/v1/push', { ...larger, body: Buffer.alloc(101 * 1024 * 1024) }),
    ).resolves.toMatchObject({ status: 413 });
  });

  test('with a query as long as queries become', async () => {
    const query = 'x'.repeat(60_000);
    expect((await send(`/prometheus/api/v1/query?query=${query}`)).status).toBe(200);
    expect(came[0]?.url).toHaveLength('/prometheus/api/v1/query?query='.length + query.length);
  });

  test('on connections that are kept', async () => {
    for (let i = 0; i < 40; i++) await send('/prometheus/api/v1/labels');
    expect(new Set(came.map(({ from }) => from)).size).toBeLessThan(12);
  });

  test('and its answer goes back as it is', async () => {
    answer = { [HOSTS[0]]: 302, [HOSTS[1]]: 302 };
    const { status, headers } = await send('/prometheus/config/v1/rules');
    expect({ status, location: headers.location }).toEqual({ status: 302, location: '/elsewhere' });
    answer = { [HOSTS[0]]: 422, [HOSTS[1]]: 422 };
    expect(await send('/prometheus/api/v1/query')).toMatchObject({
      status: 422,
      text: expect.stringMatching(/^422 of/),
    });
  });
});

describe.skipIf(program === '')('when a server fails in the middle of a request', () => {
  const times = (path: string, count = 6, method: 'GET' | 'POST' = 'POST') =>
    Promise.all(
      Array.from({ length: count }, () => send(path, { method, ...(method === 'POST' && { body: 'x' }) })),
    );

  test('a push goes to the other one: twice is once', async () => {
    answer = { [HOSTS[0]]: 'closes' };
    expect((await times('/api/v1/push')).map(({ status }) => status)).toEqual(Array(6).fill(200));
    answer = { [HOSTS[0]]: 503 };
    expect((await times('/api/v1/push')).map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  test('a push does not wait for one that says nothing for as long as its sender would', async () => {
    answer = { [HOSTS[0]]: 'says nothing' };
    const statuses: number[] = [];
    const asked = async () => {
      statuses.push(...(await times('/api/v1/push')).map(({ status }) => status));
      return came.map(({ host }) => host);
    };
    // Workers that end may still take requests, and leave the one alone that failed in the last test.
    await expect.poll(asked, { timeout: 30_000, interval: 500 }).toContain(HOSTS[0]);
    expect([...new Set(statuses)]).toEqual([200]);
  }, 60_000);

  test('so does a query, posted or not', async () => {
    answer = { [HOSTS[0]]: 'closes' };
    const posted = await times('/prometheus/api/v1/query_range');
    const got = await times('/prometheus/api/v1/query_range', 6, 'GET');
    expect([...posted, ...got].map(({ status }) => status)).toEqual(Array(12).fill(200));
  });

  test('rules that were sent are not sent again: whether they were taken nobody knows', async () => {
    answer = { [HOSTS[0]]: 'closes', [HOSTS[1]]: 'closes' };
    const { status, text } = await send('/prometheus/config/v1/rules/a', { method: 'POST', body: 'x' });
    expect({ status, text }).toEqual({ status: 502, text: 'No unit that runs the ruler answers.\n' });
    expect(came).toHaveLength(1);
  });

  test('what Mimir itself says of a failure is not covered up', async () => {
    answer = { [HOSTS[0]]: 500, [HOSTS[1]]: 500 };
    expect(await send('/api/v1/push', { method: 'POST', body: 'x' })).toMatchObject({
      status: 500,
      text: expect.stringMatching(/^500 of/),
    });
    answer = { [HOSTS[0]]: 503, [HOSTS[1]]: 503 };
    expect(await send('/api/v1/push', { method: 'POST', body: 'x' })).toMatchObject({
      status: 503,
      text: expect.stringMatching(/^503 of/),
    });
  });
});
