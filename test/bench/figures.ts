/** Figures as a table, and the table in a page. */
import { readFile, writeFile } from 'node:fs/promises';

export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly holds: boolean;
}

const [BEGIN, END] = ['<!-- figures: begin -->', '<!-- figures: end -->'];

export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, limit, holds }) => [
    what,
    measured,
    limit,
    holds ? 'yes' : '**no**',
  ]);
  return table([['what', 'measured', 'at most', 'holds'], ...rows]);
}

/** The first row is the head. */
export function table(all: readonly (readonly string[])[]): string {
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = all;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** Puts the text between the page's markers. @throws when the page has none. */
export async function writeInto(page: string, text: string): Promise<void> {
  const before = await readFile(page, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 || end < begin)
    throw new Error(`${page} has no place for the figures: ${BEGIN} and ${END}`);
  await writeFile(page, `${before.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${before.slice(end)}`);
}
