/** One running pod: `podbox pod` and what it says on its output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { PodSpec } from './pod-spec.ts';

const podEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('pod'), pid: z.int() }),
  z.object({ event: z.literal('started'), container: z.string(), pid: z.int() }),
  z.object({
    event: z.literal('exited'),
    container: z.string(),
    code: z.int().nullable(),
    signal: z.int().nullable(),
  }),
  z.object({ event: z.literal('failed'), container: z.string().optional(), message: z.string() }),
]);

/** A pod could not be started. */
export class PodError extends Error {
  override name = 'PodError';
}

interface PodEvents {
  /** A container's first process runs. */
  started: [container: string, pid: number];
  exited: [container: string];
  failed: [container: string | undefined, message: string];
  /** The pod is gone, with everything in it. */
  ended: [];
}

export class Pod extends EventEmitter<PodEvents> {
  readonly #process: ChildProcess;
  readonly #pids = new Map<string, number>();
  readonly #asked = new Set<string>();
  #ended = false;

  private constructor(process: ChildProcess) {
    super();
    this.#process = process;
  }

  /** Starts the pod's namespaces, no container yet. Throws PodError with podbox's own words. */
  static async start(podbox: string, specFile: string, spec: PodSpec): Promise<Pod> {
    await writeFile(specFile, JSON.stringify(spec), { mode: 0o600 });
    const child = spawn(podbox, ['pod', '--spec', specFile], { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
    const pod = new Pod(child);
    child.stdin.on('error', () => {});
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => {
        pod.#end();
        reject(new PodError(`cannot start pod ${spec.hostname}: ${said.trim()}`));
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = podEvent.parse(JSON.parse(line));
        if (event.event === 'pod') resolve();
        else pod.#take(event);
      });
    });
    return pod;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The first process of a running container, in the daemon's PID namespace. */
  pid(container: string): number | undefined {
    return this.#pids.get(container);
  }

  startContainer(container: string): void {
    this.#send({ op: 'start', container });
  }

  killContainer(container: string, signal = 9): void {
    this.#send({ op: 'kill', container, signal });
  }

  /** Asks a container to end, once: a second SIGTERM would make some impatient. */
  terminate(container: string): void {
    if (this.#asked.has(container)) return;
    this.#asked.add(container);
    this.killContainer(container, 15);
  }

  /** kill -9 to everything in it, at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Asks every container to end, waits a little, then kills what is left. Resolves when the pod is gone. */
  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => this.once('ended', resolve));
    for (const container of this.#pids.keys()) this.terminate(container);
    const quiet = () => this.#pids.size === 0;
    const emptied = new Promise<void>((resolve) => {
      if (quiet()) resolve();
      this.on('exited', () => quiet() && resolve());
      setTimeout(resolve, graceMs).unref();
    });
    await Promise.race([emptied, ended]);
    this.kill();
    await ended;
  }

  #take(event: Exclude<z.infer<typeof podEvent>, { event: 'pod' }>): void {
    switch (event.event) {
      case 'started':
        this.#asked.delete(event.container);
        this.#pids.set(event.container, event.pid);
        this.emit('started', event.container, event.pid);
        return;
      case 'exited':
        this.#pids.delete(event.container);
        this.emit('exited', event.container);
        return;
      case 'failed':
        this.emit('failed', event.container, event.message);
        return;
      default:
        event satisfies never;
    }
  }

  #send(operation: object): void {
    if (!this.#ended) this.#process.stdin?.write(`${JSON.stringify(operation)}\n`);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pids.clear();
    this.emit('ended');
  }
}
