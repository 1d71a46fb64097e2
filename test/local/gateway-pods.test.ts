/**
 * Pods of gateways that are replaced, of an application that Kubernetes has not been told anything about (no `--trust`):
 * who asks through the service notices nothing. The tests build on one another.
 */
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_PORT, NGINX } from '../../charm/plan/gateway-parts.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { traffic } from '../support/traffic.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/nginx-image/001-gateway-ready.yaml', import.meta.url));
const LEADER = 'mimir';
const installed = await nginx();

let model: TestModel;
let folder: string;
let url: string;
/** The example's image: the machine's nginx, and the layer. */
let waiting: string;

beforeAll(async () => {
  if (installed.kind !== 'there') return;
  model = await TestModel.start();
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  waiting = await imageWithLayer('waiting');
  await model.deployMinio();
  await model.deployMimir({
    application: LEADER,
    units: 2,
    config: { roles: 'none' },
    trust: false,
    nginxImage: waiting,
  });
  await model.integrate([`${LEADER}:s3`, 'minio-k8s:s3']);
  await model.deployMimir({
    application: 'whole',
    config: { roles: 'all' },
    trust: false,
    nginxImage: waiting,
  });
  await model.integrate([`${LEADER}:mimir-cluster`, 'whole:join-cluster']);
  await model.untilActive(300);
  url = await model.forward(LEADER, GATEWAY_PORT);
}, 420_000);
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

async function imageWithLayer(name: string): Promise<string> {
  const image = join(folder, name);
  await cp(EXAMPLE, join(image, 'var/lib/pebble/default/layers', basename(EXAMPLE)));
  return image;
}

/** What Kubernetes asks Pebble. */
async function isReady(unit: string): Promise<boolean> {
  const { code } = await model.ssh(unit, 'gateway', ['/charm/bin/pebble', 'health', '--level=ready']);
  return code === 0;
}

/** Since when the gateway runs: another time in another pod. Empty where it does not. */
async function startOf(unit: string): Promise<string> {
  const services = ['/charm/bin/pebble', 'services', '--abs-time'];
  const { out } = await model.ssh(unit, 'gateway', services).catch(() => ({ out: '' }));
  return /^gateway +enabled +active +(\S+)/m.exec(out)?.[1] ?? '';
}

async function untilAnew(unit: string, before: string): Promise<void> {
  const isAnew = async () => !['', before].includes(await startOf(unit));
  await expect.poll(isAnew, { timeout: 180_000, interval: 200 }).toBe(true);
  await model.untilActive(300);
  await expect.poll(() => isReady(unit), { timeout: 60_000 }).toBe(true);
  // Until the service sends requests there, too: the other one may be next.
  await model.untilReady(unit);
}

async function attach(image: string): Promise<void> {
  await model.client.call('refresh', { application: LEADER, resources: { 'nginx-image': image } });
}

describe.skipIf(installed.kind !== 'there')('with an image whose Pebble waits for nginx', () => {
  test('an application that has no gateway is ready as soon as its charm has said so', async () => {
    expect(await isReady('whole/0')).toBe(true);
    const checks = await model.ssh('whole/0', 'gateway', ['/charm/bin/pebble', 'checks']);
    expect(checks.out).toMatch(/gateway-ready +ready +disabled +inactive/);
  });

  test('a pod that is replaced gets no request before its nginx serves', async () => {
    const asking = traffic(url);
    await asking.go(100);
    for (const unit of ['mimir/1', 'mimir/0']) {
      const before = await startOf(unit);
      await model.client.call('delete-pod', { unit });
      await untilAnew(unit, before);
      await asking.go(200);
    }
    expect(await asking.stop()).toEqual([]);
  }, 900_000);

  test('an image without nginx stops at the first pod, which says so; the other one serves', async () => {
    const without = await imageWithLayer('without');
    // The machine's nginx would be seen where the image has nothing.
    await mkdir(join(without, 'usr/sbin'), { recursive: true });
    await symlink('/nowhere', join(without, NGINX));
    const asking = traffic(url);
    await asking.go(100);
    const before = [await startOf('mimir/0'), await startOf('mimir/1')] as const;
    await attach(without);
    const why = /^\[gateway\] the image has no \/usr\/sbin\/nginx: attach another one as nginx-image$/;
    await model.untilUnit('mimir/1', 'blocked', why, 240);
    expect(await isReady('mimir/1')).toBe(false);
    await asking.go(200);
    expect(await startOf('mimir/0'), 'it is the pod that it was').toBe(before[0]);
    await attach(waiting);
    await untilAnew('mimir/1', before[1]);
    await untilAnew('mimir/0', before[0]);
    await asking.go(100);
    expect(await asking.stop()).toEqual([]);
  }, 900_000);
});
