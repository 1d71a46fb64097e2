/** Durations in Prometheus' notation. */

const DURATION =
  /^(?:(\d{1,9})y)?(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

export const HOUR_MS = 3_600_000;
export const YEAR_MS = 8760 * HOUR_MS;
const UNITS_MS = [YEAR_MS, 168 * HOUR_MS, 24 * HOUR_MS, HOUR_MS, 60_000, 1000, 1] as const;

/**
 * Milliseconds of a duration: `30d`, `1h30m`, `0`; larger units first, each at most once. Undefined when it is none.
 */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = DURATION.exec(text);
  if (text === '' || parts === null) return undefined;
  return UNITS_MS.reduce((sum, ms, i) => sum + ms * Number(parts[i + 1] ?? 0), 0);
}
