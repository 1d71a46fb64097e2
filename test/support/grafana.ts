/**
 * What Grafana and Canonical's charm for it make of a dashboard before its queries reach a data source. The charm's
 * side: matchers of Juju's variables in every selector of a panel whose data source is exactly `${prometheusds}`, at the
 * top level only. Grafana's side: variables become text.
 */
import * as z from 'zod';
import { type Matcher, withMatchers } from '../../relations/promql.ts';

const datasource = z.union([z.string(), z.object({ uid: z.string() }).transform(({ uid }) => uid)]);
const target = z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() });
const thresholds = z.object({
  steps: z.array(z.object({ value: z.number().nullable(), color: z.string() })),
});
const panelShape = z.object({
  id: z.number(),
  type: z.enum(['row', 'timeseries', 'stat', 'table']),
  title: z.string(),
  description: z.string().optional(),
  datasource: datasource.optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(target).default([]),
  panels: z.array(z.unknown()).default([]),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string(),
        thresholds: thresholds.optional(),
        custom: z
          .object({
            stacking: z.object({ mode: z.string() }),
            thresholdsStyle: z.object({ mode: z.string() }).optional(),
          })
          .optional(),
      }),
    })
    .optional(),
  transformations: z
    .array(
      z.object({
        options: z.object({
          indexByName: z.record(z.string(), z.number()),
          renameByName: z.record(z.string(), z.string()),
        }),
      }),
    )
    .default([]),
});
export const dashboardShape = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  version: z.number().int(),
  tags: z.array(z.string()),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string() })) }),
  panels: z.array(panelShape),
});

export type GrafanaPanel = z.output<typeof panelShape>;
export type GrafanaDashboard = z.output<typeof dashboardShape>;

/** Values of the variables, as somebody has chosen them in Grafana. */
export type Variables = Readonly<Record<string, string>>;

/** Puts Juju's variables into the queries, as the charm does for each key of the topology that came with a dashboard. */
export function withJujuVariables(
  dashboard: GrafanaDashboard,
  topologyKeys: readonly string[],
): GrafanaDashboard {
  const matchers = topologyKeys.map((key): Matcher => {
    const label = `juju_${key}`;
    return { label, op: '=~', value: `$${label}` };
  });
  const panels = dashboard.panels.map((panel) =>
    panel.datasource === `\${prometheusds}`
      ? { ...panel, targets: panel.targets.map((each) => ({ ...each, expr: inject(each.expr, matchers) })) }
      : panel,
  );
  return { ...dashboard, panels };
}

/** Ranges are protected: `[$__rate_interval]` is not PromQL yet. */
function inject(expr: string, matchers: readonly Matcher[]): string {
  const range = '[987654321s]';
  const variable = '[$__rate_interval]';
  return withMatchers(expr.replaceAll(variable, range), matchers).replaceAll(range, variable);
}

/** A query as it reaches the data source. @throws Error when a variable has no value. */
export function interpolate(expr: string, variables: Variables): string {
  return expr.replaceAll(/\$(?:\{([a-z_]\w*)\}|([a-z_]\w*))/gi, (_all, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const value = variables[name];
    if (value === undefined) throw new Error(`nobody gives $${name} a value: ${expr}`);
    return value;
  });
}
