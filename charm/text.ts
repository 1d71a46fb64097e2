/** Texts: their order, and those of others made fit for a status or a log. */

/** The order that `toSorted()` gives texts: the same on every machine. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The same for the entries of a mapping. */
export function compareNames([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareTexts(a, b);
}

/** The first line, without control characters. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
}
