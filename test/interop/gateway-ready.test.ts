/** When the gateway's pod is ready, as Kubernetes asks its Pebble: real Pebble, and nginx' place taken by a server. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { layerApplied } from 'charmwright/pebble';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { GATEWAY_CHECK, GATEWAY_STATUS_PORT, NOT_YET_FILE } from '../../charm/plan/gateway-parts.ts';
import { gatewayLayers, NOT_YET_LAYER } from '../../charm/plan/nginx-process.ts';
import { type RealPebble, realPebble } from '../local/support/real-pebble.ts';

const HOST = '127.78.1.228';
const EXAMPLE = new URL('../../examples/nginx-image/001-gateway-ready.yaml', import.meta.url);
const SOON = { timeout: 30_000, interval: 20 };

/** In a pod Pebble asks the pod's own address; here others share it. */
const here = (text: string) => text.replaceAll('127.0.0.1', HOST);
const { [GATEWAY_CHECK]: notYet } = NOT_YET_LAYER.checks;
const { [GATEWAY_CHECK]: calm } = gatewayLayers().finishing.checks;
const at = <T extends typeof notYet | typeof calm>(check: T) => ({
  checks: { [GATEWAY_CHECK]: { ...check, http: { url: here(check.http.url) } } },
});

let pebble: RealPebble;
let nginx: Server | undefined;
beforeEach(async () => {
  pebble = await realPebble();
});
afterEach(async () => {
  await pebble?.remove();
  nginx?.close();
  nginx = undefined;
});

async function serve(): Promise<void> {
  nginx = createServer((_question, answer) => void answer.end('it runs\n')).listen(GATEWAY_STATUS_PORT, HOST);
  await once(nginx, 'listening');
}

const isReady = () => pebble.client.health('ready');

async function restartWith(file: string, layer: string): Promise<void> {
  await pebble.kill();
  const folder = join(pebble.dir, 'pebble/layers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), here(layer));
  await pebble.start();
}

test('a Pebble that knows nothing says that it is ready', async () => {
  expect(await isReady()).toBe(true);
});

test.each([
  ['the charm has left in its folder', basename(NOT_YET_FILE), () => JSON.stringify(NOT_YET_LAYER)],
  ['an image brings', basename(EXAMPLE.pathname), () => readFile(EXAMPLE, 'utf8')],
])('one that starts with what %s says that it is not, and is when nginx serves', async (_, file, layer) => {
  await restartWith(file, await layer());
  await expect.poll(isReady, SOON).toBe(false);
  await serve();
  await expect.poll(isReady, SOON).toBe(true);
  await pebble.client.addLayer('mimir-gateway', at(calm), { combine: true });
  expect(await isReady()).toBe(true);
  expect(layerApplied(at(calm), await pebble.client.plan())).toBe(true);
});

test('both may be there, and Pebble starts', async () => {
  await restartWith(basename(NOT_YET_FILE), JSON.stringify(NOT_YET_LAYER));
  await restartWith(basename(EXAMPLE.pathname), await readFile(EXAMPLE, 'utf8'));
  await expect.poll(isReady, SOON).toBe(false);
});

test('what the charm tells a Pebble first makes it unready, and the calm check is the next word', async () => {
  await pebble.client.addLayer('gateway-not-yet', at(notYet), { combine: true });
  await expect.poll(isReady, SOON).toBe(false);
  await serve();
  await pebble.client.addLayer('mimir-gateway', at(calm), { combine: true });
  expect(await isReady()).toBe(true);
});

test('the example says what the charm says', async () => {
  const { checks } = parse(await readFile(EXAMPLE, 'utf8'));
  expect(checks).toEqual(NOT_YET_LAYER.checks);
});
