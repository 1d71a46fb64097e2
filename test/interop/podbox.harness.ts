import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { peer } from '../../tools/peers.ts';
import type { Command } from './podbox.inside.ts';

const report = z.union([
  z.object({ id: z.number(), kind: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({
    id: z.number(),
    kind: z.literal('exit'),
    code: z.number().nullable(),
    signal: z.string().nullable(),
  }),
]);

const podEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('pod'), pid: z.number() }),
  z.object({ event: z.literal('started'), container: z.string(), pid: z.number() }),
  z.object({
    event: z.literal('exited'),
    container: z.string(),
    code: z.number().nullable(),
    signal: z.number().nullable(),
  }),
  z.object({ event: z.literal('failed'), container: z.string().optional(), message: z.string() }),
]);
export type PodEvent = z.infer<typeof podEvent>;

export type ContainerSpec = {
  name: string;
  image?: string | null;
  mounts?: { source: string; target: string; readOnly?: boolean }[];
  command?: string[];
  env?: Record<string, string>;
  cwd?: string;
  log?: string;
};

/** A uid and gid that no account of the machine has. */
const ORDINARY = { uid: 12_345, gid: 12_345 };

/** A folder that the user can use, with podbox, Node and the messenger in it. */
export class Bench {
  readonly folder: string;
  readonly user: { uid: number; gid: number } | undefined;
  /** In the environment of everything started here. */
  readonly token: string;

  private constructor(folder: string, user: { uid: number; gid: number } | undefined) {
    this.folder = folder;
    this.user = user;
    this.token = `PODBOX_TEST=${folder}`;
  }

  static async make(who: 'root' | 'an ordinary user'): Promise<Bench> {
    const isRoot = process.getuid?.() === 0;
    const folder = await mkdtemp(join(tmpdir(), 'podbox-'));
    const bench = new Bench(folder, who === 'an ordinary user' && isRoot ? ORDINARY : undefined);
    await bench.give(folder);
    await bench.copy(await peer('podbox'), 'podbox');
    await bench.copy(process.execPath, 'node');
    await bench.copy(join(import.meta.dirname, 'podbox.inside.ts'), 'inside.mts');
    return bench;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  async makeFolder(...parts: string[]): Promise<string> {
    const path = this.path(...parts);
    await mkdir(path, { recursive: true });
    await this.give(path);
    return path;
  }

  async write(name: string, content: string, mode = 0o644): Promise<string> {
    await writeFile(this.path(name), content);
    await chmod(this.path(name), mode);
    await this.give(this.path(name));
    return this.path(name);
  }

  async copy(source: string, name: string): Promise<string> {
    await copyFile(source, this.path(name));
    await chmod(this.path(name), 0o755);
    return this.path(name);
  }

  spawn(argv: string[], env: Record<string, string> = {}): ChildProcessByStdio<Writable, Readable, Readable> {
    const [program = '', ...args] = argv;
    return spawn(program, args, {
      ...this.user,
      cwd: this.folder,
      env: { ...process.env, HOME: this.folder, PODBOX_TEST: this.folder, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** The ids of all processes that were started here and live, seen from outside. */
  async processes(): Promise<number[]> {
    const found: number[] = [];
    for (const entry of await readdir('/proc')) {
      const environment = /^\d+$/.test(entry)
        ? await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '')
        : '';
      if (environment.split('\0').includes(this.token)) found.push(Number(entry));
    }
    return found;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async give(path: string): Promise<void> {
    await chmod(path, 0o755);
    if (this.user !== undefined) await chown(path, this.user.uid, this.user.gid);
  }
}

/** A process inside the model. */
export class Inside extends EventEmitter {
  stdout = '';
  stderr = '';
  exit: { code: number | null; signal: string | null } | undefined;
  readonly send: (command: Command) => void;
  readonly id: number;

  constructor(id: number, send: (command: Command) => void) {
    super();
    this.id = id;
    this.send = send;
  }

  write(text: string): void {
    this.send({ do: 'write', id: this.id, text });
  }

  end(): void {
    this.send({ do: 'end', id: this.id });
  }

  kill(signal: NodeJS.Signals): void {
    this.send({ do: 'kill', id: this.id, signal });
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.exit !== undefined)
        throw new Error(`ended before: ${JSON.stringify(this.exit)} ${this.stderr}`);
      await once(this, 'report');
    }
  }

  async ended(): Promise<{ code: number | null; signal: string | null }> {
    while (this.exit === undefined) await once(this, 'report');
    return this.exit;
  }
}

export class Model {
  readonly bench: Bench;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly running = new Map<number, Inside>();
  private count = 0;
  private pods = 0;

  constructor(bench: Bench, env: Record<string, string> = {}) {
    this.bench = bench;
    const command = [bench.path('node'), bench.path('inside.mts')];
    this.process = bench.spawn(
      [bench.path('podbox'), 'model', '--bridge', '10.87.0.1/16', '--', ...command],
      env,
    );
    this.process.stdin.on('error', () => {});
    this.process.stderr.pipe(process.stderr);
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const message = report.parse(JSON.parse(line));
      const inside = this.running.get(message.id);
      if (inside === undefined) return;
      if (message.kind === 'exit') inside.exit = message;
      else inside[message.kind] += message.text;
      inside.emit('report');
    });
  }

  start(argv: string[], env: Record<string, string> = {}): Inside {
    const id = ++this.count;
    const send = (command: Command) => this.process.stdin.write(`${JSON.stringify(command)}\n`);
    const inside = new Inside(id, send);
    inside.setMaxListeners(0);
    this.running.set(id, inside);
    send({ do: 'run', id, argv, env });
    return inside;
  }

  async run(argv: string[], input = '') {
    const inside = this.start(argv);
    if (input !== '') inside.write(input);
    inside.end();
    const { code } = await inside.ended();
    return { code, stdout: inside.stdout, stderr: inside.stderr };
  }

  /** Starts a pod at 10.87.1.N, N counting from 1, with its hosts file at <hostname>.hosts. */
  async pod(hostname: string, containers: ContainerSpec[]): Promise<Pod> {
    const address = `10.87.1.${++this.pods}`;
    const hosts = await this.bench.write(`${hostname}.hosts`, '127.0.0.1 localhost\n');
    const scratch = await this.bench.makeFolder(`${hostname}.scratch`);
    const spec = { hostname, address: `${address}/16`, gateway: '10.87.0.1', hosts, scratch, containers };
    const file = await this.bench.write(`${hostname}.json`, JSON.stringify(spec));
    const pod = new Pod(this, address, hosts, this.start([this.bench.path('podbox'), 'pod', '--spec', file]));
    await pod.next('pod');
    return pod;
  }

  async stop(): Promise<void> {
    this.process.stdin.end();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
  }
}

export class Pod {
  readonly model: Model;
  readonly address: string;
  readonly hosts: string;
  readonly process: Inside;
  private seen = 0;

