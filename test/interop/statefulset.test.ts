/**
 * What Kubernetes' own controller of StatefulSets does with the one that Juju makes and the charm patches: which pods it
 * replaces, in which order, and for what it waits. API server, etcd and controller are the real ones; the kubelets are
 * played. juju-local goes by the same rules (local/agent/resolver.ts).
 */
import { type Keeper, keepObjects, passGate, readObject } from 'charmwright/kubernetes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { RawOptions } from '../../charm/plan/inputs.ts';
import { parseKubernetes } from '../../charm/plan/kubernetes.ts';
import {
  FIELD_MANAGER,
  kubernetesPatches,
  READY_GATE,
  TAKEN_OVER,
} from '../../charm/plan/kubernetes-patches.ts';
import { KubernetesUnderTest, unit } from '../support/kube-apiserver.ts';
import { DEFAULT_OPTIONS } from '../support/mimir-inputs.ts';
import { PlayedPods } from '../support/played-pods.ts';

let kubernetes: KubernetesUnderTest;
let app: string;
let pods: PlayedPods;
let count = 0;
beforeAll(async () => {
  kubernetes = await KubernetesUnderTest.start({ controller: true });
});
afterAll(() => kubernetes[Symbol.asyncDispose]());

/** Three units as `juju deploy -n 3` makes them, and all ready. */
beforeEach(async () => {
  app = `mimir-${count++}`;
  pods = new PlayedPods(kubernetes.server, app);
  await scale(3);
  await pods.become({ 0: 'starts', 1: 'starts', 2: 'starts' });
  for (const ordinal of [0, 1, 2]) await pods.probe(ordinal);
  await pods.become({ 0: 'ready', 1: 'ready', 2: 'ready' });
});

async function scale(units: number): Promise<void> {
  const names = Array.from({ length: units }, (_, ordinal) => `${app}/${ordinal}`);
  await kubernetes.juju({ name: app, units: Object.fromEntries(names.map((name) => [name, unit(name)])) });
}

const refresh = (revision: number) => kubernetes.juju({ name: app, charm: `local:mimir-k8s-${revision}` });

/** What the leader does in a hook, as the charm's first does. */
async function leaderDecides(options: Partial<RawOptions> = {}): Promise<void> {
  const parsed = parseKubernetes({ ...DEFAULT_OPTIONS, ...options });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const keeper: Keeper = { event: { kind: 'install' }, stored: () => undefined, store: () => undefined };
  const patches = kubernetesPatches(app, parsed.kubernetes);
  const account = await kubernetes.account(app);
  const decide = () =>
    keepObjects(keeper, account, patches, { fieldManager: FIELD_MANAGER, takeOver: TAKEN_OVER });
  const troubles = async () => (await decide()).filter(({ error }) => error !== undefined);
  // RBAC hears of a new role within moments.
  await expect.poll(troubles, { timeout: 30_000 }).toEqual([]);
}

/** What each unit's charm does when it has told Pebble of Mimir. */
async function charmWorks(ordinal: number): Promise<void> {
  await passGate(await kubernetes.account(app), { pod: `${app}-${ordinal}`, gate: READY_GATE });
  await pods.probe(ordinal);
}

/** From the highest number on, and each new pod's charm works. */
async function replacedInTurn(): Promise<void> {
  for (const ordinal of [2, 1, 0]) {
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ready', [ordinal]: 'ends' });
    await pods.replace(ordinal);
    await charmWorks(ordinal);
  }
  await pods.become({ 0: 'ready', 1: 'ready', 2: 'ready' });
}

/** All pods are by what the charm has decided. */
async function decided(): Promise<void> {
  await leaderDecides();
  await replacedInTurn();
}

