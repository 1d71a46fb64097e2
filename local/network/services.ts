/** The Services of the model: each application's cluster IP passes TCP connections on to its ready units. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { unitsOf } from '../model/lookup.ts';
import type { Model, Unit } from '../model/state.ts';

export class ServiceProxies {
  readonly #servers = new Map<string, Server>();
  readonly #isReady: (unit: string) => boolean;
  readonly #log: (text: string) => void;
  #turn = 0;
  #model: Model | undefined;

  constructor(isReady: (unit: string) => boolean, log: (text: string) => void) {
    this.#isReady = isReady;
    this.#log = log;
  }

  /**
   * Listens on what the model's applications have opened, and on nothing else. A service without a ready unit refuses
   * connections, as kube-proxy does: to be called when a unit's readiness changes, too.
   */
  update(model: Model): void {
    this.#model = model;
    const wanted = new Map<string, { application: string; address: string; port: number }>();
    for (const { name, address, units } of Object.values(model.applications)) {
      if (this.#ready(name).length === 0) continue;
      for (const opened of Object.values(units).flatMap((unit) => unit.ports)) {
        const [port, protocol] = opened.split('/');
        if (protocol !== 'tcp') continue;
        wanted.set(`${name} ${address}:${port}`, { application: name, address, port: Number(port) });
      }
    }
    for (const [key, server] of this.#servers)
      if (!wanted.has(key)) {
        server.close();
        this.#servers.delete(key);
      }
    for (const [key, service] of wanted) if (!this.#servers.has(key)) this.#listen(key, service);
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  #listen(
    key: string,
    { application, address, port }: { application: string; address: string; port: number },
  ): void {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client, application, port));
    server.on('error', (error) => {
      this.#servers.delete(key);
      this.#log(`service ${application}: cannot listen on ${address}:${port}: ${error.message}`);
    });
    server.listen(port, address);
    this.#servers.set(key, server);
  }

  #pass(client: Socket, application: string, port: number): void {
    const target = this.#next(application);
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: target, port, allowHalfOpen: true });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }

  /** Ready units in turn. A dying unit's pod is one of them until it is asked to end. */
  #next(application: string): string | undefined {
    const ready = this.#ready(application);
    this.#turn += 1;
    return ready[this.#turn % Math.max(ready.length, 1)]?.address;
  }

  #ready(application: string): readonly Unit[] {
    const found = this.#model?.applications[application];
    if (found === undefined) return [];
    return unitsOf(found).filter((unit) => this.#isReady(unit.name));
  }
}
