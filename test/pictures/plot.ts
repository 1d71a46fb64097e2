/** Lines as SVG. */
import type { Line, Range } from '../support/dashboard-data.ts';
import type { GrafanaPanel } from '../support/grafana.ts';
import { format, scaleOf } from './units.ts';

/** Grafana's classic palette. */
const COLORS = [
  '#7eb26d',
  '#eab839',
  '#6ed0e0',
  '#ef843c',
  '#e24d42',
  '#1f78c1',
  '#ba43a9',
  '#705da0',
  '#508642',
  '#cca300',
];
export const STEP_COLORS: Readonly<Record<string, string>> = {
  green: '#2f9e44',
  orange: '#e8890c',
  red: '#d6303a',
  blue: '#1f78c1',
};

export const color = (index: number) => COLORS[index % COLORS.length] ?? '#888';

interface Size {
  readonly width: number;
  readonly height: number;
}

export const LEFT = 70;
const BOTTOM = 18;

export function plot(
  panel: GrafanaPanel,
  lines: readonly Line[],
  range: Range,
  { width, height }: Size,
): string {
  const defaults = panel.fieldConfig?.defaults;
  const unit = defaults?.unit ?? 'none';
  const stacked = defaults?.custom?.stacking.mode === 'normal';
  const drawn = stacked ? stack(lines) : lines.map(({ points }) => ({ points, base: undefined }));
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const top = niceTop(Math.max(...values, 0), unit);
  const x = (time: number) => LEFT + ((time - range.from) / (range.to - range.from)) * (width - LEFT - 6);
  const y = (value: number) => 6 + (1 - value / top) * (height - BOTTOM - 6);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * top);
  return [
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...ticks.map((tick) => gridLine(y(tick), width, format(tick, unit))),
    ...timeTicks(range).map(
      (time) =>
        `<text x="${x(time)}" y="${height - 4}" class="tick" text-anchor="middle">${clock(time)}</text>`,
    ),
    ...limits(panel, top).map(
      ({ at, stroke }) =>
        `<line x1="${LEFT}" x2="${width - 6}" y1="${y(at)}" y2="${y(at)}" stroke="${stroke}" stroke-dasharray="6 4"/>`,
    ),
    ...drawn.map(({ points, base }, i) => path(points, base, x, y, color(i), stacked)),
    '</svg>',
  ].join('');
}

/** At this height, with its value beside it. */
export function gridLine(y: number, width: number, text: string): string {
  return [
    `<line x1="${LEFT}" x2="${width - 6}" y1="${y}" y2="${y}" class="grid"/>`,
    `<text x="${LEFT - 6}" y="${y + 3.5}" class="tick" text-anchor="end">${text}</text>`,
  ].join('');
}

type Points = Line['points'];

/** A pause in the data is a gap in the line; a lone point is a dot. */
export function path(
  points: Points,
  base: Points | undefined,
  x: (time: number) => number,
  y: (value: number) => number,
  stroke: string,
  stacked: boolean,
): string {
  const segments: (readonly [number, number])[][] = [[]];
  for (const [time, value] of points) {
    if (Number.isFinite(value)) segments.at(-1)?.push([x(time), y(value)]);
    else segments.push([]);
  }
  const floor = (index: number, time: number) => {
    const under = base?.[index];
    return `${x(time).toFixed(1)},${y(under?.[1] ?? 0).toFixed(1)}`;
  };
  const bottom = points.map(([time], i) => floor(i, time)).toReversed();
  return segments
    .filter((segment) => segment.length > 0)
    .map((segment) => {
      const text = segment.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`);
      const [only] = segment;
      if (segment.length === 1 && only)
        return `<circle cx="${only[0]}" cy="${only[1]}" r="2" fill="${stroke}"/>`;
      const area = stacked
        ? `<polygon points="${[...text, ...bottom].join(' ')}" fill="${stroke}" fill-opacity="0.3"/>`
        : '';
      return `${area}<polyline points="${text.join(' ')}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`;
    })
    .join('');
}

/** Each line on top of the ones before. */
function stack(
  lines: readonly Line[],
): readonly { readonly points: Points; readonly base: Points | undefined }[] {
  let under = new Map<number, number>();
  let base: Points | undefined;
  return lines.map(({ points }) => {
    const sums = points.map(([time, value]) => [time, value + (under.get(time) ?? 0)] as const);
    under = new Map([...under, ...sums]);
    const drawn = { points: sums, base };
    base = sums;
    return drawn;
  });
}

/** Limits that are in sight. */
function limits({ fieldConfig }: GrafanaPanel, top: number) {
  const defaults = fieldConfig?.defaults;
  if (defaults?.custom?.thresholdsStyle === undefined) return [];
  return (defaults.thresholds?.steps ?? []).flatMap(({ value, color: name }) =>
    value === null || value > top ? [] : [{ at: value, stroke: STEP_COLORS[name] ?? '#888' }],
  );
}

/** A round figure in the unit that it is shown in, of which a quarter is round, too. */
export function niceTop(max: number, unit: string): number {
  if (max <= 0) return 1;
  const scale = scaleOf(max, unit);
  const size = 10 ** Math.floor(Math.log10(max / scale));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((each) => each * size * scale >= max) ?? 10;
  return step * size * scale;
}

function timeTicks({ from, to }: Range): readonly number[] {
  const minutes = [1, 2, 5, 10, 15, 30].find((each) => (to - from) / (each * 60) <= 5) ?? 60;
  const step = minutes * 60;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

function clock(time: number): string {
  return new Date(time * 1000).toISOString().slice(11, 16);
}
