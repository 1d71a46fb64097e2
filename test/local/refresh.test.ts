/**
 * A refresh of the charm and of Mimir's image, with real Mimirs, while one writes and reads all the time. Kubernetes' API is
 * there, so that pods go by what the charm has decided about them.
 */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { UnitStatus } from '../../local/api.ts';
import { peer } from '../../tools/peers.ts';
import { ConstantLoad } from '../support/constant-load.ts';
import { TestModel } from '../support/local-model.ts';
import { Readiness } from '../support/readiness.ts';

const TEST_MS = 900_000;

let model: TestModel;
let folder: string;
beforeEach(async () => {
  model = await TestModel.start();
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  const programs = { etcd: await peer('etcd'), apiServer: await peer('kube-apiserver') };
  await model.client.call('kubernetes-start', { programs });
});
afterEach(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function deploy(units: number): Promise<readonly string[]> {
  await model.deployMinio();
  await model.deployMimir({ units });
  await model.integrate();
  await model.untilActive(240);
  return Promise.all(Array.from({ length: units }, (_, unit) => model.forward(`mimir-k8s/${unit}`, 9009)));
}

/** The same Mimir under another name. */
async function otherImage(): Promise<string> {
  const path = join(folder, 'other');
  await symlink(inject('mimirImage'), path);
  return path;
}

/** One without Mimir in it. */
async function emptyImage(): Promise<string> {
  const path = join(folder, 'empty');
  await mkdir(path);
  return path;
}

async function refresh(image: string, charm?: string): Promise<void> {
  await model.client.call('refresh', {
    application: 'mimir-k8s',
    ...(charm !== undefined && { charm }),
    resources: { 'mimir-image': image },
  });
}

async function unitsOf(): Promise<readonly UnitStatus[]> {
  return Object.values((await model.status()).applications['mimir-k8s']?.units ?? {});
}

/** What Kubernetes asks Pebble. */
async function isHealthy(unit: string): Promise<boolean> {
  const { code } = await model.ssh(unit, 'mimir', ['/charm/bin/pebble', 'health', '--level=ready']);
  return code === 0;
}

/** Until every pod is there anew, and all is quiet. */
async function untilRefreshed(): Promise<void> {
  const old = async () => (await unitsOf()).filter((unit) => unit['upgrading-from'] !== undefined).length;
  await expect.poll(old, { timeout: 600_000, interval: 1000 }).toBe(0);
  await model.untilActive(240);
}

async function noHookFailed(): Promise<void> {
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
}

test(
  'three units are refreshed one at a time, each ready before the next; an image that does not work stops at the first',
  async () => {
    const urls = await deploy(3);
    await using readiness = new Readiness(urls);
    await using load = new ConstantLoad(urls);
    await expect.poll(() => load.seen.answers, { timeout: 60_000 }).toBeGreaterThan(10);

    await refresh(await emptyImage());
    await model.untilUnit('mimir-k8s/2', 'blocked', /^\[mimir\] /, 240);
    await expect.poll(() => isHealthy('mimir-k8s/2'), { timeout: 120_000, interval: 1000 }).toBe(false);
    const upgrading = (await unitsOf()).map((unit) => unit['upgrading-from']);
    expect(upgrading).toEqual(['local:mimir-k8s-0', 'local:mimir-k8s-0', undefined]);
    expect(readiness.now).toEqual([true, true, false]);

    await refresh(await otherImage(), inject('mimirCharm'));
    await untilRefreshed();
    expect((await model.status()).applications['mimir-k8s']?.['charm-rev']).toBe(1);
    expect(readiness.ends, 'the last unit stays away until its image works').toEqual([2, 1, 0]);

    const { acknowledged, refused, unanswered, incomplete, answers, repeated } = await load.end();
    console.info({ acknowledged, refused, answers, unanswered, repeated, incomplete, away: readiness.ends });
    expect(readiness.mostAway).toBe(1);
    expect({ refused, unanswered, incomplete }).toEqual({ refused: 0, unanswered: 0, incomplete: [] });
    for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
    await noHookFailed();
  },
  TEST_MS,
);

test(
  'one unit is away while its image is replaced, and senders bridge that',
  async () => {
    const urls = await deploy(1);
    await using readiness = new Readiness(urls);
    await using load = new ConstantLoad(urls);
    await expect.poll(() => load.seen.answers, { timeout: 60_000 }).toBeGreaterThan(10);

    await refresh(await otherImage());
    await untilRefreshed();
    await expect.poll(() => readiness.now, { timeout: 60_000 }).toEqual([true]);

    const { acknowledged, refused, unanswered, incomplete, answers } = await load.end();
    console.info({ acknowledged, refused, answers, unanswered, incomplete, seconds: readiness.secondsAway });
    expect(readiness.ends).toEqual([0]);
    expect(incomplete).toEqual([]);
    expect(await load.count(urls[0] ?? '')).toBe(acknowledged);
    await noHookFailed();
  },
  TEST_MS,
);
