/** One unit's agent: keeps its pod, and runs one operation after another, as the resolver chooses them. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kubelet } from '../containers/kubelet.ts';
import { CHARM_CONTAINER } from '../containers/pod-spec.ts';
import { unitEntity } from '../daemon/debug-log.ts';
import { finishUnit } from '../model/applications.ts';
import { advance, podBorn, resign, seenNow, setStatus } from '../model/commit.ts';
import { appOf, findApplication, findUnit } from '../model/lookup.ts';
import { modelConfig, parseInterval } from '../model/model-config.ts';
import { leaveScope } from '../model/relations.ts';
import type { Hook } from '../model/state.ts';
import { endTasks } from '../model/tasks.ts';
import { rest } from './hook-transitions.ts';
import { LeadershipTracker } from './leadership-tracker.ts';
import { isToBeReplaced, type Live, nextOperation, type Operation, waitsForPod } from './resolver.ts';
import { runAction } from './run-action.ts';
import { type ExecRequest, runExec } from './run-exec.ts';
import { type Running, runHook } from './run-hook.ts';
import type { Services } from './services.ts';
import { WorkloadEvents } from './workload-events.ts';

/** An operation that was cut off begins again after this; a pod that could not start, too. */
const AGAIN_MS = 1_000;
const POD_AGAIN_MS = 5_000;
/** How long the news of a container's end may lag behind the end of a process in it. */
const NEWS_MS = 200;
/** The longest sleep without news. */
const IDLE_MS = 60_000;

export class UnitAgent {
  readonly unit: string;
  readonly kubelet: Kubelet;
  readonly #services: Services;
  readonly #events: WorkloadEvents;
  readonly #leadership: LeadershipTracker;
  readonly #execs: ExecRequest[] = [];
  #wake: () => void = () => {};
  #stopped = false;
  /** There is no pod: none yet, or not any more. */
  #lost = true;
  #updateStatusAt = 0;
  #terminating = false;
  #waitsFor: string | undefined;

