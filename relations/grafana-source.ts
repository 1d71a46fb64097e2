/** Interface `grafana_datasource`, provider: the data source that Grafana adds for us, and what it says of it. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { KeyProblem } from './bag.ts';
import { plainHttpUrl } from './http-url.ts';

export interface DataSource {
  readonly model: string;
  readonly model_uuid: string;
  /** Part of the data source's name in Grafana, beside model and UUID. */
  readonly application: string;
  /** Grafana's id of the plugin. */
  readonly type: string;
  /** Becomes `jsonData`. */
  readonly extra_fields: Readonly<Record<string, unknown>>;
  /** Becomes `secureJsonData`. It travels in plain text. */
  readonly secure_extra_fields: Readonly<Record<string, string>>;
}

/** Our application's databag. `url` goes bare, unlike the rest. */
export function grafanaSourceApp(source: DataSource, url: string): Bag {
  return { grafana_source_app_host: url, grafana_source_data: stableJson(source) };
}

/** Our unit's databag: an older Grafana makes one data source for each unit that names a host here. */
export function grafanaSourceUnit(url: string | undefined): Bag {
  return url === undefined ? {} : { grafana_source_host: url };
}

/** What a Grafana says of itself and of the data sources that it made of our words. */
export interface GrafanaReply {
  /** Tells this Grafana from others. Absent: it has not answered, or is too old to. */
  readonly uid?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** Only a Grafana that reads the application's address has one. */
  readonly appSource?: string | undefined;
  /** One for each unit that names a host. */
  readonly unitSources: readonly string[];
}

/** They go into the configuration of other data sources, and into other charms' databags. */
const name = z
  .string()
  .check(
    z.minLength(1, 'is empty'),
    z.maxLength(256, 'is too long'),
    z.regex(/^[^\p{Cc}]*$/u, 'must not have control characters'),
  );
const unitSources = z.pipe(
  z.record(z.string(), name),
  z.pipe(
    z.transform((byUnit: Record<string, string>) => Object.values(byUnit).toSorted()),
    z.array(z.string()).check(z.maxLength(200, 'has too many')),
  ),
);

/** Grafana's databag. A key that is not as it should be is a problem, and the others count. */
export function readGrafana(bag: Bag): {
  readonly reply: GrafanaReply;
  readonly problems: KeyProblem[];
} {
  const problems: KeyProblem[] = [];
  const read = <T>(key: string, schema: z.ZodMiniType<T>, value: unknown): T | undefined => {
    if ((bag[key] ?? '') === '') return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    problems.push({ key, problem: parsed.error.issues[0]?.message ?? 'is not valid' });
    return undefined;
  };
  const reply = {
    uid: read('grafana_uid', name, bag.grafana_uid),
    baseUrl: read('grafana_base_url', plainHttpUrl, bag.grafana_base_url),
    appSource: read('app_datasource_uid', name, bag.app_datasource_uid),
    unitSources: read('datasource_uids', unitSources, parseJson(bag.datasource_uids ?? '')) ?? [],
  };
  return { reply, problems };
}

/** The data sources that this Grafana has of us, by the names that its charm calls UIDs. */
export function sourcesOf({ appSource, unitSources: ofUnits }: GrafanaReply): readonly string[] {
  return [...(appSource === undefined ? [] : [appSource]), ...ofUnits];
}
