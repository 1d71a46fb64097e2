/** Charts that stand alone, as SVG files of the documentation. */
import { color, gridLine, LEFT, niceTop, path } from './plot.ts';
import { asText } from './text.ts';
import { format } from './units.ts';

/** Lines over a number, such as how many units there are. */
export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  /** As `format` takes it. */
  readonly unit: string;
  /** What `x` is. */
  readonly x: string;
  readonly curves: readonly Curve[];
}

export interface Curve {
  readonly legend: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Groups of bars beside each other. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly unit: string;
  /** Of the bars of each group, in order. */
  readonly legends: readonly string[];
  readonly groups: readonly BarGroup[];
}

export interface BarGroup {
  readonly label: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly value: number;
  /** The least and the most that was measured. */
  readonly spread?: readonly [low: number, high: number];
}

export type Chart = LineChart | BarChart;

const CELL = { width: 470, height: 290 };
const TOP = 48;
const LEGEND_ROW = 14;
const BOTTOM = 44;
const RIGHT = 18;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** One picture of all of them, in rows. */
export function sheet(charts: readonly Chart[], columns = 2): string {
  const rows = Math.ceil(charts.length / columns);
  const [width, height] = [Math.min(columns, charts.length) * CELL.width, rows * CELL.height];
  const cells = charts.map((chart, i) => {
    const [x, y] = [(i % columns) * CELL.width, Math.floor(i / columns) * CELL.height];
    return `<g transform="translate(${x} ${y})">${cellOf(chart)}</g>`;
  });
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const paper = `<rect width="${width}" height="${height}" fill="#fff"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n<style>${STYLE}</style>\n${paper}\n${cells.join('\n')}\n</svg>\n`;
}

function cellOf(chart: Chart): string {
  const names = chart.kind === 'bars' ? chart.legends : chart.curves.map(({ legend }) => legend);
  const legends = legendsOf(names);
  const ceiling = TOP + (legends.rows - 1) * LEGEND_ROW;
  const top = niceTop(Math.max(0, ...heightsOf(chart).filter(Number.isFinite)), chart.unit);
  const y = (value: number) => round(ceiling + (1 - value / top) * (CELL.height - ceiling - BOTTOM));
  return [
    `<text class="title" x="12" y="20">${asText(chart.title)}</text>`,
    legends.svg,
    ...TICKS.map((part) => gridLine(y(part * top), CELL.width - RIGHT + 6, format(part * top, chart.unit))),
    chart.kind === 'bars' ? barsOf(chart, y) : curvesOf(chart, y),
  ].join('');
}

function heightsOf(chart: Chart): readonly number[] {
  if (chart.kind === 'lines') return chart.curves.flatMap(({ points }) => points.map(([, value]) => value));
  return chart.groups.flatMap(({ bars }) => bars.flatMap(({ value, spread = [] }) => [value, ...spread]));
}

function legendsOf(names: readonly string[]): { readonly svg: string; readonly rows: number } {
  let [x, row] = [12, 0];
  const drawn = names.map((name, i) => {
    // There is no font here to measure the text with.
    const wide = 30 + name.length * 6;
    if (x > 12 && x + wide > CELL.width) [x, row] = [12, row + 1];
    const [at, y] = [x, 37 + row * LEGEND_ROW];
    x += wide;
    return `<rect x="${at}" y="${y - 6}" width="12" height="4" fill="${color(i)}"/><text class="legend" x="${at + 16}" y="${y}">${asText(name)}</text>`;
  });
  return { svg: drawn.join(''), rows: row + 1 };
}

function curvesOf({ curves, x: about }: LineChart, y: (value: number) => number): string {
  const places = [...new Set(curves.flatMap(({ points }) => points.map(([place]) => place)))];
  const most = Math.max(1, ...places);
  const x = (place: number) => round(LEFT + (place / most) * (CELL.width - LEFT - RIGHT));
  const lines = curves.flatMap(({ points }, i) => [
    path(points, undefined, x, y, color(i), false),
    ...points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="2.5" fill="${color(i)}"/>`),
  ]);
  const shown = apart(
    places.toSorted((a, b) => a - b),
    x,
  );
  const labels = shown.map((place) => below(x(place), 14, format(place, 'none')));
  return [...lines, ...labels, below((LEFT + CELL.width - RIGHT) / 2, 32, about)].join('');
}

/** Those places whose names do not run into each other; the last one is there always. */
function apart(places: readonly number[], x: (place: number) => number): readonly number[] {
  return places.filter((place, i) => {
    const next = places[i + 1];
    return next === undefined || x(next) - x(place) > 26;
  });
}

function barsOf({ groups, unit }: BarChart, y: (value: number) => number): string {
  const room = (CELL.width - LEFT - RIGHT) / groups.length;
  return groups
    .map(({ label, bars }, group) => {
      const wide = Math.min(46, (room * 0.8) / bars.length);
      const from = LEFT + room * (group + 0.5) - (wide * bars.length) / 2;
      const drawn = bars.map(({ value, spread }, i) => {
        const [x, top] = [round(from + i * wide), y(value)];
        const middle = round(x + (wide - 3) / 2);
        const whisker =
          spread === undefined
            ? ''
            : `<line x1="${middle}" x2="${middle}" y1="${y(spread[0])}" y2="${y(spread[1])}" stroke="#24292e"/>`;
        const bar = `<rect x="${x}" y="${top}" width="${round(wide - 3)}" height="${round(y(0) - top)}" fill="${color(i)}"/>`;
        const name = `<text class="tick" x="${middle}" y="${round(y(0) - 4)}" text-anchor="middle">${format(value, unit)}</text>`;
        return `${bar}${whisker}${name}`;
      });
      return `${drawn.join('')}${below(LEFT + room * (group + 0.5), 16, label)}`;
    })
    .join('');
}

/** Under the lowest line. */
function below(x: number, distance: number, text: string): string {
  return `<text class="tick" x="${round(x)}" y="${CELL.height - BOTTOM + distance}" text-anchor="middle">${asText(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const STYLE =
  'text{font-family:"DejaVu Sans",Verdana,sans-serif;fill:#24292e}.title{font-size:12px;font-weight:bold}.legend{font-size:10px}.tick{font-size:10px;fill:#5c6670}.grid{stroke:#e6e9ec}';
