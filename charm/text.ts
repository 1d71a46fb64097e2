/** Texts of others, made fit for a status or a log. */

/** The first line, without control characters. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
}
