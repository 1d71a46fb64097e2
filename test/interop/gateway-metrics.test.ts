/** What the gateway's real nginx tells of itself, and what an nginx that cannot says to the charm. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { GATEWAY_CONFIG, GATEWAY_METRICS_PATH, GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { ABILITIES, withLess } from '../../charm/plan/nginx.ts';
import { peer } from '../../tools/peers.ts';
import { newNginx, nginx } from '../support/debian.ts';
import { PLAIN, startGateway, writeGateway } from '../support/gateway-server.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const newer = await newNginx();
const HOST = '127.78.1.211';
const [BEST] = ABILITIES;

let clients: Socket[] = [];
afterEach(() => {
  for (const client of clients) client.destroy();
  clients = [];
});

async function scrape(): Promise<{ readonly type: string; readonly text: string }> {
  const { headers, body } = await request(`http://${HOST}:${GATEWAY_PORT}${GATEWAY_METRICS_PATH}`);
  return { type: String(headers['content-type']), text: await body.text() };
}

async function connected(): Promise<void> {
  const client = connect(GATEWAY_PORT, HOST);
  clients.push(client);
  await once(client, 'connect');
}

/** nginx' own word on the files that are made for such an nginx. */
async function refusal(nginxProgram: string, able: typeof PLAIN): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-trial-'));
  try {
    await writeGateway(folder, HOST, { addresses: {}, able });
    return spawnSync(nginxProgram, [
      '-p',
      folder,
      '-c',
      join(folder, GATEWAY_CONFIG),
      '-t',
    ]).stderr.toString();
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe.skipIf(program === '')('an nginx that counts', () => {
  test('tells Prometheus how many connections it has', async () => {
    await using _gateway = await startGateway(program, HOST, {
      addresses: {},
      able: { ...PLAIN, countsConnections: true },
    });
    const { type, text } = await scrape();
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    const promtool = promisify(execFile)(await peer('promtool'), ['check', 'metrics']);
    promtool.child.stdin?.end(text);
    await promtool;
    await Promise.all(Array.from({ length: 20 }, connected));
    const active = async () => Number(/^nginx_connections_active (\d+)$/m.exec((await scrape()).text)?.[1]);
    await expect.poll(active, { timeout: 30_000 }).toBeGreaterThan(20);
  }, 600_000);

  test('one that was not built to count is scraped all the same', async () => {
    await using _gateway = await startGateway(program, HOST, { addresses: {} });
    expect(await scrape()).toMatchObject({ text: '' });
  });
});

describe('what an nginx does not know', () => {
  test.skipIf(program === '')('of Debian: connections that outlive a reload', async () => {
    const less = withLess(BEST, await refusal(program, BEST));
    expect(less).toEqual({ keepsConnections: false, countsConnections: true });
    expect(await refusal(program, less ?? BEST)).toContain('test is successful');
  });

  test.skipIf(newer === undefined)('that was built without it: how many it has', async () => {
    const less = withLess(BEST, await refusal(newer ?? '', BEST));
    expect(less).toEqual({ keepsConnections: true, countsConnections: false });
    expect(await refusal(newer ?? '', less ?? BEST)).toContain('test is successful');
  });
});
