/** Kubernetes beside a model, once it was asked for: the API server, the objects that Juju makes, and units' accounts. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from 'charmwright/http';
import type { PodRules } from '../containers/pod-rules.ts';
import { appOf } from '../model/lookup.ts';
import type { Model } from '../model/state.ts';
import { ApiServer, ApiServerError, type ServerOptions } from './api-server.ts';
import { Cluster, type Template } from './cluster.ts';
import { JUJU_GRACE_SECONDS } from './juju-objects.ts';

const PORT = 6443;
const ETCD_PORT = 2379;
/** How often StatefulSets are looked at. */
const LOOK_MS = 2000;
/** Where there is no Kubernetes, all pods are as Juju makes them. */
const JUJU_RULES = {
  graceSeconds: JUJU_GRACE_SECONDS,
  readinessDelays: {},
  gates: [],
} as const satisfies PodRules;

/** What a daemon gives it. */
export interface KubernetesOptions {
  readonly folder: string;
  /** Where pods reach it; it also is where the daemon itself does. */
  readonly address: string;
  readonly log: (text: string) => void;
  /** Some StatefulSet has another template than before. */
  readonly changed: () => void;
}

interface Running {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly looks: NodeJS.Timeout;
}

/** Nothing runs, and nothing is different, until it is started. */
export class Kubernetes {
  readonly #options: KubernetesOptions;
  #running: Running | undefined;
  /** What pods are made of now, by application. */
  readonly #templates = new Map<string, Template>();
  #looking = false;
  /** Applications whose accounts are in the folder. */
  readonly #accounts = new Set<string>();
  /** What each unit's pod was made of. */
  readonly #pods = new Map<string, { readonly template: string; readonly ready: boolean }>();
  #model: Model | undefined;

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
    const looks = setInterval(() => void this.#look(), LOOK_MS).unref();
    this.#running = { server, cluster, looks };
    this.#model = model;
    await cluster.sync(model);
  }

  /** The objects follow the model; what goes wrong is logged, and tried again with the next change. */
  sync(model: Model): void {
    const { log } = this.#options;
    this.#model = model;
    for (const name of this.#accounts)
      if (model.applications[name] === undefined)
        this.#forget(name).catch((error: unknown) => log(`cannot remove an account: ${error}`));
    this.#running?.cluster.sync(model).catch((error: unknown) => log(`cannot write objects: ${error}`));
  }

  /** A folder with what pods of the application find as their service account; undefined without Kubernetes. */
  async account(model: Model, application: string): Promise<string | undefined> {
    const { cluster } = this.#running ?? {};
    if (cluster === undefined) return undefined;
    const folder = join(this.#options.folder, 'accounts', application);
    await cluster.sync(model);
    this.#accounts.add(application);
    if (!existsSync(join(folder, 'token'))) await cluster.writeAccount(model, application, folder);
    return folder;
  }

  /** A unit's pod is made anew, and goes by what its StatefulSet says now. @throws ApiServerError */
  async newPod(model: Model, unit: string): Promise<PodRules> {
    const { cluster } = this.#running ?? {};
    if (cluster === undefined) {
      this.#pods.delete(unit);
      return JUJU_RULES;
    }
    const rules = await cluster.newPod(model, unit);
    this.#pods.set(unit, { template: rules.template.digest, ready: false });
    this.#saw(appOf(unit), rules.template);
    return rules;
  }

  /** Whether a unit's pod is of a template that its StatefulSet has not any more. */
  isStale(unit: string): boolean {
    const [made, wanted] = [this.#pods.get(unit)?.template, this.#templates.get(appOf(unit))?.digest];
    return made !== undefined && wanted !== undefined && made !== wanted;
  }

  /** Whether all that is to be said of a pod by others has been said. */
  async hasPassed(unit: string, gates: readonly string[]): Promise<boolean> {
    if (gates.length === 0) return true;
    return (await this.#running?.cluster.hasPassed(unit, gates)) ?? false;
  }

  /** What can be looked at from outside. */
  tellPod(unit: string, ready: { readonly containers: boolean; readonly pod: boolean }): void {
    const { log } = this.#options;
    const pod = this.#pods.get(unit);
    if (pod === undefined) return;
    this.#pods.set(unit, { ...pod, ready: ready.pod });
    this.#running?.cluster
      .tellPod(unit, ready)
      .catch((error: unknown) => log(`cannot write the status of a pod: ${error}`));
  }

  async #look(): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#model === undefined || this.#looking) return;
    this.#looking = true;
    try {
      const templates = await running.cluster.tellRollouts(this.#model, this.#pods);
      const news = templates.filter(([application, template]) => this.#saw(application, template));
      if (news.length > 0) this.#options.changed();
    } catch (error) {
      // An object that has just gone, or a server that is ended: it is looked at again in a moment.
      if (!(error instanceof ApiServerError || error instanceof HttpError)) throw error;
    } finally {
      this.#looking = false;
    }
  }

  /** @returns whether it is news. An answer may be older than another. */
  #saw(application: string, template: Template): boolean {
    const known = this.#templates.get(application);
    if (known?.uid === template.uid && known.generation > template.generation) return false;
    this.#templates.set(application, template);
    return known?.digest !== template.digest;
  }

  /** @param server as it is reached from where the client runs. */
  kubeconfig(server: string | undefined, namespace: string): string | undefined {
    return this.#running?.server.kubeconfig(server, namespace);
  }

  /** Its objects stay. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    clearInterval(running?.looks);
    await running?.server.stop();
  }

  /** Its account is nobody's; an application of the same name has another one. */
  async #forget(application: string): Promise<void> {
    this.#accounts.delete(application);
    this.#templates.delete(application);
    await rm(join(this.#options.folder, 'accounts', application), { recursive: true, force: true });
  }
}
