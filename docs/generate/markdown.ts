/** Pieces of Markdown that every generated page is made of. */
import { join } from 'node:path';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../..');

/** A page that is written by a program. */
export interface GeneratedPage {
  /** Path from the repository's root. */
  readonly file: string;
  /** The page's text. Same sources, same text. */
  readonly text: () => Promise<string>;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(flat).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** One line, as a cell of a table must be. */
export function flat(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** The text with the number, as `1 row` and `2 rows`. */
export function count(number: number, one: string, more = `${one}s`): string {
  return `${number} ${number === 1 ? one : more}`;
}
