/** A local model for one test file: real Pebble, real workloads, in a folder of its own, gone at the end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { expect, inject } from 'vitest';
import type { ModelStatus, Task, UnitStatus } from '../../local/api.ts';
import { type LocalClient, openModel } from '../../local/client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mimirCharm: string;
    minioCharm: string;
    mimirImage: string;
    minioImage: string;
  }
}

export const S3_ENDPOINTS: [string, string] = ['mimir-k8s:s3', 'minio-k8s:s3'];

export interface Finished {
  readonly task: Task;
  readonly log: readonly string[];
}

export class TestModel implements AsyncDisposable {
  readonly dir: string;
  client: LocalClient;
  readonly #servers: Server[] = [];

  static async start(): Promise<TestModel> {
    const dir = await mkdtemp(join(tmpdir(), 'model-'));
    return new TestModel(dir, await openModel({ modelDir: dir }));
  }

  private constructor(dir: string, client: LocalClient) {
    this.dir = dir;
    this.client = client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    await this.client.call('destroy-model', {});
    this.client.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** A daemon that died is started again by the next who asks, as the CLI does. */
  async reopen(): Promise<void> {
    this.client.close();
    this.client = await openModel({ modelDir: this.dir });
  }

  async deployMimir(
    options: {
      application?: string;
      units?: number;
      config?: Record<string, string>;
      trust?: boolean;
      /** An image folder; without it the machine's nginx. */
      nginxImage?: string;
    } = {},
  ): Promise<void> {
    await this.client.call('deploy', {
      charm: inject('mimirCharm'),
      ...(options.application !== undefined && { application: options.application }),
      units: options.units ?? 1,
      config: options.config ?? {},
      resources: {
        'mimir-image': inject('mimirImage'),
        ...(options.nginxImage !== undefined && { 'nginx-image': options.nginxImage }),
      },
      trust: options.trust ?? true,
    });
  }

  /** To the same charm as a new revision: each pod is replaced. */
  async refreshMimir(): Promise<void> {
    await this.client.call('refresh', { application: 'mimir-k8s', charm: inject('mimirCharm') });
  }

  async deployMinio(): Promise<void> {
    await this.client.call('deploy', {
      charm: inject('minioCharm'),
      resources: { 'minio-image': inject('minioImage') },
      trust: true,
    });
  }

  async integrate(endpoints: [string, string] = S3_ENDPOINTS): Promise<void> {
    await this.client.call('integrate', { endpoints });
  }

  async separate(endpoints: [string, string] = S3_ENDPOINTS): Promise<void> {
    await this.client.call('remove-relation', { endpoints });
  }

  async config(values: Record<string, string>, reset: string[] = []): Promise<void> {
    await this.client.call('set-config', { application: 'mimir-k8s', values, reset });
  }

  status(): Promise<ModelStatus> {
    return this.client.call('status', {});
  }

  async unit(name: string): Promise<UnitStatus> {
    const status = await this.status();
    const found = status.applications[name.slice(0, name.lastIndexOf('/'))]?.units?.[name];
    if (found === undefined) throw new Error(`no unit ${name} in the model`);
    return found;
  }

  /** Waits until the status is so. Fails with the status as it stands and the end of the log. */
  async until(what: string, isSo: (status: ModelStatus) => boolean, seconds = 120): Promise<ModelStatus> {
    const deadline = Date.now() + seconds * 1000;
    let generation = 0;
    for (;;) {
      const status = await this.status();
      if (isSo(status)) return status;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`not so after ${seconds} s: ${what}\n${describe(status)}\n${await this.logTail()}`);
      const wait = Math.min(left / 1000, 5);
      ({ generation } = await this.client.call('wait-change', { after: generation, wait }));
    }
  }

  /** Every unit active, every agent idle. */
  untilActive(seconds = 120): Promise<ModelStatus> {
    return this.until('all units active and idle', (status) => units(status).every(isActiveAndIdle), seconds);
  }

  /** Their pods are: a service sends requests there. What a charm says of its unit may come a moment before. */
  async untilReady(...names: readonly string[]): Promise<void> {
    const unready = async () => {
      const { readyPods } = await this.status();
      return names.filter((name) => !readyPods.includes(name));
    };
    await expect.poll(unready, { timeout: 120_000, interval: 200 }).toEqual([]);
  }

  /** A unit shows this status, and its agent has nothing to do. */
  untilUnit(name: string, workload: string, message: RegExp, seconds = 90): Promise<ModelStatus> {
    return this.until(
      `${name} ${workload} with ${message}`,
      (status) => {
        const unit = status.applications[name.slice(0, name.lastIndexOf('/'))]?.units?.[name];
        const { current, message: text = '' } = unit?.['workload-status'] ?? { current: '' };
        return current === workload && message.test(text) && unit?.['juju-status'].current === 'idle';
      },
      seconds,
    );
  }

  async run(unit: string, action: string, params: Record<string, unknown> = {}): Promise<Finished> {
    const { tasks } = await this.client.call('run', { units: [unit], action, params });
    const [first] = tasks;
    if (first === undefined) throw new Error(`${action} was not enqueued on ${unit}`);
    const log: string[] = [];
    const task = await this.client.waitTask(first.id, (line) => log.push(line.message));
    return { task, log };
  }

  /** An address on loopback that leads to a unit's, or an application's, port. */
  async forward(target: string, port: number): Promise<string> {
    const server = createServer((socket) => {
      this.client.forward({ target, port }).then(
        (remote) => {
          pipeline(socket, remote, () => undefined);
          pipeline(remote, socket, () => undefined);
        },
        () => socket.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port to forward from');
    return `http://127.0.0.1:${address.port}`;
  }

  /** A command in a container; its output, and its exit code. */
  async ssh(
    unit: string,
    container: string,
    argv: string[],
  ): Promise<{ code: number; out: string; err: string }> {
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    const code = await this.client.ssh(
      { unit, container, argv },
      { stdout: (chunk) => out.push(chunk), stderr: (chunk) => err.push(chunk) },
    );
    return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  /** A hook tool, or anything, in the charm container with a hook's environment. */
  async exec(unit: string, command: string): Promise<string> {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const code = await this.client.exec(
      { unit, command },
      { stdout: (chunk) => out.push(chunk), stderr: (chunk) => err.push(chunk) },
    );
    if (code !== 0) throw new Error(`${command} on ${unit}: exit ${code}: ${Buffer.concat(err)}`);
    return Buffer.concat(out).toString();
  }

  async log(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const line of this.client.debugLog({ limit: null })) lines.push(line);
    return lines;
  }

  async logTail(count = 40): Promise<string> {
    return (await this.log()).slice(-count).join('\n');
  }
}

export function units(status: ModelStatus): readonly UnitStatus[] {
  return Object.values(status.applications).flatMap((app) => Object.values(app.units ?? {}));
}

export function isActiveAndIdle(unit: UnitStatus): boolean {
  return unit['workload-status'].current === 'active' && unit['juju-status'].current === 'idle';
}

function describe(status: ModelStatus): string {
  return Object.values(status.applications)
    .flatMap((app) => Object.entries(app.units ?? {}))
    .map(([name, unit]) => {
      const workload = unit['workload-status'];
      const agent = unit['juju-status'];
      return `${name}: ${workload.current} "${workload.message ?? ''}"; agent ${agent.current} "${agent.message ?? ''}"`;
    })
    .join('\n');
}
