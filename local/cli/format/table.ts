/**
 * Columns as Go's text/tabwriter lays them out for juju: two spaces of padding, every column as wide as its
 * widest cell, the last cell of a line free. The one difference: no line ends in spaces.
 */
import { styleText } from 'node:util';

export type Paint =
  | 'green'
  | 'yellow'
  | 'red'
  | 'cyan'
  | 'magenta'
  | 'magentaBright'
  | 'blueBright'
  | 'gray'
  | 'bold';

interface Painted {
  readonly paint: Paint;
  readonly text: string;
}
type Span = string | Painted;
/** A cell may be of several colours: `app` plain and `:endpoint` magenta. */
export type Cell = Span | readonly Span[];

export function paint(name: Paint, text: string): Painted {
  return { paint: name, text };
}

export interface TableOptions {
  readonly color: boolean;
  /** Columns, counted from 0, whose text stands at the right. */
  readonly right?: readonly number[];
}

const padding = 2;

/** Rows of cells -> text, one line for each row. Rows may differ in length. */
export function layOut(rows: readonly (readonly Cell[])[], options: TableOptions): string {
  const widths: number[] = [];
  for (const row of rows) {
    // As in tabwriter, the last cell of a row is not part of a column: a long message widens nothing.
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    }
  }
  return rows.map((row) => `${layOutRow(row, widths, options)}\n`).join('');
}

function layOutRow(row: readonly Cell[], widths: readonly number[], options: TableOptions): string {
  let line = '';
  let pending = 0;
  for (const [column, cell] of row.entries()) {
    const fill = Math.max(0, (widths[column] ?? 0) - width(cell));
    const left = options.right?.includes(column) === true && column < row.length - 1 ? fill : 0;
    if (width(cell) > 0) {
      line += ' '.repeat(pending + left) + render(cell, options.color);
      pending = 0;
    } else {
      pending += left;
    }
    pending += fill - left + padding;
  }
  return line;
}

/** The cell's text, with colours if wanted. */
export function render(cell: Cell, color: boolean): string {
  return spans(cell)
    .map((span) => {
      if (typeof span === 'string') return span;
      return color && span.text !== ''
        ? styleText(span.paint, span.text, { validateStream: false })
        : span.text;
    })
    .join('');
}

function spans(cell: Cell): readonly Span[] {
  return typeof cell === 'string' || 'paint' in cell ? [cell] : cell;
}

function width(cell: Cell): number {
  return spans(cell).reduce(
    (sum, span) => sum + [...(typeof span === 'string' ? span : span.text)].length,
    0,
  );
}

/** A header row, bold as juju's. */
export function header(...names: readonly string[]): readonly Cell[] {
  return names.map((name) => paint('bold', name));
}

/** `app/2` before `app/10`. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b);
}
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
