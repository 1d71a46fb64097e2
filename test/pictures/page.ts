/** A dashboard as one HTML page, in Grafana's grid. */
import type { Line, Range } from '../support/dashboard-data.ts';
import type { GrafanaDashboard, GrafanaPanel } from '../support/grafana.ts';
import { color, plot, STEP_COLORS } from './plot.ts';
import { asText } from './text.ts';
import { format } from './units.ts';

/** Lines by panel id. */
export type PanelLines = ReadonlyMap<number, readonly Line[]>;

export interface Page {
  readonly html: string;
  readonly width: number;
  readonly height: number;
}

const WIDTH = 1320;
const HEAD = 64;
const CELL = { width: WIDTH / 24, height: 32 };
const MOST_ROWS = 6;
const MOST_LEGENDS = 10;

export function page(dashboard: GrafanaDashboard, lines: PanelLines, range: Range): Page {
  const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  const height = HEAD + bottom * CELL.height + 8;
  const panels = dashboard.panels.map((panel) => place(panel, lines.get(panel.id) ?? [], range));
  const html = `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>
<h1>${asText(dashboard.title)}</h1><p class="about">${asText(dashboard.description)}</p>
${panels.join('\n')}`;
  return { html, width: WIDTH, height };
}

function place(panel: GrafanaPanel, lines: readonly Line[], range: Range): string {
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * CELL.width - 8, h * CELL.height - 8];
  const style = `left:${x * CELL.width + 4}px;top:${HEAD + y * CELL.height}px;width:${width}px;height:${height}px`;
  if (panel.type === 'row') return `<div class="row" style="${style}">${asText(panel.title)}</div>`;
  const body = bodyOf(panel, lines, range, { width: width - 16, height: height - 30 });
  return `<div class="panel" style="${style}"><div class="title">${asText(panel.title)}</div>${body}</div>`;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function bodyOf(panel: GrafanaPanel, lines: readonly Line[], range: Range, size: Size): string {
  if (lines.length === 0) return '<div class="none">No data</div>';
  switch (panel.type) {
    case 'stat':
      return figure(panel, lines);
    case 'table':
      return tableOf(panel, lines);
    default: {
      const legends = lines.length > MOST_LEGENDS ? `${lines.length} lines` : legendsOf(lines);
      const rows = Math.ceil(
        (lines.map(({ legend }) => legend).join('').length * 6.2 + lines.length * 28) / size.width,
      );
      const height = size.height - 18 * Math.max(1, rows);
      return `${plot(panel, lines, range, { ...size, height })}<div class="legends">${legends}</div>`;
    }
  }
}

function legendsOf(lines: readonly Line[]): string {
  return lines
    .map(({ legend }, i) => `<span><i style="background:${color(i)}"></i>${asText(legend)}</span>`)
    .join('');
}

function figure(panel: GrafanaPanel, lines: readonly Line[]): string {
  const value = lines[0]?.points.findLast(([, each]) => Number.isFinite(each))?.[1] ?? Number.NaN;
  const defaults = panel.fieldConfig?.defaults;
  const step = defaults?.thresholds?.steps.findLast(({ value: from }) => from === null || value >= from);
  const ink = step === undefined ? '#24292e' : (STEP_COLORS[step.color] ?? '#24292e');
  return `<div class="figure" style="color:${ink}">${asText(format(value, defaults?.unit ?? 'none'))}</div>`;
}

function tableOf(panel: GrafanaPanel, lines: readonly Line[]): string {
  const order = panel.transformations[0]?.options.indexByName ?? {};
  const columns = Object.keys(order).filter((name) => lines.some(({ labels }) => labels[name] !== undefined));
  const unit = panel.fieldConfig?.defaults.unit ?? 'none';
  const valueName = panel.transformations[0]?.options.renameByName.Value ?? 'Value';
  const rows = lines.slice(0, MOST_ROWS).map(({ labels, points }) => {
    const cells = columns.map((name) => labels[name] ?? '');
    return [...cells, format(points.at(-1)?.[1] ?? Number.NaN, unit)];
  });
  const more =
    lines.length > MOST_ROWS ? `<div class="more">${lines.length - MOST_ROWS} more rows below</div>` : '';
  const head = [...columns, valueName].map((name) => `<th>${asText(name)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${asText(cell)}</td>`).join('')}</tr>`)
    .join('');
  return `<table><tr>${head}</tr>${body}</table>${more}`;
}

const STYLE = `
body{margin:0;background:#f4f5f5;font:13px "DejaVu Sans",sans-serif;color:#24292e}
h1{font-size:18px;margin:10px 12px 2px}.about{margin:0 12px;color:#5c6670}
.row{position:absolute;font-weight:bold;line-height:26px}
.panel{position:absolute;background:#fff;border:1px solid #dce0e4;border-radius:3px;box-sizing:border-box;padding:6px 8px}
.title{font-weight:bold;font-size:12px;height:18px;white-space:nowrap;overflow:hidden}
.figure{font-size:30px;text-align:center;margin-top:14px;white-space:nowrap}
.none{color:#c22;text-align:center;margin-top:20px}
.grid{stroke:#e6e9ec}.tick{font-size:10px;fill:#5c6670}
.legends{font-size:11px;line-height:18px}.legends span{margin-right:12px;white-space:nowrap;display:inline-block}
.legends i{display:inline-block;width:12px;height:3px;margin-right:4px;vertical-align:middle}
table{border-collapse:collapse;width:100%;font-size:11px}th,td{text-align:left;border-bottom:1px solid #e6e9ec;padding:4px}
.more{font-size:11px;color:#5c6670;padding:4px}
`;
