/**
 * What Kubernetes does for one unit's pod: starts its containers, starts again one that ends (with a fresh writable
 * layer, after a back-off), asks Pebble for liveness and readiness.
 */
import { EventEmitter } from 'node:events';
import { constants, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PebbleClient } from 'charmwright/pebble';
import { findCharm, findUnit } from '../model/lookup.ts';
import type { Model } from '../model/state.ts';
import { openSocketPath, type SocketPath } from '../socket-path.ts';
import type { ModelFolders } from './folders.ts';
import { rotateLogs } from './logs.ts';
import { Pod } from './pod.ts';
import type { PodRules } from './pod-rules.ts';
import { CHARM_CONTAINER, type Network, podSpec, workloads } from './pod-spec.ts';
import { layResources } from './resources.ts';

const PROBE_MS = 5_000;
/** Until a pod is ready for the first time it is asked more often, as a startup probe does. */
const STARTUP_PROBE_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;
/** Three failures in a row, five seconds apart. */
const LIVENESS_MS = 15_000;
const BACKOFF_MS = { first: 500, last: 300_000 };
/** A container that ran this long begins with the first back-off again. */
const STABLE_MS = 600_000;

interface KubeletEvents {
  /** A container runs (again). */
  started: [container: string];
  /** The pod is gone without having been asked to stop. */
  lost: [];
  /** Readiness changed: of the containers by their probes, or of the pod, which may take more. */
  ready: [];
}

export interface KubeletOptions {
  readonly unit: string;
  readonly folders: ModelFolders;
  readonly podbox: string;
  readonly network: Network;
  readonly model: () => Model;
  /** The folder of the pod's service account, on Kubernetes. */
  readonly account: () => Promise<string | undefined>;
  /** A new pod begins: what it goes by. */
  readonly newPod: () => Promise<PodRules>;
  /** Whether its readiness gates are passed. */
  readonly hasPassed: (gates: readonly string[]) => Promise<boolean>;
  readonly log: (text: string, level?: 'INFO' | 'WARNING') => void;
}

interface Workload {
  readonly pebble: PebbleClient;
  /** Asks the probes' questions, with the probes' patience. */
  readonly probe: PebbleClient;
  readonly socket: SocketPath;
  /** Since when liveness probes have failed without a break. */
  failingSince: number | undefined;
  restarts: number;
  startedAt: number;
  /** `initialDelaySeconds` of its readiness probe. */
  readonly readinessDelayMs: number;
}

