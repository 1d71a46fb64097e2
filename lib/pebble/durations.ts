/** Durations as Go writes them (`1h2m3.5s`), because Pebble's plan and its API use that form. */

const MS_OF_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration, or `undefined` when the text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/.exec(text);
  if (match?.[2] === undefined) return undefined;
  let total = 0;
  for (const [, amount, unit] of match[2].matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)) {
    total += Number(amount) * (MS_OF_UNIT[unit ?? ''] ?? Number.NaN);
  }
  // Whole nanoseconds, so that `0.1s` and `100ms` are one value.
  const ms = Math.round(total * 1e6) / 1e6;
  return match[1] === '-' ? -ms : ms;
}

/** A Go duration of so many milliseconds: `1500` is `1.500s`. */
export function formatDuration(ms: number): string {
  return `${(ms / 1_000).toFixed(3)}s`;
}
