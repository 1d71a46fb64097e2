/** A model with Mimir on a bucket, under constant writes and queries: what is done to it, and what came of that. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { peer } from '../../tools/peers.ts';
import { described, Endurance, type Report } from './endurance.ts';
import { TestModel } from './local-model.ts';

const APP = 'mimir-k8s';
/** What is silent for a minute is taken out of the rings at the next update-status. */
const RINGS_MS = 480_000;

export class EnduredModel implements AsyncDisposable {
  readonly model: TestModel;
  readonly endurance: Endurance;
  readonly #name: string;
  /** Units that there are to be. */
  #planned: number;
  #killed = 0;

  /** @param kubernetes a real API of it is beside the model, so that pods are ready when the charm has it so. */
  static async of(
    name: string,
    units: number,
    factor: 1 | 3,
    { kubernetes = false }: { readonly kubernetes?: boolean } = {},
  ): Promise<EnduredModel> {
    const model = await TestModel.start();
    try {
      if (kubernetes) {
        const programs = { etcd: await peer('etcd'), apiServer: await peer('kube-apiserver') };
        await model.client.call('kubernetes-start', { programs });
      }
      await model.deployMimir({ units, config: { 'replication-factor': String(factor) } });
      await model.deployMinio();
      await model.integrate();
      await model.untilActive(240);
      await inRings(model, units);
      return new EnduredModel(name, model, units, new Endurance(await model.forward(APP, 9009)));
    } catch (error) {
      await model[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(name: string, model: TestModel, units: number, endurance: Endurance) {
    this.#name = name;
    this.model = model;
    this.#planned = units;
    this.endurance = endurance;
  }

  /** ENDURANCE_LOG: where the log of the model and each failure are to go. */
  async [Symbol.asyncDispose](): Promise<void> {
    const log = process.env.ENDURANCE_LOG;
    if (log !== undefined) {
      await writeFile(`${log}.told`, this.endurance.story);
      await writeFile(`${log}.debug`, (await this.model.log()).join('\n'));
    }
    this.endurance.giveUp();
    await this.model[Symbol.asyncDispose]();
  }

  tell(what: string): void {
    this.endurance.tell(what);
    if (process.env.ENDURANCE !== undefined) console.log(`${new Date().toISOString().slice(11, 19)} ${what}`);
  }

  /** Ends the load, and prints what came of it. */
  async report(): Promise<Report> {
    const report = await this.endurance.end();
    const killed = this.#killed === 0 ? '' : `, ${this.#killed} pods killed`;
    console.log(described(`${this.#name}${killed}`, report));
    return report;
  }

  /** Every unit serves, and all see all. */
  async atRest(): Promise<void> {
    await this.model.untilActive(300);
    await inRings(this.model, this.#planned);
    this.tell('all serve');
  }

  async scale(units: number): Promise<void> {
    await this.plan(units);
    await this.untilCount(units);
    await this.atRest();
  }

  async plan(units: number): Promise<void> {
    this.tell(`${this.#planned} to ${units} units`);
    this.#planned = units;
    await this.model.client.call('scale-application', { application: APP, scale: units });
  }

  async untilCount(units: number, seconds = 600): Promise<void> {
    await this.model.until(
      `${units} units`,
      (status) => Object.keys(status.applications[APP]?.units ?? {}).length === units,
      seconds,
    );
    this.tell(`there are ${units} units`);
  }

  async kill(verb: 'kill-pod' | 'delete-pod', unit: string, why = ''): Promise<void> {
    this.tell(`${verb} ${unit}${why === '' ? '' : `, ${why}`}`);
    await this.model.client.call(verb, { unit });
    this.#killed += 1;
  }

  /** One pod at random is killed with -9, now and then again until the work is done. */
  async killingWhile(everyMs: number, work: () => Promise<void>): Promise<void> {
    const end = new AbortController();
    const killing = this.#killUntil(end.signal, everyMs);
    try {
      await work();
    } finally {
      end.abort();
      await killing;
    }
  }

  async #killUntil(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const there = Object.keys((await this.model.status()).applications[APP]?.units ?? {});
      const unit = there[Math.floor(Math.random() * there.length)];
      if (unit !== undefined) {
        // It may have gone by itself in this moment.
        await this.kill('kill-pod', unit, this.#stays(unit) ? '' : 'which leaves').catch(() => undefined);
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async pass(ms: number): Promise<void> {
    await sleep(ms);
  }

  #stays(unit: string): boolean {
    return Number(unit.split('/')[1]) < this.#planned;
  }

  async killLeaderInHook(): Promise<void> {
    const units = Object.entries((await this.model.status()).applications[APP]?.units ?? {});
    const [leader = ''] = units.find(([, unit]) => unit.leader) ?? [];
    await this.model.config({ 'log-level': 'warn' });
    await this.model.until(`${leader} in a hook`, ({ applications }) => {
      const agent = applications[APP]?.units?.[leader]?.['juju-status'];
      return agent?.current === 'executing' && agent.message === 'running config-changed hook';
    });
    await this.kill('kill-pod', leader, 'the leader, in config-changed');
  }

  /** The unit says so. */
  async untilSaid(unit: string, message: RegExp, seconds = 300): Promise<void> {
    await this.model.until(
      `${unit} says ${message}`,
      ({ applications }) => {
        const said = applications[APP]?.units?.[unit]?.['workload-status'].message ?? '';
        return message.test(said);
      },
      seconds,
    );
  }

  /** Object storage is away for so long; what a unit says meanwhile. */
  async withoutStorage(ms: number, unit: string): Promise<string> {
    await this.#minio('stop');
    this.tell('object storage is away');
    const said = new Set<string>();
    // Its own charm would start it again.
    for (const end = Date.now() + ms; Date.now() < end; await sleep(1000)) {
      await this.#minio('stop');
      said.add((await this.model.unit(unit))['workload-status'].message ?? '');
    }
    await this.#minio('start');
    this.tell('object storage is back');
    return [...said].join('\n');
  }

  async #minio(verb: 'stop' | 'start'): Promise<void> {
    const pebble = ['/charm/bin/pebble', verb, 'minio'];
    const { code, err } = await this.model.ssh('minio-k8s/0', 'minio', pebble);
    expect(code, err).toBe(0);
  }

  /** What units have said of their drains. */
  async drains(): Promise<readonly string[]> {
    return (await this.model.log()).filter((line) => line.includes('juju-log drain'));
  }
}

/** Until there are so many ingesters, and nobody is missed in any ring. */
async function inRings(model: TestModel, units: number): Promise<void> {
  let rings = '';
  const look = async () => {
    const { task } = await model.run(`${APP}/0`, 'ring-status');
    rings = String(task.results?.rings);
    return `${task.results?.members} ${task.results?.unhealthy}`;
  };
  try {
    await expect.poll(look, { timeout: RINGS_MS, interval: 3000 }).toBe(`${units} []`);
  } catch (error) {
    throw new Error(`the rings are not as ${units} units have them: ${rings}`, { cause: error });
  }
}
