/**
 * A refresh of the charm and of Mimir's image, with real Mimirs, while one writes and reads all the time. Kubernetes' API is
 * there, so that pods go by what the charm has decided about them.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { UnitStatus } from '../../local/api.ts';
import { layCharm } from '../../local/containers/charm-archive.ts';
import { ConstantLoad } from '../support/constant-load.ts';
import { KubernetesClient } from '../support/kubernetes-client.ts';
import { TestModel } from '../support/local-model.ts';
import { Readiness } from '../support/readiness.ts';

const TEST_MS = 900_000;

let model: TestModel;
let kubernetes: KubernetesClient;
let folder: string;
beforeEach(async () => {
  model = await TestModel.start();
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  kubernetes = await KubernetesClient.start(model);
});
afterEach(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function deploy(units: number): Promise<readonly string[]> {
  await model.deployMinio();
  await model.deployMimir({ units });
  await model.integrate();
  await kubernetes.untilRolledOut('mimir-k8s', units);
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

/** One in which every hook fails. */
async function brokenCharm(): Promise<string> {
  const path = join(folder, 'broken');
  await layCharm(inject('mimirCharm'), path);
  await writeFile(join(path, 'dispatch'), '#!/bin/sh\nexit 1\n');
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
  expect(await old()).not.toEqual([]);
  await expect.poll(old, { timeout: 600_000, interval: 1000 }).toEqual([]);
  await kubernetes.untilRolledOut('mimir-k8s', (await unitsOf()).length);
  await model.untilActive(240);
}

/** Units that are still to be replaced. */
async function old(): Promise<readonly number[]> {
  return (await unitsOf()).flatMap((unit, ordinal) =>
    unit['upgrading-from'] === undefined ? [] : [ordinal],
  );
}

/** How often each unit has begun in a new pod. */
async function begun(): Promise<readonly number[]> {
  const log = await model.log();
  return (await unitsOf()).map((_, ordinal) => {
    const upgraded = new RegExp(`^unit-mimir-k8s-${ordinal}: .* ran "upgrade-charm" hook`);
    return log.filter((line) => upgraded.test(line)).length;
  });
}

async function noHookFailed(except = /^$/): Promise<void> {
  const failures = (await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line));
  expect(failures.filter((line) => !except.test(line))).toEqual([]);
}

test(
  'three units are refreshed one at a time, each ready before the next; a charm and an image that do not work stop at the first',
  async () => {
    const urls = await deploy(3);
    await using readiness = new Readiness(urls);
    await using load = new ConstantLoad(urls);
    await expect.poll(() => load.seen.answers, { timeout: 60_000 }).toBeGreaterThan(10);

    await refresh(inject('mimirImage'), await brokenCharm());
    // Pebble has been told nothing, and says that it is ready.
    const conditions = async () => (await kubernetes.pod('mimir-k8s/2')).status.conditions;
    await expect
      .poll(conditions, { timeout: 120_000, interval: 500 })
      .toEqual({ ContainersReady: 'True', Ready: 'False' });
    await model.untilUnit('mimir-k8s/2', 'error', /^hook failed: /);
    expect(await old()).toEqual([0, 1]);
    expect(readiness.now).toEqual([true, true, false]);

    await refresh(await emptyImage(), inject('mimirCharm'));
    await model.untilUnit('mimir-k8s/2', 'blocked', /^\[mimir\] /, 240);
    await expect.poll(() => isHealthy('mimir-k8s/2'), { timeout: 120_000, interval: 1000 }).toBe(false);
    expect(await old()).toEqual([0, 1]);
    expect(readiness.now).toEqual([true, true, false]);

    const [one, other] = await begun();
    await refresh(await otherImage());
    await untilRefreshed();
    // Not again when the leader has put back what Juju has written meanwhile: it does that while the first one starts.
    expect((await begun()).slice(0, 2)).toEqual([one, other].map((times = 0) => times + 1));
    expect((await model.status()).applications['mimir-k8s']?.['charm-rev']).toBe(2);
    expect(readiness.ends, 'the last unit stays away until its charm and its image work').toEqual([2, 1, 0]);

    const { acknowledged, refused, unanswered, incomplete, answers, repeated } = await load.end();
    console.info({ acknowledged, refused, answers, unanswered, repeated, incomplete, away: readiness.ends });
    expect(readiness.mostAway).toBe(1);
    expect({ refused, unanswered, incomplete }, load.told('refreshed')).toEqual({
      refused: 0,
      unanswered: 0,
      incomplete: [],
    });
    for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
    await noHookFailed(/^unit-mimir-k8s-2: .* failed: exit status 1$/);
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
