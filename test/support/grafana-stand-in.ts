/**
 * What Grafana, and the charm that operates it, make of what is published over `grafana_datasource`: which data sources
 * there are in the end, and what a query through one of them sends. Grafana itself cannot be had here.
 */
import { createHash } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';

/** One relation as Grafana's charm sees it. */
export interface PublishedRelation {
  readonly id: number;
  readonly app: Readonly<Record<string, string>>;
  /** Of the units that are in the relation now. */
  readonly units: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A data source in Grafana's database. */
export interface ProvisionedSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData: Readonly<Record<string, string>>;
}

/** Without one of the first four the charm's hook fails. */
const published = z.object({
  model: z.string(),
  model_uuid: z.string(),
  application: z.string(),
  type: z.string(),
  extra_fields: z.record(z.string(), z.unknown()).nullish(),
  secure_extra_fields: z.record(z.string(), z.string()).nullish(),
});

interface Named extends Omit<ProvisionedSource, 'uid'> {
  /** Undefined: the application's. */
  readonly unit: string | undefined;
}

/** The charm's own lower limit for a data source's timeout. */
const QUERY_TIMEOUT = 300;

export class GrafanaStandIn {
  readonly uid: string;
  readonly #readsApp: boolean;
  readonly #known = new Map<number, readonly Named[]>();
  readonly #toDelete = new Set<string>();
  readonly #database = new Map<string, ProvisionedSource>();

  /** `v0` is what Grafana's charm has read for years; `v1` reads the application's address, too. */
  constructor(library: 'v0' | 'v1', uid = 'juju_cos_0f0f0f0f_grafana_0') {
    this.#readsApp = library === 'v1';
    this.uid = uid;
  }

  /** Its `relation-changed`: all relations as they are now. @returns its answer on each, by id. */
  changed(relations: readonly PublishedRelation[]): ReadonlyMap<number, Readonly<Record<string, string>>> {
    const answers = new Map<number, Readonly<Record<string, string>>>();
    for (const relation of relations) {
      const named = this.#named(relation);
      if (named === undefined) continue;
      const names = new Set(named.map(({ name }) => name));
      for (const { name } of this.#known.get(relation.id) ?? [])
        if (!names.has(name)) this.#toDelete.add(name);
      for (const name of names) this.#toDelete.delete(name);
      this.#known.set(relation.id, named);
      answers.set(relation.id, this.#answer(named));
    }
    this.#provision();
    return answers;
  }

  /** In the order of their names. */
  get dataSources(): readonly ProvisionedSource[] {
    return [...this.#database.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #named({ app, units }: PublishedRelation): readonly Named[] | undefined {
    if (app.grafana_source_data === undefined) return undefined;
    const data = published.parse(JSON.parse(app.grafana_source_data));
    const prefix = `juju_${data.model}_${data.model_uuid}_${data.application}`;
    const source = (unit: string | undefined, name: string, address: string): Named => ({
      unit,
      name,
      type: data.type,
      url: /^\w+:\/\//.test(address) ? address : `http://${address}`,
      jsonData: data.extra_fields ?? {},
      secureJsonData: data.secure_extra_fields ?? {},
    });
    const ofUnits = Object.entries(units).flatMap(([unit, { grafana_source_host: address = '' }]) =>
      address === '' ? [] : [source(unit, `${prefix}_${unit.split('/')[1]}`, address)],
    );
    const address = app.grafana_source_app_host ?? '';
    return this.#readsApp && address !== '' ? [...ofUnits, source(undefined, prefix, address)] : ofUnits;
  }

  #answer(named: readonly Named[]): Readonly<Record<string, string>> {
    const ofUnits = named.flatMap(({ unit, name }) => (unit === undefined ? [] : [[unit, name] as const]));
    const ofApp = named.find(({ unit }) => unit === undefined);
    return {
      grafana_uid: this.uid,
      datasource_uids: JSON.stringify(Object.fromEntries(ofUnits)),
      grafana_base_url: 'http://grafana.cos.svc.cluster.local:3000',
      // Nobody can write an empty value: the key is then not there.
      ...(ofApp !== undefined && { app_datasource_uid: ofApp.name }),
    };
  }

  /** Grafana reads the file: first what is to be deleted, then what is to be there. Others stay as they are. */
  #provision(): void {
    for (const name of this.#toDelete) this.#database.delete(name);
    for (const { unit: _, ...source } of [...this.#known.values()].flat()) {
      const timeout = Math.max(Number(source.jsonData.timeout ?? 0), QUERY_TIMEOUT);
      this.#database.set(source.name, {
        ...source,
        uid: uidOf(source.name),
        jsonData: { ...source.jsonData, timeout },
      });
    }
  }
}

/** The UID of a data source that is provisioned by its name only. */
export function uidOf(name: string): string {
  return `P${createHash('sha256').update(name).digest('hex').slice(0, 16)}`.toUpperCase();
}

/** The headers that Grafana's proxy adds. */
export function headersOf({ jsonData, secureJsonData }: ProvisionedSource): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let number = 1; ; number++) {
    const name = jsonData[`httpHeaderName${number}`];
    if (typeof name !== 'string') return headers;
    headers[name] = secureJsonData[`httpHeaderValue${number}`] ?? '';
  }
}

/** Grafana's query editor: an instant query through the data source, by the method that it is told to use. */
export async function askThrough(source: ProvisionedSource, query: string): Promise<unknown> {
  const body = new URLSearchParams({ query }).toString();
  const url = `${source.url}/api/v1/query`;
  const answer =
    source.jsonData.httpMethod === 'POST'
      ? await request(url, {
          method: 'POST',
          body,
          headers: { ...headersOf(source), 'content-type': 'application/x-www-form-urlencoded' },
        })
      : await request(`${url}?${body}`, { headers: headersOf(source) });
  return answer.body.json();
}

/** Grafana's health check of an Alertmanager of Mimir. @returns what it shows. */
export async function checkAlertmanager(source: ProvisionedSource): Promise<string> {
  const ask = async (path: string) => {
    const { statusCode, body } = await request(`${source.url}${path}`, { headers: headersOf(source) });
    await body.dump();
    return statusCode;
  };
  if (source.jsonData.implementation === 'prometheus') return 'detected a Mimir';
  if ((await ask('/api/v2/status')) === 200) return 'detected a Prometheus endpoint';
  return (await ask('/alertmanager/api/v2/status')) === 200 ? 'Health check passed.' : 'Health check failed.';
}
