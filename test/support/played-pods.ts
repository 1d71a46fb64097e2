/**
 * The pods that a controller has made, and the kubelets that run them, played by hand: a container is ready when a test says
 * so, and a pod that is to end ends then. When the pod is ready follows from that, as a kubelet decides it.
 */
import { expect } from 'vitest';
import * as z from 'zod';
import type { ApiServer } from '../../local/kubernetes/api-server.ts';

const podShape = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.looseObject({ 'controller-revision-hash': z.string() }),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    readinessGates: z.array(z.object({ conditionType: z.string() })).default([]),
    containers: z.array(z.object({ name: z.string(), image: z.string() })),
  }),
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
});
const statusShape = z.object({ status: z.object({ readyReplicas: z.number().default(0) }) });
type PodObject = z.infer<typeof podShape>;

/** How one pod stands. */
export type PodState = 'starts' | 'ready' | 'ends';

const WAIT = { timeout: 30_000, interval: 50 };

/** Those of one application's StatefulSet, by ordinal. */
export class PlayedPods {
  readonly #server: ApiServer;
  readonly #app: string;
  /** Uids of each pod, as they were seen. */
  readonly #seen = new Map<number, string[]>();

  constructor(server: ApiServer, app: string) {
    this.#server = server;
    this.#app = app;
  }

  /** By ordinal; pods that are not there are left out. */
  async all(): Promise<ReadonlyMap<number, PodObject>> {
    const selector = encodeURIComponent(`app.kubernetes.io/name=${this.#app}`);
    const { body } = await this.#server.request('GET', `${PODS}?labelSelector=${selector}`);
    const pods = z.object({ items: z.array(podShape) }).parse(body).items;
    const byOrdinal = new Map(pods.map((pod) => [Number(pod.metadata.name.split('-').at(-1)), pod] as const));
    for (const [ordinal, { metadata }] of byOrdinal) {
      const uids = this.#seen.get(ordinal) ?? [];
      if (!uids.includes(metadata.uid)) this.#seen.set(ordinal, [...uids, metadata.uid]);
    }
    return new Map([...byOrdinal].toSorted(([a], [b]) => a - b));
  }

  /** `{ 0: 'ready', 1: 'ready', 2: 'ends' }` */
  async states(): Promise<Readonly<Record<number, PodState>>> {
    return Object.fromEntries([...(await this.all())].map(([ordinal, pod]) => [ordinal, stateOf(pod)]));
  }

  /** How many pods there have been of each ordinal, as far as they were looked at. */
  get made(): Readonly<Record<number, number>> {
    return Object.fromEntries([...this.#seen].map(([ordinal, uids]) => [ordinal, uids.length]));
  }

  /** Until the pods stand so. Each is on a node then, so that it takes its time to end. */
  async become(states: Readonly<Record<number, PodState>>): Promise<void> {
    await expect.poll(() => this.states(), WAIT).toEqual(states);
    for (const pod of (await this.all()).values()) await this.#bind(pod);
  }

  /** The containers run, and their probes succeed, or do not any more. */
  async probe(ordinal: number, succeeds = true): Promise<void> {
    const pod = await this.#pod(ordinal);
    await this.#bind(pod);
    const { readinessGates } = pod.spec;
    const isPassed = ({ conditionType }: { conditionType: string }) =>
      pod.status.conditions.some(({ type, status }) => type === conditionType && status === 'True');
    await this.#tell(pod, { ContainersReady: succeeds, Ready: succeeds && readinessGates.every(isPassed) });
  }

  /** The containers have ended that were to end. */
  async end(ordinal: number): Promise<void> {
    const { metadata } = await this.#pod(ordinal);
    expect(metadata.deletionTimestamp, `${metadata.name} is to end`).toBeDefined();
    await this.kill(ordinal);
  }

  /** The pod is gone, whoever wanted that. Returns when there is another one. */
  async kill(ordinal: number): Promise<void> {
    const { metadata } = await this.#pod(ordinal);
    await this.#server.request('DELETE', `${PODS}/${metadata.name}?gracePeriodSeconds=0`);
  }

  /** The pod that is to end does, and the one that comes runs and is ready. */
  async replace(ordinal: number): Promise<void> {
    const { metadata } = await this.#pod(ordinal);
    await this.end(ordinal);
    await expect.poll(async () => (await this.all()).get(ordinal)?.metadata.uid, WAIT).not.toBe(metadata.uid);
    await expect.poll(async () => (await this.all()).has(ordinal), WAIT).toBe(true);
    await this.probe(ordinal);
  }

  /** Pods of one template have the same. */
  async revisions(): Promise<Readonly<Record<number, string>>> {
    const all = [...(await this.all())];
    return Object.fromEntries(
      all.map(([ordinal, { metadata }]) => [ordinal, metadata.labels['controller-revision-hash']]),
    );
  }

  /**
   * Returns when the controller has seen all that has been done to pods, and has decided what to do: it looks at pods in
   * the order of their changes, and writes how many are ready after it has deleted those that it wants to.
   */
  async settled(): Promise<void> {
    const ready = [...(await this.all())].filter(([, pod]) => isReady(pod));
    const [ordinal] = ready.find(([, pod]) => stateOf(pod) === 'ready') ?? [];
    if (ordinal === undefined) throw new Error('none of the pods is ready');
    await this.probe(ordinal, false);
    await expect.poll(() => this.#readyReplicas(), WAIT).toBe(ready.length - 1);
    await this.probe(ordinal);
    await expect.poll(() => this.#readyReplicas(), WAIT).toBe(ready.length);
  }

  async #readyReplicas(): Promise<number> {
    const { body } = await this.#server.request('GET', `${SETS}/${this.#app}`);
    return statusShape.parse(body).status.readyReplicas;
  }

  async #pod(ordinal: number): Promise<PodObject> {
    const pod = (await this.all()).get(ordinal);
    if (pod === undefined) throw new Error(`there is no pod ${this.#app}-${ordinal}`);
    return pod;
  }

  async #bind({ metadata: { name }, spec }: PodObject): Promise<void> {
    if (spec.nodeName !== undefined) return;
    const target = { apiVersion: 'v1', kind: 'Node', name: 'node-0' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
    expect(await this.#server.request('POST', `${PODS}/${name}/binding`, binding)).toMatchObject({
      status: 201,
    });
  }

  async #tell({ metadata: { name } }: PodObject, all: Readonly<Record<string, boolean>>): Promise<void> {
    const conditions = Object.entries(all).map(([type, isSo]) => ({ type, status: isSo ? 'True' : 'False' }));
    const status = { phase: 'Running', conditions };
    const answer = await this.#server.merge(`${PODS}/${name}/status`, 'kubelet', { status });
    expect(answer).toMatchObject({ status: 200 });
  }
}

const PODS = '/api/v1/namespaces/cos/pods';
const SETS = '/apis/apps/v1/namespaces/cos/statefulsets';

function stateOf(pod: PodObject): PodState {
  if (pod.metadata.deletionTimestamp !== undefined) return 'ends';
  return isReady(pod) ? 'ready' : 'starts';
}

function isReady({ status }: PodObject): boolean {
  return status.conditions.some(({ type, status: isSo }) => type === 'Ready' && isSo === 'True');
}
