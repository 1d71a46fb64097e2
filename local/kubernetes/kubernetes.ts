/** Kubernetes beside a model, once it was asked for: the API server, the objects that Juju makes, and units' accounts. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../model/state.ts';
import { ApiServer, type ServerOptions } from './api-server.ts';
import { Cluster } from './cluster.ts';

const PORT = 6443;
const ETCD_PORT = 2379;

/** What a daemon gives it. */
export interface KubernetesOptions {
  readonly folder: string;
  /** Where pods reach it; it also is where the daemon itself does. */
  readonly address: string;
  readonly log: (text: string) => void;
}

/** Nothing runs, and nothing is different, until it is started. */
export class Kubernetes {
  readonly #options: KubernetesOptions;
  #running: { readonly server: ApiServer; readonly cluster: Cluster } | undefined;

  constructor(options: KubernetesOptions) {
    this.#options = options;
  }

  /** Where it is reached inside the model; undefined while it does not run. */
  get place(): { readonly address: string; readonly port: number } | undefined {
    return this.#running === undefined ? undefined : { address: this.#options.address, port: PORT };
  }

  /** What Juju's agent hands on to a hook of what Kubernetes puts into each container. */
  get environment(): Readonly<Record<string, string>> {
    const { place } = this;
    if (place === undefined) return {};
    return {
      KUBERNETES_SERVICE_HOST: place.address,
      KUBERNETES_SERVICE_PORT: String(place.port),
      KUBERNETES_SERVICE_PORT_HTTPS: String(place.port),
    };
  }

  /** @throws ApiServerError */
  async start(programs: ServerOptions['programs'], model: Model): Promise<void> {
    if (this.#running !== undefined) return;
    const { folder, address } = this.#options;
    const server = await ApiServer.start({ folder, address, port: PORT, etcdPort: ETCD_PORT, programs });
    const cluster = new Cluster(server);
    this.#running = { server, cluster };
    await cluster.sync(model);
  }

  /** The objects follow the model; what goes wrong is logged, and tried again with the next change. */
  sync(model: Model): void {
    const { log } = this.#options;
    this.#running?.cluster.sync(model).catch((error: unknown) => log(`cannot write objects: ${error}`));
  }

  /** A folder with what pods of the application find as their service account; undefined without Kubernetes. */
  async account(model: Model, application: string): Promise<string | undefined> {
    const { cluster } = this.#running ?? {};
    if (cluster === undefined) return undefined;
    const folder = join(this.#options.folder, 'accounts', application);
    await cluster.sync(model);
    if (!existsSync(join(folder, 'token'))) await cluster.writeAccount(model, application, folder);
    return folder;
  }

  /** Of the probes of an application's containers, as the StatefulSet has them now: what a new pod goes by. */
  async readinessDelays(model: Model, application: string): Promise<Readonly<Record<string, number>>> {
    return (await this.#running?.cluster.readinessDelays(model, application)) ?? {};
  }

  /** @param server as it is reached from where the client runs. */
  kubeconfig(server: string | undefined, namespace: string): string | undefined {
    return this.#running?.server.kubeconfig(server, namespace);
  }

  /** Its objects stay. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.server.stop();
  }

  /** An application that is gone has no account any more. */
  async forget(application: string): Promise<void> {
    await rm(join(this.#options.folder, 'accounts', application), { recursive: true, force: true });
  }
}
