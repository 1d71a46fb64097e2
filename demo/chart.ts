/** A small line chart for a terminal, in Braille dots: each character holds two columns and four rows. */

const BASE = 0x2800;
/** Bits of a Braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface ChartOptions {
  readonly title: string;
  /** Characters, without the axis. */
  readonly width?: number;
  readonly height?: number;
  readonly from: string;
  readonly to: string;
}

/** @returns lines to print. */
export function chart(values: readonly number[], options: ChartOptions): string[] {
  const { title, width = 60, height = 8, from, to } = options;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  let previous: number | undefined;
  for (let x = 0; x < width * 2; x++) {
    const value = values[Math.round((x / (width * 2 - 1)) * (values.length - 1))] ?? low;
    const y = Math.round((1 - (value - low) / span) * (height * 4 - 1));
    for (const dotY of between(previous ?? y, y)) set(cells, x, dotY);
    previous = y;
  }
  const axis = [high, (high + low) / 2, low].map((value) => value.toFixed(1));
  const gutter = Math.max(...axis.map((label) => label.length));
  const labelAt = new Map([
    [0, axis[0]],
    [Math.floor(height / 2), axis[1]],
    [height - 1, axis[2]],
  ]);
  const rows = cells.map((row, y) => {
    const line = row.map((bits) => String.fromCodePoint(BASE + bits)).join('');
    return `${(labelAt.get(y) ?? '').padStart(gutter)} ┤${line}`;
  });
  const foot = `${' '.repeat(gutter)} └${'─'.repeat(width)}`;
  const times = `${' '.repeat(gutter + 2)}${from}${to.padStart(width - from.length)}`;
  return [`${' '.repeat(gutter + 2)}${title}`, ...rows, foot, times];
}

/** Every row from one dot to the next, so that steep lines stay connected. */
function between(from: number, to: number): number[] {
  const step = Math.sign(to - from);
  if (step === 0) return [to];
  return Array.from({ length: Math.abs(to - from) }, (_, i) => from + step * (i + 1));
}

function set(cells: number[][], x: number, y: number): void {
  const row = cells[Math.floor(y / 4)];
  const bit = DOTS[y % 4]?.[x % 2];
  const column = Math.floor(x / 2);
  if (row === undefined || bit === undefined) return;
  row[column] = (row[column] ?? 0) | bit;
}
