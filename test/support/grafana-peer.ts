/**
 * A charm of no more than endpoints, in a local model, as the test has it speak: what our charm says there is read with
 * hook tools, and answered so. At `grafana_datasource` it reads, provisions and answers as Grafana's charm does.
 */
import { z } from 'zod';
import type { GrafanaStandIn, ProvisionedSource } from './grafana-stand-in.ts';
import type { TestModel } from './local-model.ts';

const bagShape = z.record(z.string(), z.string());
const namesShape = z.array(z.string());

export interface PeerOptions {
  readonly model: TestModel;
  /** Of the charm, such as `neighbour/0`. */
  readonly unit: string;
  /** Those of `grafana_datasource`. */
  readonly sources: readonly string[];
  /** Until all units that are there have nothing to do. */
  readonly rests: () => Promise<unknown>;
}

export class GrafanaPeer {
  readonly #options: PeerOptions;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /** What ours says there: an application, or a unit. */
  async bag(endpoint: string, whose = 'mimir-k8s'): Promise<Record<string, string>> {
    const app = whose.includes('/') ? '' : '--app ';
    return bagShape.parse(await this.#ask(`relation-get -r $(relation-ids ${endpoint}) ${app}- ${whose}`));
  }

  /** What the charm answers there. */
  async say(endpoint: string, answer: Readonly<Record<string, string>>): Promise<void> {
    const words = Object.entries(answer).map(([key, value]) => `'${key}=${value}'`);
    const { model, unit } = this.#options;
    await model.exec(unit, `relation-set -r $(relation-ids ${endpoint}) --app ${words.join(' ')}`);
  }

  /** Grafana's charm reads, provisions and answers, until it has nothing new to say. */
  async provision(grafana: GrafanaStandIn): Promise<readonly ProvisionedSource[]> {
    const { sources, rests } = this.#options;
    for (let before = ''; ; ) {
      await rests();
      const relations = await Promise.all(
        sources.map(async (endpoint, id) => ({
          id,
          app: await this.bag(endpoint),
          units: await this.#units(endpoint),
        })),
      );
      const answers = grafana.changed(relations);
      const now = JSON.stringify([relations, [...answers]]);
      if (now === before) return grafana.dataSources;
      before = now;
      for (const [id, endpoint] of sources.entries()) await this.say(endpoint, answers.get(id) ?? {});
    }
  }

  async #units(endpoint: string): Promise<Record<string, Record<string, string>>> {
    const units = namesShape.parse(await this.#ask(`relation-list -r $(relation-ids ${endpoint})`));
    return Object.fromEntries(
      await Promise.all(units.map(async (unit) => [unit, await this.bag(endpoint, unit)] as const)),
    );
  }

  async #ask(command: string): Promise<unknown> {
    const { model, unit } = this.#options;
    return JSON.parse(await model.exec(unit, command.replace(' -r ', ' --format=json -r ')));
  }
}
