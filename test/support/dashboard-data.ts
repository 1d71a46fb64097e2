/** Asks a real Mimir what the panels of our dashboards would show, as Grafana and Canonical's charm for it would. */
import { seriesIn } from '../../demo/query.ts';
import { DASHBOARDS } from '../../monitoring/dashboards/index.ts';
import { grafanaDashboard } from '../../monitoring/grafana.ts';
import {
  dashboardShape,
  type GrafanaDashboard,
  type GrafanaPanel,
  interpolate,
  type Variables,
  withJujuVariables,
} from './grafana.ts';

const TOPOLOGY_KEYS = ['model', 'model_uuid', 'application', 'unit'];

export interface NamedDashboard {
  readonly name: string;
  readonly dashboard: GrafanaDashboard;
}

export function injectedDashboards(): readonly NamedDashboard[] {
  return DASHBOARDS.map((each) => ({
    name: each.name,
    dashboard: withJujuVariables(dashboardShape.parse(grafanaDashboard(each)), TOPOLOGY_KEYS),
  }));
}

export interface Source {
  /** Mimir's, without a path. */
  readonly url: string;
  readonly tenant: string;
  readonly variables: Variables;
}

/** Seconds since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export interface Line {
  readonly legend: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** Lines with at least one number in them. @throws Error with Mimir's words. */
export async function linesOf(
  source: Source,
  panel: GrafanaPanel,
  target: GrafanaPanel['targets'][number],
  range: Range,
): Promise<readonly Line[]> {
  const parameters = new URLSearchParams({ query: interpolate(target.expr, source.variables) });
  const instant = panel.type === 'table';
  if (instant) parameters.set('time', `${range.to}`);
  else
    for (const [name, value] of [
      ['start', range.from],
      ['end', range.to],
      ['step', range.step],
    ] as const)
      parameters.set(name, `${value}`);
  const path = instant ? 'query' : 'query_range';
  const response = await fetch(`${source.url}/prometheus/api/v1/${path}?${parameters}`, {
    headers: { 'X-Scope-OrgID': source.tenant },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${panel.title}: ${text}`);
  return seriesIn(text)
    .map(({ labels, points }) => ({ labels, legend: legendOf(target.legendFormat, labels), points }))
    .filter(({ points }) => points.some(([, value]) => Number.isFinite(value)));
}

function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_all, name: string) => labels[name] ?? '').trim();
}
