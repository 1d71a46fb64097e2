/** Grafana's JSON of a dashboard, in the form that Canonical's charm for Grafana can work with. */
import { createHash } from 'node:crypto';
import type { Dashboard, Panel, Query, Step } from './panels.ts';

/** The variable that Grafana's charm defines. Panels must name it exactly so, or they get no matchers of Juju's. */
export const DATASOURCE = { type: 'prometheus', uid: `\${prometheusds}` } as const;

/** Prometheus' charm scrapes every minute. From it Grafana takes how long `$__rate_interval` is at least. */
export const SCRAPE_INTERVAL = '1m';

const CHARM = 'mimir-k8s';
const COLUMNS = 24;
const HEIGHTS = { graph: 8, table: 8, stat: 4 } as const;

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The dashboard's path in the charm, of which its id is made. */
export function dashboardPath({ name }: Pick<Dashboard, 'name'>): string {
  return `templates/dashboards/${name}.json`;
}

/**
 * By the rule of the library that charms publish dashboards with: 40 hexadecimal digits, which relays between us and
 * Grafana keep, so that the same dashboard by two ways is one.
 */
export function dashboardUid(dashboard: Pick<Dashboard, 'name'>): string {
  const text = `${CHARM}-${dashboardPath(dashboard)}`;
  return createHash('shake256', { outputLength: 20 }).update(text).digest('hex');
}

export function grafanaDashboard(dashboard: Dashboard): JsonObject {
  return {
    uid: dashboardUid(dashboard),
    title: dashboard.title,
    description: dashboard.description,
    version: dashboard.version,
    tags: ['mimir', `charm: ${CHARM}`],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    links: [
      {
        title: 'Mimir',
        type: 'dashboards',
        tags: ['mimir'],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
      },
    ],
    templating: { list: dashboard.byTenant === true ? [tenantVariable()] : [] },
    annotations: { list: [] },
    panels: layout(dashboard),
  };
}

function tenantVariable(): JsonObject {
  return {
    name: 'tenant',
    label: 'Tenant',
    type: 'query',
    datasource: DATASOURCE,
    query: {
      qryType: 1,
      query: 'label_values(cortex_ingester_active_series, user)',
      refId: 'tenants',
    },
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
    refresh: 2,
    sort: 1,
  };
}

/** Rows stay open and their panels beside them: matchers of Juju's do not reach panels inside a closed row. */
function layout({ rows }: Dashboard): readonly JsonObject[] {
  const panels: JsonObject[] = [];
  let y = 0;
  const add = (panel: JsonObject, gridPos: JsonObject) => {
    panels.push({ id: panels.length + 1, ...panel, gridPos });
  };
  for (const row of rows) {
    add({ type: 'row', title: row.title, collapsed: false, panels: [] }, { x: 0, y, w: COLUMNS, h: 1 });
    y += 1;
    for (const line of linesOf(row.panels)) {
      const h = Math.max(...line.map(({ kind }) => HEIGHTS[kind]));
      const edge = (index: number) => Math.round((index * COLUMNS) / line.length);
      for (const [i, panel] of line.entries())
        add(grafanaPanel(panel), { x: edge(i), y, w: edge(i + 1) - edge(i), h });
      y += h;
    }
  }
  return panels;
}

/** Figures in one line, all else in lines of two or three. */
function linesOf(panels: readonly Panel[]): readonly (readonly Panel[])[] {
  const figures = panels.filter(({ kind }) => kind === 'stat');
  const rest = panels.filter(({ kind }) => kind !== 'stat');
  const most = rest.length % 3 === 0 ? 3 : 2;
  const lines = [figures];
  for (let i = 0; i < rest.length; i += most) lines.push(rest.slice(i, i + most));
  return lines.filter((line) => line.length > 0);
}

function grafanaPanel(panel: Panel): JsonObject {
  const common = {
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    targets: panel.queries.map((query, i) => target(query, i, panel.kind)),
  };
  const defaults = { unit: panel.unit, ...thresholds(panel.steps) };
  switch (panel.kind) {
    case 'graph':
      return { ...common, type: 'timeseries', ...graphOptions(panel, defaults) };
    case 'stat':
      return {
        ...common,
        type: 'stat',
        fieldConfig: { defaults: { ...defaults, decimals: 2, noValue: '-' }, overrides: [] },
        options: {
          colorMode: panel.steps === undefined ? 'none' : 'value',
          graphMode: 'area',
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          textMode: 'value',
        },
      };
    case 'table':
      return {
        ...common,
        type: 'table',
        fieldConfig: { defaults, overrides: [] },
        options: { showHeader: true, cellHeight: 'sm' },
        transformations: [columns(panel.columns, panel.value)],
      };
  }
}

function target({ expr, legend }: Query, index: number, kind: Panel['kind']): JsonObject {
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
    interval: SCRAPE_INTERVAL,
    ...(kind === 'table' ? { instant: true, range: false, format: 'table' } : { range: true }),
  };
}

function graphOptions(panel: Extract<Panel, { kind: 'graph' }>, defaults: JsonObject): JsonObject {
  const custom = {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: panel.stacked === true ? 30 : 8,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: panel.stacked === true ? 'normal' : 'none', group: 'A' },
    ...(panel.limits === true && { thresholdsStyle: { mode: 'dashed' } }),
  };
  return {
    fieldConfig: {
      defaults: { ...defaults, color: { mode: 'palette-classic' }, min: 0, custom },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

/** Colours of lines come from the palette; of figures and limits, from the steps. */
function thresholds(steps: readonly Step[] | undefined): JsonObject {
  if (steps === undefined) return { color: { mode: 'palette-classic' } };
  return {
    color: { mode: 'thresholds' },
    thresholds: {
      mode: 'absolute',
      steps: steps.map(({ from, color }) => ({ value: Number.isFinite(from) ? from : null, color })),
    },
  };
}

/** The query's own labels, then the value. */
function columns(labels: readonly string[], value: string): JsonObject {
  return {
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries([...labels, 'Value'].map((name, i) => [name, i])),
      renameByName: { Value: value },
    },
  };
}