export class Kubelet extends EventEmitter<KubeletEvents> {
  readonly #options: KubeletOptions;
  readonly #workloads = new Map<string, Workload>();
  #pod: Pod | undefined;
  #stopping = false;
  #containersReady = false;
  #ready = false;
  #graceMs = 0;
  #gates: readonly string[] = [];
  #passed = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: KubeletOptions) {
    super();
    this.#options = options;
  }

  get ready(): boolean {
    return this.#ready && this.#pod?.ended === false;
  }

  /** As the probes say. */
  get containersReady(): boolean {
    return this.#containersReady && this.#pod?.ended === false;
  }

  /** Clients of the workloads' Pebbles, by container, while the pod is there. */
  get pebbles(): ReadonlyMap<string, PebbleClient> {
    return new Map([...this.#workloads].map(([name, { pebble }]) => [name, pebble]));
  }

  /** A container's first process, when it runs. */
  pid(container: string): number | undefined {
    return this.#pod?.pid(container);
  }

  /** A new pod: an empty charm folder with the unit's charm in it, every container started. */
  async start(): Promise<void> {
    const { unit, folders, network, model, podbox } = this.#options;
    this.#stopping = false;
    const account = await this.#options.account();
    const { readinessDelays, graceSeconds, gates } = await this.#options.newPod();
    this.#graceMs = graceSeconds * 1000;
    this.#gates = gates;
    this.#passed = false;
    const spec = podSpec(model(), unit, folders, network, account);
    const { url, spec: charm } = findCharm(model(), findUnit(model(), unit).charm);
    await this.#prepare(url, workloads(charm));
    const own = folders.unit(unit);
    const pod = await Pod.start(podbox, own.spec, spec);
    this.#pod = pod;
    for (const name of workloads(charm)) this.#addWorkload(name, (readinessDelays[name] ?? 0) * 1000);
    const charmStarted = new Promise<void>((resolve, reject) => {
      pod.on('started', (container) => container === CHARM_CONTAINER && resolve());
      pod.once('ended', () => reject(new Error(`the pod of ${unit} ended while it started`)));
      pod.on('failed', (container, message) => container === CHARM_CONTAINER && reject(new Error(message)));
    });
    pod.on('started', (container) => this.#started(container));
    pod.on('exited', (container) => this.#exited(pod, container));
    pod.on('failed', (container, message) => {
      this.#options.log(`container ${container ?? ''}: ${message}`);
      if (container !== undefined) this.#exited(pod, container);
    });
    pod.once('ended', () => this.#ended(pod));
    for (const { name } of spec.containers) pod.startContainer(name);
    this.#scheduleProbe();
    await charmStarted;
  }

  async #prepare(charmUrl: string, containers: readonly string[]): Promise<void> {
    const { unit, folders, model } = this.#options;
    const own = folders.unit(unit);
    await rm(own.agent, { recursive: true, force: true });
    await mkdir(own.resources, { recursive: true });
    await mkdir(own.log, { recursive: true });
    await mkdir(own.scratch, { recursive: true });
    for (const name of containers) {
      // What Pebble keeps belongs to the pod, as an emptyDir does.
      await rm(own.container(name), { recursive: true, force: true });
      await mkdir(own.container(name), { recursive: true });
    }
    for (const storage of Object.values(model().storages))
      if (storage.unit === unit) await mkdir(folders.storage(storage.id), { recursive: true });
    await layResources(model(), unit, own.resources);
    await cp(folders.charm(charmUrl), own.charm, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }

  /** kill -9 to everything; the pod counts as lost. */
  killPod(): void {
    // Also one that is being ended: nobody waits for that any more.
    this.#stopping = false;
    this.#pod?.kill();
  }

  killContainer(container: string): void {
    this.#pod?.killContainer(container);
  }

  /**
   * Asks the workloads to end, as Kubernetes asks all containers of a pod that is deleted. The charm's, whose agent then
   * runs its last hook, follows with `stop`; after the grace period all that is left is killed.
   */
  terminate(): void {
    const pod = this.#pod;
    if (pod === undefined || this.#stopping) return;
    this.#stopping = true;
    for (const name of this.#workloads.keys()) pod.terminate(name);
    this.#setReady(false);
    setTimeout(() => {
      if (pod.ended) return;
      pod.kill();
      pod.once('ended', () => this.emit('lost'));
    }, this.#graceMs).unref();
  }

  /** Ends the pod, politely at first. */
  async stop(graceMs = this.#graceMs): Promise<void> {
    this.#stopping = true;
    this.#setReady(false);
    await this.#pod?.stop(graceMs);
  }

  #addWorkload(name: string, readinessDelayMs: number): void {
    const own = this.#options.folders.unit(this.#options.unit);
    const socket = openSocketPath(join(own.container(name), 'pebble.socket'));
    this.#workloads.set(name, {
      pebble: new PebbleClient({ socketPath: socket.path }),
      probe: new PebbleClient({ socketPath: socket.path, timeoutMs: PROBE_TIMEOUT_MS }),
      socket,
      failingSince: undefined,
      restarts: 0,
      startedAt: Date.now(),
      readinessDelayMs,
    });
  }

  #started(container: string): void {
    const workload = this.#workloads.get(container);
    if (workload !== undefined) Object.assign(workload, { failingSince: undefined, startedAt: Date.now() });
    this.emit('started', container);
  }

  #exited(pod: Pod, container: string): void {
    if (this.#stopping || pod.ended) return;
    const workload = this.#workloads.get(container);
    if (workload !== undefined && Date.now() - workload.startedAt > STABLE_MS) workload.restarts = 0;
    const restarts = workload?.restarts ?? 0;
    if (workload !== undefined) workload.restarts += 1;
    const wait = Math.min(BACKOFF_MS.first * 2 ** restarts, BACKOFF_MS.last);
    this.#options.log(`container ${container} ended, starts again in ${wait / 1000} s`);
    this.#setReady(false);
    setTimeout(() => {
      if (!this.#stopping && !pod.ended) pod.startContainer(container);
    }, wait).unref();
  }

  #ended(pod: Pod): void {
    if (this.#pod !== pod) return;
    this.#pod = undefined;
    clearTimeout(this.#probe);
    for (const { pebble, probe, socket } of this.#workloads.values()) {
      for (const client of [pebble, probe]) void client.close().catch(() => {});
      socket.close();
    }
    this.#workloads.clear();
    this.#setReady(false);
    if (!this.#stopping) this.emit('lost');
  }

  #scheduleProbe(): void {
    this.#probe = setTimeout(
      () => {
        void this.#probeAll().finally(() => {
          if (this.#pod !== undefined) this.#scheduleProbe();
        });
      },
      this.#ready ? PROBE_MS : STARTUP_PROBE_MS,
    );
    this.#probe.unref();
  }

  async #probeAll(): Promise<void> {
    const pod = this.#pod;
    const faults: string[] = [];
    const answers = await Promise.all(
      [...this.#workloads].map(async ([name, workload]) => {
        const health = (level: 'alive' | 'ready') =>
          workload.probe
            .health(level)
            .catch((error: unknown) => String(error))
            .then((answer) => {
              if (answer !== true) faults.push(`container ${name} is not ${level}${textOf(answer)}`);
              return answer === true;
            });
        const alive = await health('alive');
        if (alive || this.#pod?.pid(name) === undefined) workload.failingSince = undefined;
        else workload.failingSince ??= Date.now();
        if (workload.failingSince !== undefined && Date.now() - workload.failingSince >= LIVENESS_MS) {
          this.#options.log(`container ${name} failed its liveness probe and is restarted`);
          workload.failingSince = undefined;
          this.#pod?.killContainer(name);
        }
        return (
          alive && Date.now() - workload.startedAt >= workload.readinessDelayMs && (await health('ready'))
        );
      }),
    );
    await rotateLogs(this.#options.folders.unit(this.#options.unit).log).catch(() => {});
    const areReady = answers.every((answer) => answer);
    const hasPassed =
      this.#passed || (areReady && (await this.#options.hasPassed(this.#gates).catch(() => false)));
    if (pod === undefined || this.#pod !== pod) return;
    this.#passed = hasPassed;
    const isReady = areReady && !this.#stopping && hasPassed;
    if (isReady && !this.#ready) this.#options.log('the pod is ready', 'INFO');
    if (!isReady && this.#ready) this.#options.log(`the pod is not ready: ${faults.join(', ')}`);
    this.#setReady(areReady && !this.#stopping, isReady);
  }

  #setReady(containers: boolean, pod = containers): void {
    if (this.#containersReady === containers && this.#ready === pod) return;
    this.#containersReady = containers;
    this.#ready = pod;
    this.emit('ready');
  }
}

/** What was answered to a probe, if it is more than a no. */
function textOf(answer: string | false): string {
  return answer === false ? '' : `: ${answer}`;
}
