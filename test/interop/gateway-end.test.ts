/** The end of the gateway's nginx, as Pebble brings it about: real Pebble, real nginx. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  GATEWAY_DIR,
  GATEWAY_PORT,
  GATEWAY_SERVICE,
  GATEWAY_STATUS_PORT,
  NGINX,
} from '../../charm/plan/gateway-parts.ts';
import { type GatewayLayer, gatewayLayers } from '../../charm/plan/nginx-process.ts';
import { type RealPebble, realPebble } from '../local/support/real-pebble.ts';
import { answers } from '../support/daemon.ts';
import { nginx } from '../support/debian.ts';
import { writeGateway } from '../support/gateway-server.ts';

const installed = await nginx();
const program = installed.kind === 'there' ? installed.path : '';
const HOST = '127.78.1.210';
const READY = `http://${HOST}:${GATEWAY_PORT}/ready`;
/** What nginx runs with. */
const DIGEST = `http://${HOST}:${GATEWAY_STATUS_PORT}/ready`;
const QUERY = `http://${HOST}:${GATEWAY_PORT}/prometheus/api/v1/query`;
const SOON = { timeout: 30_000, interval: 50 };

/** Answers a question when it is told to. */
let mimir: Server;
let asked: ServerResponse[] = [];
beforeAll(async () => {
  mimir = createServer((_question, answer) => void asked.push(answer)).listen(9009, HOST);
  await once(mimir, 'listening');
});
afterAll(() => mimir?.closeAllConnections());
afterAll(() => mimir?.close());

let pebble: RealPebble;
let folder: string;
beforeEach(async () => {
  asked = [];
  pebble = await realPebble();
  folder = join(pebble.dir, 'gateway');
});
afterEach(async () => {
  for (const answer of asked) answer.end();
  await pebble?.remove();
});

async function serve(layer: GatewayLayer): Promise<void> {
  await writeGateway(folder, HOST, { addresses: { 'query-frontend': [{ host: HOST, port: 9009 }] } });
  const { command, ...service } = layer.services[GATEWAY_SERVICE];
  const moved = command.replaceAll(GATEWAY_DIR, folder).replaceAll(NGINX, program);
  const services = { [GATEWAY_SERVICE]: { ...service, command: moved } };
  await pebble.client.addLayer('gateway', { services }, { combine: true });
  await pebble.client.replan();
  await expect.poll(() => answers(READY), SOON).toBe(true);
}

/** A question that is under way. */
async function ask(): Promise<{ readonly answer: Promise<string> }> {
  const answer = request(QUERY).then(({ body }) => body.text());
  answer.catch(() => undefined);
  await expect.poll(() => asked.length, SOON).toBe(1);
  return { answer };
}

async function master(): Promise<number> {
  return Number(await readFile(join(folder, 'nginx.pid'), 'utf8').catch(() => '0'));
}

describe.skipIf(program === '')('when the container is ended', () => {
  test('new questions are taken for a moment, and the one that was asked is answered', async () => {
    await serve(gatewayLayers().finishing);
    const { answer } = await ask();
    const ended = pebble.remove();
    expect(await answers(READY)).toBe(true);
    await expect.poll(() => answers(READY), SOON).toBe(false);
    asked[0]?.end('all of it');
    expect(await answer).toBe('all of it');
    await ended;
    expect(await answers(READY)).toBe(false);
  });

  test('in an image without a shell, what was asked is cut', async () => {
    await serve(gatewayLayers().plain);
    const { answer } = await ask();
    const ended = pebble.remove();
    await expect(answer).rejects.toThrow(/other side closed/);
    await ended;
  });
});

describe.skipIf(program === '')('behind its shell', () => {
  test('nginx reads its files anew at the signal, and is the same one', async () => {
    await serve(gatewayLayers().finishing);
    const before = await master();
    const digest = await writeGateway(folder, HOST, { addresses: {} });
    await pebble.client.sendSignal('SIGHUP', [GATEWAY_SERVICE]);
    const runsWith = async () => (await (await request(DIGEST)).body.text()).trim();
    await expect.poll(runsWith, SOON).toBe(digest);
    expect(await master()).toBe(before);
  });

  test('one that is killed comes again, and its workers do not keep the port', async () => {
    await serve(gatewayLayers().finishing);
    const before = await master();
    process.kill(before, 'SIGKILL');
    await expect.poll(master, SOON).not.toBe(before);
    await expect.poll(() => answers(READY), SOON).toBe(true);
    // Nobody is left of its process group.
    expect(() => process.kill(-before, 0)).toThrow(/ESRCH/);
    const [service] = await pebble.client.services([GATEWAY_SERVICE]);
    expect(service?.current).toBe('active');
  });
});
