/** What is compared. */
import { median } from '../dispatch.ts';
import { percentile } from './statistics.ts';
import type { Turn } from './turns.ts';

export interface Measure {
  readonly what: string;
  /** As `format` takes it for the picture. */
  readonly unit: string;
  readonly more: 'better' | 'worse';
  /** Over all turns of a side, in the unit. */
  of(turns: readonly Turn[]): number;
  show(value: number): string;
  /** True when absent. */
  readonly isDrawn?: false;
}

const milliseconds = (value: number) => `${(value * 1000).toFixed(1)} ms`;
const seconds = (value: number) => `${value.toFixed(2)} s`;
/** A turn that something else on the machine has met counts as one. */
const ofTurns = (turns: readonly Turn[], measure: (turn: Turn) => number) => median(turns.map(measure));
/** Of the requests of all turns together: in a single turn a hundredth of them are few. */
const ofAll = (turns: readonly Turn[], kind: 'pushes' | 'queries', share: number) =>
  percentile(
    turns.flatMap(({ mixed }) => mixed[kind]),
    share,
  ) / 1000;

/** Those that are promised. */
export const PROMISED: readonly Measure[] = [
  {
    what: 'samples acknowledged each second, as fast as they go',
    unit: 'none',
    more: 'better',
    of: (turns) => ofTurns(turns, ({ push }) => push.samples / push.seconds),
    show: (value) => `${Math.round(value / 1000)},000 a second`,
  },
  {
    what: 'p99 of pushes, beside queries',
    unit: 's',
    more: 'worse',
    of: (turns) => ofAll(turns, 'pushes', 0.99),
    show: milliseconds,
  },
  {
    what: 'p99 of queries, beside pushes',
    unit: 's',
    more: 'worse',
    of: (turns) => ofAll(turns, 'queries', 0.99),
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
    of: (turns) => ofAll(turns, 'pushes', 0.5),
    show: milliseconds,
  },
  {
    what: 'median of queries',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (turns) => ofAll(turns, 'queries', 0.5),
    show: milliseconds,
  },
  {
    what: 'CPU of Mimir for a million samples, as fast as they go',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ push, pushUsage }) => (1e6 * pushUsage.cpuSeconds) / push.samples),
    show: seconds,
  },
  {
    what: 'CPU of Mimir for the pushes and queries of a turn',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixedUsage }) => mixedUsage.cpuSeconds),
    show: seconds,
  },
  {
    what: 'waiting for a processor, with queries',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixedUsage }) => mixedUsage.waitedSeconds),
    show: seconds,
  },
  {
    what: 'requests that a unit failed at and that were sent again, in all turns',
    isDrawn: false,
    unit: 'none',
    more: 'worse',
    of: (turns) => turns.reduce((sum, { push, mixed }) => sum + push.retried + mixed.retried, 0),
    show: (value) => `${value}`,
  },
  {
    what: 'resident memory at the end, all units',
    unit: 'bytes',
    more: 'worse',
    of: (turns) => turns.at(-1)?.residentBytes ?? Number.NaN,
    show: (value) => `${(value / 1024 / 1024).toFixed(0)} MiB`,
  },
];
