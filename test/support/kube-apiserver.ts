/** A real Kubernetes API for a test, with an application in it as Juju makes one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceAccount } from 'charmwright/kubernetes';
import { ApiServer } from '../../local/kubernetes/api-server.ts';
import { Cluster } from '../../local/kubernetes/cluster.ts';
import {
  type Application,
  applicationSchema,
  type Charm,
  charmSchema,
  type Model,
  newModel,
  unitSchema,
} from '../../local/model/state.ts';
import { peer } from '../../tools/peers.ts';
import { type Daemon, startDaemon } from './daemon.ts';

/** The programs and the port that is asked for are all real. */
export class KubernetesUnderTest {
  readonly server: ApiServer;
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #model: Model;
  readonly #controller: Daemon | undefined;
  readonly #pods = new Set<string>();

  private constructor(server: ApiServer, folder: string, model: Model, controller: Daemon | undefined) {
    this.server = server;
    this.#cluster = new Cluster(server);
    this.#folder = folder;
    this.#model = model;
    this.#controller = controller;
  }

  /** @param options.controller whether Kubernetes' own controller makes the pods, or they are there as Juju has units. */
  static async start(options: { readonly controller?: boolean } = {}): Promise<KubernetesUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'kubernetes-'));
    const [port, etcdPort] = [await freePort(), await freePort()];
    const programs = { etcd: await peer('etcd'), apiServer: await peer('kube-apiserver') };
    const server = await ApiServer.start({ folder, address: '127.0.0.1', port, etcdPort, programs });
    const model = newModel('cos', '20ce8299-3634-4bef-8bd8-5ace6c8816b4', NOW);
    const controller = options.controller === true ? await startController(server, folder) : undefined;
    return new KubernetesUnderTest(server, folder, model, controller);
  }

  /** Juju makes the application, or makes it what it is to be now. */
  async juju(change: Partial<Application> & { readonly name: string }): Promise<void> {
    const before = this.#model.applications[change.name] ?? NEW;
    const after = { ...before, ...change };
    this.#model.applications[change.name] = applicationSchema.parse(after);
    this.#model.charms[after.charm] ??= charm(after.charm);
    await this.#cluster.sync(this.#model);
    if (this.#controller !== undefined) return;
    const names = Object.keys(after.units).filter((name) => !this.#pods.has(name));
    for (const name of names) {
      this.#pods.add(name);
      await this.#cluster.newPod(this.#model, name);
    }
  }

  /** Juju removes it. */
  async removed(name: string): Promise<void> {
    delete this.#model.applications[name];
    await this.#cluster.sync(this.#model);
  }

  /** Who a unit of the application is. */
  async account(name: string): Promise<ServiceAccount> {
    const folder = join(this.#folder, 'accounts', name);
    await this.#cluster.writeAccount(this.#model, name, folder);
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    return {
      origin: this.server.origin,
      token: await read('token'),
      authority: await read('ca.crt'),
      namespace: await read('namespace'),
    };
  }

  /** An object as it stands. */
  async get(path: string): Promise<unknown> {
    return (await this.server.request('GET', path)).body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller?.stop();
    await this.server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** It follows what happens at the API server from when it has read everything. */
async function startController(server: ApiServer, folder: string): Promise<Daemon> {
  const kubeconfig = join(folder, 'controller.kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  const program = await peer('statefulset-controller');
  return startDaemon({ program, args: ['--kubeconfig', kubeconfig], isReady: async () => true });
}

const NOW = '2026-01-01T00:00:00Z';

const NEW = {
  life: 'alive',
  charm: 'local:mimir-k8s-0',
  trust: true,
  config: {},
  resources: {},
  scale: 0,
  address: '10.87.128.1',
  since: NOW,
  units: {},
};

function charm(url: string): Charm {
  return charmSchema.parse({
    url,
    name: 'mimir-k8s',
    revision: Number(url.split('-').at(-1)),
    base: { name: 'ubuntu', channel: '24.04/stable' },
    spec: {
      name: 'mimir-k8s',
      endpoints: {},
      extraBindings: [],
      containers: { mimir: {} },
      storage: {},
      resources: {},
      config: {},
      actions: {},
    },
  });
}

/** A unit as Juju has it, with the ports that its charm has opened. */
export function unit(name: string, ports: readonly string[] = []) {
  const status = { current: 'active', message: '', since: NOW };
  return unitSchema.parse({
    name,
    ordinal: Number(name.split('/').at(-1)),
    life: 'alive',
    address: '10.87.1.2',
    workloadStatus: status,
    agentStatus: { ...status, current: 'idle' },
    ports,
    charm: 'local:mimir-k8s-0',
    agent: {},
  });
}

/** Nobody else takes it within the moment until it is used. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
