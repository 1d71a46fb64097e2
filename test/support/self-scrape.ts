/** A scraper as small as can be: what a Mimir says of itself, with the labels that Prometheus' charm adds. */
import { request } from 'undici';
import { readMetrics } from '../../charm/metrics.ts';
import { remoteWrite } from './remote-write.ts';

export interface ScrapedUnit {
  /** Mimir's, without a path. */
  readonly url: string;
  /** `juju_model` and its like, and `instance` and `job`. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Writes every series of a unit's /metrics, and `up`, to a Mimir.
 * @returns how many series.
 */
export async function scrape(
  { url, labels }: ScrapedUnit,
  writeTo: { readonly url: string; readonly tenant: string },
): Promise<number> {
  const { body } = await request(`${url}/metrics`, { headersTimeout: 20_000, bodyTimeout: 20_000 });
  const timestamp = Date.now();
  const samples = [...readMetrics(await body.text()), { name: 'up', labels: {}, value: 1 }];
  const series = samples.map(({ name, labels: own, value }) => ({
    labels: { ...own, ...labels, __name__: name },
    samples: [{ value, timestamp }],
  }));
  const kept = series.map((each) => ({ ...each, labels: withoutEmpty(each.labels) }));
  await remoteWrite(`${writeTo.url}/api/v1/push`, kept, { 'X-Scope-OrgID': writeTo.tenant });
  return kept.length;
}

/** An empty label is no label; Mimir refuses a series that sends one. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
