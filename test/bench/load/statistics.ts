/** What can be said from so few turns, and how surely. */
import { chance } from '../../support/shuffle.ts';

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 400;

/**
 * What is measured in all parts, and the bounds between which it lies in nine of ten draws of as many parts, each
 * of which may be drawn more than once (the bootstrap): as far as it would differ, were all done again.
 */
export function estimate(parts: number, measured: (drawn: readonly number[]) => number): Estimate {
  const random = chance(parts);
  const draws = Array.from({ length: DRAWS }, () =>
    measured(Array.from({ length: parts }, () => Math.floor(random() * parts))),
  );
  const value = measured(Array.from({ length: parts }, (_, part) => part));
  return { value, low: percentile(draws, 0.05), high: percentile(draws, 0.95) };
}
