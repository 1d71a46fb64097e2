/** Interface `grafana_datasource_exchange`, the same from both sides: which data sources a Grafana has of whom. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { KeyProblem } from './bag.ts';

/** A data source of a Grafana. */
export interface ExchangedSource {
  /** Grafana's id of the plugin: `prometheus`, `tempo`. */
  readonly type: string;
  readonly uid: string;
  readonly grafana_uid: string;
}

/** Our application's databag. An empty list is an answer, too. */
export function datasourceExchangeApp(sources: readonly ExchangedSource[]): Bag {
  const order = (source: ExchangedSource) => `${source.uid}\0${source.grafana_uid}`;
  return { datasources: stableJson(sources.toSorted((a, b) => (order(a) < order(b) ? -1 : 1))) };
}

const text = z.string().check(z.minLength(1), z.maxLength(256), z.regex(/^[^\p{Cc}]*$/u));
const exchanged = z.array(z.object({ type: text, uid: text, grafana_uid: text })).check(z.maxLength(10_000));

/** The other application's databag; without the key it has said nothing yet. */
export function readDatasourceExchange(bag: Bag): {
  readonly sources: readonly ExchangedSource[];
  readonly problems: readonly KeyProblem[];
} {
  if ((bag.datasources ?? '') === '') return { sources: [], problems: [] };
  const parsed = exchanged.safeParse(parseJson(bag.datasources ?? ''));
  if (parsed.success) return { sources: parsed.data, problems: [] };
  const problem = 'must be a JSON list of objects with "type", "uid" and "grafana_uid"';
  return { sources: [], problems: [{ key: 'datasources', problem }] };
}
