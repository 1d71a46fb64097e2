/** Samples one by one, as a Prometheus or a Mimir has stored them. */
import { query } from '../../demo/query.ts';

export interface Window {
  /** What is looked at, such as `up{job="tester"}`. */
  readonly selector: string;
  readonly seconds: number;
  /** The end, in milliseconds since 1970. */
  readonly end: number;
}

/** Seconds since 1970 of each sample of the one series that the selector finds. */
export async function sampleTimes(base: string, window: Window): Promise<readonly number[]> {
  const all = await query(base, `${window.selector}[${window.seconds}s]`, window.end);
  if (all.length > 1) throw new Error(`${window.selector} is ${all.length} series: ${JSON.stringify(all)}`);
  return (all[0]?.points ?? []).map(([time]) => time);
}

/** The longest time between two of them, and from the beginning and to the end of the window. */
export function longestGap(times: readonly number[], { seconds, end }: Window): number {
  const marks = [end / 1000 - seconds, ...times, end / 1000];
  return Math.max(...marks.slice(1).map((time, i) => time - (marks[i] ?? 0)));
}
