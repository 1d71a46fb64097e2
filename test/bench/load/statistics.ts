/** What can be said from so few turns, and how surely. */
import { chance } from '../../support/shuffle.ts';

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 400;

/**
 * What is measured in all rounds, and the bounds between which it lies in nine of ten draws of as many rounds, each
 * of which may be drawn more than once (the bootstrap): as far as it would differ, were all done again.
 */
export function estimate(rounds: number, measured: (drawn: readonly number[]) => number): Estimate {
  const random = chance(rounds);
  const draws = Array.from({ length: DRAWS }, () =>
    measured(Array.from({ length: rounds }, () => Math.floor(random() * rounds))),
  );
  const value = measured(Array.from({ length: rounds }, (_, round) => round));
  return { value, low: percentile(draws, 0.05), high: percentile(draws, 0.95) };
}
