/** Our dashboards, by the rules that Grafana's charm has for them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decompressSync } from '@napi-rs/lzma/xz';
import { describe, expect, test } from 'vitest';
import { ENCODED_DASHBOARDS } from '../../../charm/neighbours/dashboards.generated.ts';
import { DASHBOARDS } from '../../../monitoring/dashboards/index.ts';
import { dashboardPath, grafanaDashboard } from '../../../monitoring/grafana.ts';
import { isPromQl } from '../../../relations/promql.ts';
import { dashboardShape, type GrafanaPanel, interpolate, withJujuVariables } from '../../support/grafana.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TOPOLOGY = ['model', 'model_uuid', 'application', 'unit'];
const VARIABLES = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'mimir-k8s',
  juju_unit: '.*',
  tenant: '.*',
  __rate_interval: '4m',
};

const all = DASHBOARDS.map((dashboard) => ({
  name: dashboard.name,
  path: dashboardPath(dashboard),
  dashboard: dashboardShape.parse(grafanaDashboard(dashboard)),
}));

test('there are eight, each with a name, an id and a title of its own', () => {
  expect(all).toHaveLength(8);
  for (const of of ['uid', 'title'] as const)
    expect(new Set(all.map(({ dashboard }) => dashboard[of])).size).toBe(8);
});

describe.each(all)('$name', ({ name, path, dashboard }) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  test('is the same in its file and, packed, in the charm', async () => {
    const file: unknown = JSON.parse(await readFile(join(ROOT, path), 'utf8'));
    const packed = Buffer.from(ENCODED_DASHBOARDS[name] ?? '', 'base64');
    expect(packed.subarray(0, 6).toString('hex'), 'the magic bytes of XZ').toBe('fd377a585a00');
    expect(JSON.parse(decompressSync(packed).toString())).toEqual(file);
  });

  test('keeps its id on the way through relays, and is marked as ours', () => {
    expect(dashboard.uid).toMatch(/^[0-9a-f]{40}$/);
    expect(dashboard.tags).toContain('charm: mimir-k8s');
  });

  test('every panel asks the data source that the charm chooses, and none is hidden in a closed row', () => {
    expect(dashboard.panels.flatMap((panel) => panel.panels)).toEqual([]);
    for (const panel of panels) expect(panel.datasource, panel.title).toBe(`\${prometheusds}`);
  });

  test('every panel says what it shows, in which unit, and its lines have names', () => {
    for (const { title, description, fieldConfig, targets, type } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      expect(targets.length, title).toBeGreaterThan(0);
      if (type !== 'table') for (const { legendFormat } of targets) expect(legendFormat, title).not.toBe('');
    }
  });

  test('no panel lies upon another, and none sticks out', () => {
    const cells = dashboard.panels.flatMap(cellsOf);
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos, title } of dashboard.panels)
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
  });

  test('every query is PromQL, and all of its selectors take the matchers of the charm', () => {
    const injected = withJujuVariables(dashboard, TOPOLOGY);
    for (const { title, targets } of injected.panels) {
      for (const { expr } of targets) {
        const text = interpolate(expr, VARIABLES);
        expect(isPromQl(text), `${title}: ${text}`).toBe(true);
        expect(text, title).toContain('juju_unit=~".*"');
      }
    }
  });

  test('no query names a model, an application or a unit by itself', () => {
    for (const { title, targets } of panels)
      for (const { expr } of targets) expect(expr, title).not.toMatch(/juju_\w+\s*(=|!)/);
  });
});

function cellsOf({ gridPos: { x, y, w, h } }: GrafanaPanel): readonly string[] {
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
}