  constructor(model: Model, address: string, hosts: string, inside: Inside) {
    this.model = model;
    this.address = address;
    this.hosts = hosts;
    this.process = inside;
  }

  /** The next event, which must be of this kind. */
  async next<K extends PodEvent['event']>(kind: K): Promise<Extract<PodEvent, { event: K }>> {
    const lines = () => this.process.stdout.split('\n').slice(0, -1);
    await this.process.until(() => lines().length > this.seen);
    const event = podEvent.parse(JSON.parse(lines()[this.seen++] ?? ''));
    if (!isOfKind(event, kind))
      throw new Error(`expected ${kind}, got ${JSON.stringify(event)} ${this.process.stderr}`);
    return event;
  }

  ask(operation: Record<string, unknown>): void {
    this.process.write(`${JSON.stringify(operation)}\n`);
  }

  /** Starts a container; returns the pid of its first process. */
  async started(container: string): Promise<number> {
    this.ask({ op: 'start', container });
    return (await this.next('started')).pid;
  }

  /** The arguments that run a command in the container of a process. */
  entering(pid: number, command: string[], options: string[] = []): string[] {
    return [this.model.bench.path('podbox'), 'enter', '--pid', String(pid), ...options, '--', ...command];
  }

  async exec(pid: number, command: string[], options: string[] = [], input = '') {
    return this.model.run(this.entering(pid, command, options), input);
  }

  async shell(pid: number, script: string) {
    const { code, stdout, stderr } = await this.exec(pid, ['sh', '-c', script]);
    if (code !== 0) throw new Error(`${script}: exit ${code}: ${stderr}`);
    return stdout.trim();
  }
}

function isOfKind<K extends PodEvent['event']>(
  event: PodEvent,
  kind: K,
): event is Extract<PodEvent, { event: K }> {
  return event.event === kind;
}
