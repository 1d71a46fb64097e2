/** The running model: the store, one agent for each unit in it, and the network around them. */

import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Services } from '../agent/services.ts';
import { UnitAgent } from '../agent/unit-agent.ts';
import { allUnits, findUnit } from '../model/lookup.ts';
import { notFound } from '../model/refusal.ts';
import { HostsFiles, hostsFile } from '../network/hosts.ts';
import { ServiceProxies } from '../network/services.ts';

export class World {
  readonly services: Services;
  readonly #agents = new Map<string, UnitAgent>();
  readonly #hosts = new HostsFiles();
  readonly #proxies: ServiceProxies;
  #deploying: Promise<unknown> = Promise.resolve();
  /** How many charms and volumes the model knew last. */
  #kept = 0;
  #ending = false;

  constructor(services: Services) {
    this.services = services;
    this.#proxies = new ServiceProxies(
      (unit) => this.#agents.get(unit)?.kubelet.ready === true,
      (text) => services.log.write('controller-0', 'WARNING', 'juju.local.services', text),
    );
  }

  /** Starts what the model holds, and follows it from then on. */
  async start(): Promise<void> {
    const { store, leases, kubernetes, log } = this.services;
    if (store.model.kubernetes !== undefined) {
      await kubernetes
        .start(store.model.kubernetes, store.model)
        .catch((error: unknown) =>
          log.write('controller-0', 'ERROR', 'juju.local.kubernetes', `cannot start: ${error}`),
        );
    }
    leases.start();
    this.services.store.onChange(() => this.#reconcile());
    this.#reconcile();
    void this.#sweep();
  }

  agent(unit: string): UnitAgent {
    findUnit(this.services.store.model, unit);
    const agent = this.#agents.get(unit);
    if (agent === undefined) throw notFound(`unit "${unit}" has no pod yet`);
    return agent;
  }

  /** One after another: a charm's folder and its revision are made together. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#deploying.then(work);
    this.#deploying = done.catch(() => {});
    return done;
  }

  async end(): Promise<void> {
    this.#ending = true;
    this.#proxies.close();
    this.services.leases.stop();
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
    await this.services.kubernetes.stop();
    await this.services.store.flushed();
  }

  #reconcile(): void {
    if (this.#ending) return;
    const { store, folders } = this.services;
    for (const { name } of allUnits(store.model)) {
      const { hosts } = folders.unit(name);
      mkdirSync(dirname(hosts), { recursive: true });
      this.#hosts.write(hosts, hostsFile(store.model, name));
      if (!this.#agents.has(name)) this.#startAgent(name);
    }
    this.#proxies.update(store.model);
    this.services.kubernetes.sync(store.model);
    const kept = Object.keys(store.model.charms).length + Object.keys(store.model.storages).length;
    if (kept < this.#kept) void this.#sweep();
    this.#kept = kept;
  }

  #startAgent(unit: string): void {
    const agent = new UnitAgent(this.services, unit);
    this.#agents.set(unit, agent);
    agent.kubelet.on('ready', () => {
      if (!this.#ending) this.#proxies.update(this.services.store.model);
    });
    agent
      .run()
      .catch((error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.services.log.write('controller-0', 'ERROR', 'juju.local.agent', `agent of ${unit}: ${text}`);
        return agent.stop();
      })
      .finally(() => {
        // A unit of the same name may be wanted again: its agent is a new one.
        this.#agents.delete(unit);
        this.#hosts.forget(this.services.folders.unit(unit).hosts);
        setTimeout(() => this.#reconcile(), 1_000).unref();
      });
  }

  /** Charms and volumes that the model does not know any more go from the disk. */
  async #sweep(): Promise<void> {
    const { store, folders } = this.services;
    await this.exclusive(async () => {
      const charms = new Set(Object.keys(store.model.charms).map((url) => folders.charm(url)));
      const volumes = new Set(Object.keys(store.model.storages).map((id) => folders.storage(id)));
      await removeOthers(join(folders.root, 'charms'), charms);
      await removeOthers(join(folders.root, 'storage'), volumes);
    }).catch(() => {});
  }
}

async function removeOthers(folder: string, keep: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (!keep.has(join(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
}
