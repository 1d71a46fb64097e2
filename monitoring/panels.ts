/** The few words that our dashboards are written in. `grafana.ts` makes Grafana's own JSON of them. */

export interface Query {
  readonly expr: string;
  /** `{{label}}` stands for the label's value. */
  readonly legend: string;
}

/** From this value on the colour is another. */
export interface Step {
  readonly from: number;
  readonly color: 'green' | 'orange' | 'red' | 'blue';
}

interface Common {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** Grafana's name of a unit: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly steps?: readonly Step[];
}

export type Panel =
  | (Common & {
      readonly kind: 'graph';
      readonly stacked?: boolean;
      /** Draws the steps' limits as lines. */
      readonly limits?: boolean;
    })
  | (Common & { readonly kind: 'stat' })
  /** One row for each series, as it is now. */
  | (Common & { readonly kind: 'table'; readonly columns: readonly string[]; readonly value: string });

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Of its file, without ending. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Raised with each change: of two copies Grafana's charm keeps the newer. */
  readonly version: number;
  readonly rows: readonly Row[];
  /** Whether one tenant can be chosen. */
  readonly byTenant?: boolean;
}

type Words<Kind extends Panel['kind']> = Omit<Extract<Panel, { kind: Kind }>, 'kind' | 'queries'>;

export function graph(words: Words<'graph'>, ...queries: readonly Query[]): Panel {
  return { ...words, kind: 'graph', queries };
}

export function stat(words: Words<'stat'>, expr: string): Panel {
  return { ...words, kind: 'stat', queries: [{ expr, legend: words.title }] };
}

export function table(words: Words<'table'>, expr: string): Panel {
  return { ...words, kind: 'table', queries: [{ expr, legend: '' }] };
}

export function query(expr: string, legend: string): Query {
  return { expr, legend };
}

export const UNIT = '{{juju_unit}}';

/** Per second, over a time that Grafana chooses long enough for the scrape interval. */
export function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

export function sumRate(selector: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${rate(selector)})` : `sum by (${by.join(', ')}) (${rate(selector)})`;
}

/** Of a classic histogram, over all units. */
export function quantile(q: number, histogram: string, ...by: readonly string[]): string {
  const [, name = histogram, matchers = ''] = /^([^{]+)(\{.*\})?$/.exec(histogram) ?? [];
  return `histogram_quantile(${q}, ${sumRate(`${name}_bucket${matchers}`, 'le', ...by)})`;
}

/**
 * Counters of failures are not there before the first one: zero then, which is what it means. `label` names the series
 * that stands for all.
 */
export function orNone(expr: string, label?: string): string {
  const zero = label === undefined ? 'vector(0)' : `label_replace(vector(0), "${label}", "none", "", "")`;
  return `${expr} or on () ${zero}`;
}

/** Small is good. */
export function above(orange: number, red?: number): readonly Step[] {
  const worse: readonly Step[] = red === undefined ? [] : [{ from: red, color: 'red' }];
  return [{ from: Number.NEGATIVE_INFINITY, color: 'green' }, { from: orange, color: 'orange' }, ...worse];
}

/** Zero is good, all else is not. */
export const NONE_IS_GOOD: readonly Step[] = [
  { from: Number.NEGATIVE_INFINITY, color: 'green' },
  { from: 1e-9, color: 'red' },
];

/** Below is bad. */
export function atLeast(least: number): readonly Step[] {
  return [
    { from: Number.NEGATIVE_INFINITY, color: 'red' },
    { from: least, color: 'green' },
  ];
}