describe('a refresh', () => {
  test('replaces the highest pod first, and goes on when that one is ready, and not before', async () => {
    const before = await pods.revisions();
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.settled();
    expect(await pods.states(), 'while it ends').toEqual({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.end(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'starts' });
    await pods.settled();
    expect(await pods.states(), 'while it starts').toEqual({ 0: 'ready', 1: 'ready', 2: 'starts' });
    await pods.probe(2, false);
    await pods.settled();
    expect(await pods.states(), 'while it is not ready').toEqual({ 0: 'ready', 1: 'ready', 2: 'starts' });
    await pods.probe(2);
    await pods.become({ 0: 'ready', 1: 'ends', 2: 'ready' });
    await pods.replace(1);
    await pods.become({ 0: 'ends', 1: 'ready', 2: 'ready' });
    await pods.replace(0);
    await pods.settled();
    expect(pods.made).toEqual({ 0: 2, 1: 2, 2: 2 });
    const after = await pods.revisions();
    expect(new Set(Object.values(after)).size).toBe(1);
    expect(Object.values(before)).not.toContain(after[0]);
  });

  test('to what works replaces the pod that does not get ready, at once', async () => {
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.end(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'starts' });
    await refresh(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.replace(2);
    await pods.become({ 0: 'ready', 1: 'ends', 2: 'ready' });
  });

  test('does not look at pods of lower numbers: one that is away there makes two', async () => {
    await pods.probe(0, false);
    await refresh(1);
    await pods.become({ 0: 'starts', 1: 'ready', 2: 'ends' });
  });

  test('does not look at minReadySeconds, since Juju has podManagementPolicy Parallel', async () => {
    const minReadySeconds = { spec: { minReadySeconds: 3600 } };
    await kubernetes.server.merge(`/apis/apps/v1/namespaces/cos/statefulsets/${app}`, 'x', minReadySeconds);
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.replace(2);
    await pods.become({ 0: 'ready', 1: 'ends', 2: 'ready' });
  });

  test('reaches a pod that is killed meanwhile before its turn', async () => {
    const before = await pods.revisions();
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.kill(0);
    await pods.become({ 0: 'starts', 1: 'ready', 2: 'ends' });
    const after = await pods.revisions();
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });
});

describe('another number of units', () => {
  test('takes the highest away, and leaves all others alone', async () => {
    await scale(1);
    await pods.become({ 0: 'ready', 1: 'ends', 2: 'ends' });
    for (const ordinal of [1, 2]) await pods.end(ordinal);
    await pods.become({ 0: 'ready' });
    expect(pods.made).toEqual({ 0: 1, 1: 1, 2: 1 });
  });

  test('makes all new pods at once, whether others are ready or not', async () => {
    await pods.probe(1, false);
    await scale(5);
    await pods.become({ 0: 'ready', 1: 'starts', 2: 'ready', 3: 'starts', 4: 'starts' });
  });
});

describe('what the charm decides', () => {
  test('replaces the pods in the same way', async () => {
    await decided();
    expect(pods.made).toEqual({ 0: 2, 1: 2, 2: 2 });
    await leaderDecides({ 'memory-limit': '4Gi' });
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
  });

  test('is put back within a refresh: the first pod is replaced twice, and each after it once', async () => {
    await decided();
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.end(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'starts' });
    // The leader hears from the unit that its pod was replaced.
    await leaderDecides();
    await replacedInTurn();
    expect(pods.made).toEqual({ 0: 3, 1: 3, 2: 4 });
  });
});

describe('a refresh to a charm that does not work', () => {
  test('stops at the first unit, whatever its containers say, and one to a repaired charm goes on', async () => {
    await decided();
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.end(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'starts' });
    // Pebble has been told nothing, and says that it is ready.
    await pods.probe(2);
    await pods.settled();
    expect(await pods.states()).toEqual({ 0: 'ready', 1: 'ready', 2: 'starts' });

    await refresh(2);
    await replacedInTurn();
  });

  test('would reach all units without the gate', async () => {
    await refresh(1);
    for (const ordinal of [2, 1, 0]) {
      await pods.become({ 0: 'ready', 1: 'ready', 2: 'ready', [ordinal]: 'ends' });
      await pods.replace(ordinal);
    }
  });

  test('is not told from one of an application that is not trusted any more: its pods cannot say it', async () => {
    await decided();
    await kubernetes.juju({ name: app, trust: false });
    const refusal = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.name : 'something'),
      );
    const account = await kubernetes.account(app);
    const look = () => refusal(readObject(account, { kind: 'StatefulSet', name: app }, z.unknown()));
    await expect.poll(look, { timeout: 30_000 }).toBe('KubernetesForbiddenError');
    await refresh(1);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'ends' });
    await pods.end(2);
    await pods.become({ 0: 'ready', 1: 'ready', 2: 'starts' });
    expect(await refusal(charmWorks(2))).toBe('KubernetesForbiddenError');
    await pods.probe(2);
    await pods.settled();
    expect(await pods.states()).toEqual({ 0: 'ready', 1: 'ready', 2: 'starts' });
    await kubernetes.juju({ name: app, trust: true });
    await expect.poll(() => refusal(charmWorks(2)), { timeout: 30_000 }).toBeUndefined();
    await pods.become({ 0: 'ready', 1: 'ends', 2: 'ready' });
  });
});

test('another pod of the same name is not meant', async () => {
  await decided();
  const old = (await pods.all()).get(0)?.metadata.uid;
  await pods.kill(0);
  await pods.become({ 0: 'starts', 1: 'ready', 2: 'ready' });
  const { server } = kubernetes;
  const status = { conditions: [{ type: READY_GATE, status: 'True' }] };
  const path = `/api/v1/namespaces/cos/pods/${app}-0/status`;
  expect(await server.merge(path, 'x', { metadata: { uid: old }, status })).toMatchObject({ status: 422 });
});