  constructor(services: Services, unit: string) {
    this.unit = unit;
    this.#services = services;
    const { folders, programs, network, store, leases } = services;
    this.kubelet = new Kubelet({
      unit,
      folders,
      network,
      podbox: programs.podbox,
      model: () => store.model,
      account: () => this.#services.kubernetes.account(store.model, appOf(unit)),
      newPod: () => this.#services.kubernetes.newPod(store.model, unit),
      hasPassed: (gates) => this.#services.kubernetes.hasPassed(unit, gates),
      log: (text, level = 'WARNING') => this.#log(level, text),
    });
    this.#events = new WorkloadEvents(() => this.#wake());
    this.#leadership = new LeadershipTracker({
      unit,
      store,
      leases,
      isUp: () => this.kubelet.pid(CHARM_CONTAINER) !== undefined,
    });
    this.kubelet.on('started', (container) => this.#containerStarted(container));
    this.kubelet.on('ready', () => {
      const { ready, containersReady } = this.kubelet;
      this.#services.kubernetes.tellPod(unit, { containers: containersReady, pod: ready });
      this.#services.pods.set(unit, ready);
    });
    this.kubelet.on('lost', () => {
      this.#lost = true;
      this.#wake();
    });
  }

  /** Runs until the unit is gone or the daemon ends. */
  async run(): Promise<void> {
    const { store } = this.#services;
    const forget = store.onChange(() => {
      // At once, in whatever hook the unit is.
      if (this.#isHeld && !this.#lost) this.kubelet.killPod();
      this.#leadership.look();
      this.#wake();
    });
    const wake = () => this.#wake();
    this.#services.pods.on('changed', wake);
    this.#scheduleUpdateStatus();
    try {
      while (!this.#stopped) {
        const woken = this.#sleeper();
        const operation = this.#next();
        if (operation?.kind === 'finish') return await this.#finish();
        if (this.#isHeld) await this.#withoutPod(woken);
        else if (this.#lost) await this.#newPod();
        else if (operation === undefined) await this.#idle(woken);
        else await this.#perform(operation);
      }
    } finally {
      forget();
      this.#services.pods.off('changed', wake);
      this.#services.pods.set(this.unit, false);
      this.#leadership.stop();
      this.#events.stop();
    }
  }

  get #isHeld(): boolean {
    const { applications } = this.#services.store.model;
    return applications[appOf(this.unit)]?.units[this.unit]?.heldSince !== undefined;
  }

  /** Its pod has been taken away. One that was just being started goes, too. */
  async #withoutPod(woken: Promise<void>): Promise<void> {
    if (!this.#lost) this.kubelet.killPod();
    this.#events.stop();
    await woken;
  }

  /** Without a charm container nothing can be run, but a unit may be over. */
  #next(): Operation | undefined {
    const operation = nextOperation(this.#services.store.model, this.unit, this.#live());
    const canRun = !this.#lost && this.kubelet.pid(CHARM_CONTAINER) !== undefined;
    return canRun || operation?.kind === 'finish' ? operation : undefined;
  }

  /** The daemon ends: the pod goes, the unit stays in the model. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.kubelet.stop(0);
  }

  /** The pod is to end, politely, and comes back: `kubectl delete pod`. */
  terminate(): void {
    if (this.#lost || this.#terminating) return;
    this.#terminating = true;
    this.kubelet.terminate();
    this.#wake();
  }

  exec(request: ExecRequest): void {
    this.#execs.push(request);
    this.#wake();
  }

  #log(level: 'INFO' | 'WARNING' | 'ERROR', text: string): void {
    this.#services.log.write(unitEntity(this.unit), level, 'juju.worker.uniter', text);
  }

  /** One try; a pod that cannot start says why in the unit's status, and is tried again after a while. */
  async #newPod(): Promise<void> {
    const { store } = this.#services;
    this.#events.stop();
    this.#lost = false;
    this.#terminating = false;
    const now = new Date().toISOString();
    store.update((model) => {
      podBorn(model, this.unit);
      endTasks(model, this.unit, 'action terminated', now, 'running');
      const unit = findUnit(model, this.unit);
      setStatus(unit, 'agentStatus', 'allocating', '', now);
      if (!unit.agent.installed) setStatus(unit, 'workloadStatus', 'waiting', 'agent initialising', now);
    });
    try {
      await this.kubelet.start();
      this.#events.watch(this.kubelet.pebbles);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#log('ERROR', text);
      store.update((model) => {
        const unit = findUnit(model, this.unit);
        setStatus(unit, 'workloadStatus', 'waiting', text.split('\n')[0] ?? '', new Date().toISOString());
      });
      await this.kubelet.stop(0);
      this.#lost = true;
      await Promise.race([this.#sleeper(), sleep(POD_AGAIN_MS)]);
    }
  }

  /** The charm container alone began anew: its agent runs `start`, and hears of every Pebble again. */
  #containerStarted(container: string): void {
    this.#events.containerStarted(container);
    if (container !== CHARM_CONTAINER) return;
    this.#leadership.look();
    const { store } = this.#services;
    const { agent, life } = findUnit(store.model, this.unit);
    const nothingPending = agent.failed === undefined && agent.queue.length === 0;
    if (agent.started && nothingPending && life === 'alive') {
      store.update((model) => void findUnit(model, this.unit).agent.queue.push({ kind: 'start' }));
      this.#events.watch(this.kubelet.pebbles);
    }
    this.#wake();
  }

  #live(): Live {
    const config = modelConfig(this.#services.store.model.config);
    return {
      now: new Date(),
      workload: this.#events.hooks,
      execWaiting: this.#execs.length > 0,
      terminating: this.#terminating,
      updateStatusDue: Date.now() >= this.#updateStatusAt,
      retryHooks: config['automatically-retry-hooks'] === 'true',
      ...this.#pods,
    };
  }

  /** What Kubernetes knows of the pods of all units. */
  get #pods(): Pick<Live, 'isReady' | 'isStale'> {
    const { pods, kubernetes } = this.#services;
    return { isReady: (unit) => pods.isReady(unit), isStale: (unit) => kubernetes.isStale(unit) };
  }

  /** Made before the resolver looks, so that no news is missed. */
  #sleeper(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #idle(woken: Promise<void>): Promise<void> {
    const { store } = this.#services;
    if (this.kubelet.pid(CHARM_CONTAINER) !== undefined) {
      const { current } = findUnit(store.model, this.unit).agentStatus;
      const { failed } = findUnit(store.model, this.unit).agent;
      if (current !== (failed === undefined ? 'idle' : 'error')) {
        store.update((model) => rest(model, this.unit, new Date().toISOString()));
        return;
      }
    }
    this.#tellRollout();
    const cancel = new AbortController();
    await Promise.race([
      woken,
      sleep(this.#untilNext(), undefined, { signal: cancel.signal }).catch(() => {}),
    ]);
    cancel.abort();
  }

  /** For whom a refresh waits before it comes to this unit, said once. */
  #tellRollout(): void {
    const { model } = this.#services.store;
    const unit = findUnit(model, this.unit);
    const application = findApplication(model, appOf(this.unit));
    const isOld = isToBeReplaced(application, unit, this.#pods);
    const waits = isOld ? waitsForPod(application, unit, this.#pods) : undefined;
    if (waits !== undefined && waits !== this.#waitsFor)
      this.#log('INFO', `the pod is replaced when that of ${waits} is there anew and ready`);
    this.#waitsFor = waits;
  }

  /** Milliseconds until time alone may give something to do. */
  #untilNext(): number {
    const { model } = this.#services.store;
    const { failed } = findUnit(model, this.unit).agent;
    const times = [
      this.#updateStatusAt,
      ...(failed === undefined ? [] : [Date.parse(failed.retryAt)]),
      ...Object.values(model.secrets).flatMap((secret) =>
        [secret.rotateAt, secret.expireAt].flatMap((time) => (time === undefined ? [] : [Date.parse(time)])),
      ),
    ];
    const next = Math.min(...times.filter((time) => time > Date.now()), Date.now() + IDLE_MS);
    return Math.max(next - Date.now(), 10);
  }

  async #perform(operation: Exclude<Operation, { kind: 'finish' }>): Promise<void> {
    const { store } = this.#services;
    switch (operation.kind) {
      case 'hook':
        return this.#hook(operation.hook);
      case 'action':
        return runAction(this.#services, this.unit, operation.task, this.#running());
      case 'exec':
        return runExec(this.#services, this.unit, this.#execs.shift(), this.#running());
      case 'skip':
        store.update((model) =>
          advance(model, this.unit, operation.hook, seenNow(model, this.unit, operation.hook), new Date()),
        );
        return store.flushed();
      case 'leave-scope':
        store.update((model) => leaveScope(model, operation.relationId, this.unit));
        return;
      case 'resign':
        store.update((model) => resign(model, this.unit));
        return;
      case 'replace-pod':
        await this.kubelet.stop();
        this.#lost = true;
        return;
      default:
        operation satisfies never;
    }
  }

  async #hook(hook: Hook): Promise<void> {
    // A pod that is replaced by a refresh is deleted, and its agent runs `stop` while the other containers end.
    if (hook.kind === 'stop' && findUnit(this.#services.store.model, this.unit).life === 'alive')
      this.kubelet.terminate();
    const isWorkload = this.#events.hooks[0] === hook;
    const end = await runHook(this.#services, this.unit, hook, this.#running());
    if (isWorkload && end !== 'terminated') this.#events.settle(end !== 'failed');
    if (end === 'terminated') await sleep(AGAIN_MS);
    // juju-reboot: on Kubernetes the charm container starts anew.
    if (end === 'reboot') this.kubelet.killContainer(CHARM_CONTAINER);
    if (end !== 'failed' && (hook.kind === 'update-status' || Date.now() >= this.#updateStatusAt))
      this.#scheduleUpdateStatus();
  }

  #running(): Running {
    const pid = this.kubelet.pid(CHARM_CONTAINER) ?? 0;
    return {
      pid,
      sameContainer: async () => {
        await sleep(NEWS_MS);
        return this.kubelet.pid(CHARM_CONTAINER) === pid;
      },
      process: () => {},
    };
  }

  #scheduleUpdateStatus(): void {
    const config = modelConfig(this.#services.store.model.config);
    const interval = parseInterval(config['update-status-hook-interval'] ?? '') ?? 300_000;
    this.#updateStatusAt = Date.now() + interval * (0.8 + 0.4 * Math.random());
  }

  async #finish(): Promise<void> {
    const { store, folders } = this.#services;
    this.#events.stop();
    await this.kubelet.stop();
    // What rotates logs may be in there once more.
    await rm(folders.unit(this.unit).unit, { recursive: true, force: true, maxRetries: 5 });
    const now = new Date().toISOString();
    this.#services.leases.forget(this.unit);
    store.update((model) => {
      endTasks(model, this.unit, `unit "${this.unit}" is gone`, now, 'all');
      finishUnit(model, this.unit, now);
    });
    await store.flushed();
    this.#log('INFO', `unit "${this.unit}" of "${appOf(this.unit)}" is gone`);
  }
}
