/** What is compared. */
import { median } from '../dispatch.ts';
import { geometricMean, percentile } from './statistics.ts';
import type { Turn } from './turns.ts';

/** Turns of one side, one after the other: of half a minute or so, in which the machine was as it was for the others. */
export type Stretch = readonly Turn[];

export interface Measure {
  readonly what: string;
  /** As `format` takes it for the picture. */
  readonly unit: string;
  readonly more: 'better' | 'worse';
  /** Over all stretches, in the unit. */
  of(stretches: readonly Stretch[]): number;
  show(value: number): string;
  /** True when absent. */
  readonly isDrawn?: false;
}

const milliseconds = (value: number) => `${(value * 1000).toFixed(1)} ms`;
const seconds = (value: number) => `${value.toFixed(2)} s`;
/** A turn that something else on the machine has met counts as one. */
const ofTurns = (stretches: readonly Stretch[], measure: (turn: Turn) => number) =>
  median(stretches.flat().map(measure));
/**
 * Of the requests of each stretch together, for in a single turn a hundredth of them are few; and of all stretches the
 * geometric mean. Of all requests together p99 would say how the machine was in its worst minutes.
 */
const ofRequests = (stretches: readonly Stretch[], kind: 'pushes' | 'queries', share: number) => {
  const each = stretches.map((turns) =>
    percentile(
      turns.flatMap(({ mixed }) => mixed[kind]),
      share,
    ),
  );
  return geometricMean(each) / 1000;
};

/** Those that are promised. */
export const PROMISED: readonly Measure[] = [
  {
    what: 'samples acknowledged each second, as fast as they go',
    unit: 'none',
    more: 'better',
    of: (stretches) => ofTurns(stretches, ({ push }) => push.samples / push.seconds),
    show: (value) => `${Math.round(value / 1000)},000 a second`,
  },
  {
    what: 'p99 of pushes, beside queries',
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'pushes', 0.99),
    show: milliseconds,
  },
  {
    what: 'p99 of queries, beside pushes',
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'queries', 0.99),
    show: milliseconds,
  },
];

/** Those that explain. */
export const BESIDES: readonly Measure[] = [
  {
    what: 'median of pushes',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'pushes', 0.5),
    show: milliseconds,
  },
  {
    what: 'median of queries',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'queries', 0.5),
    show: milliseconds,
  },
  {
    what: 'p95 of pushes, beside queries',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'pushes', 0.95),
    show: milliseconds,
  },
  {
    what: 'p95 of queries, beside pushes',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (stretches) => ofRequests(stretches, 'queries', 0.95),
    show: milliseconds,
  },
  {
    what: 'CPU of Mimir for a million samples, as fast as they go',
    unit: 's',
    more: 'worse',
    of: (stretches) =>
      ofTurns(stretches, ({ push, pushUsage }) => (1e6 * pushUsage.cpuSeconds) / push.samples),
    show: seconds,
  },
  {
    what: 'CPU of Mimir for the pushes and queries of a turn',
    unit: 's',
    more: 'worse',
    of: (stretches) => ofTurns(stretches, ({ mixedUsage }) => mixedUsage.cpuSeconds),
    show: seconds,
  },
  {
    what: 'waiting for a processor, with queries',
    unit: 's',
    more: 'worse',
    of: (stretches) => ofTurns(stretches, ({ mixedUsage }) => mixedUsage.waitedSeconds),
    show: seconds,
  },
  {
    what: 'requests that a unit failed at and that were sent again, in all turns',
    isDrawn: false,
    unit: 'none',
    more: 'worse',
    of: (stretches) =>
      stretches.flat().reduce((sum, { push, mixed }) => sum + push.retried + mixed.retried, 0),
    show: (value) => `${value}`,
  },
  {
    what: 'resident memory at the end, all units',
    unit: 'bytes',
    more: 'worse',
    of: (stretches) => stretches.at(-1)?.at(-1)?.residentBytes ?? Number.NaN,
    show: (value) => `${(value / 1024 / 1024).toFixed(0)} MiB`,
  },
];
