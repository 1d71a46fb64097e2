/** What the turns say: figures with their limits, tables, and a picture. */
import { type Bar, type BarChart, sheet } from '../../pictures/chart.ts';
import { median } from '../dispatch.ts';
import { type Figure, table } from '../figures.ts';
import { SIDES, type SideName, type Topology, type Turn } from './turns.ts';

/** Behind the other side. */
const ALLOWED = 0.05;

/** One thing that is compared. */
interface Measure {
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
/** A turn that something else on the machine has met counts as one. */
const ofTurns = (turns: readonly Turn[], measure: (turn: Turn) => number) => median(turns.map(measure));

/** Those that are promised. */
const PROMISED: readonly Measure[] = [
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
    of: (turns) => ofTurns(turns, ({ mixed }) => percentile(mixed.pushes, 0.99) / 1000),
    show: milliseconds,
  },
  {
    what: 'p99 of queries, beside pushes',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixed }) => percentile(mixed.queries, 0.99) / 1000),
    show: milliseconds,
  },
];

/** Those that explain. */
const BESIDES: readonly Measure[] = [
  {
    what: 'median of pushes',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixed }) => percentile(mixed.pushes, 0.5) / 1000),
    show: milliseconds,
  },
  {
    what: 'median of queries',
    isDrawn: false,
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixed }) => percentile(mixed.queries, 0.5) / 1000),
    show: milliseconds,
  },
  {
    what: 'CPU of Mimir for a million samples, as fast as they go',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ push, pushCpuSeconds }) => (1e6 * pushCpuSeconds) / push.samples),
    show: (value) => `${value.toFixed(2)} s`,
  },
  {
    what: 'CPU of Mimir for the pushes and queries of a turn',
    unit: 's',
    more: 'worse',
    of: (turns) => ofTurns(turns, ({ mixedCpuSeconds }) => mixedCpuSeconds),
    show: (value) => `${value.toFixed(2)} s`,
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

export function figuresOf({ units, turns }: Topology): readonly Figure[] {
  return PROMISED.map(({ what, more, of, show }) => {
    const [ours, theirs] = [of(turns.charm), of(turns['by hand'])];
    const ratio = ours / theirs;
    const holds = more === 'better' ? ratio >= 1 - ALLOWED : ratio <= 1 + ALLOWED;
    return {
      what: `${unitsText(units)}: ${what}, against the same by hand`,
      measured: `${ratio.toFixed(2)} times: ${show(ours)} against ${show(theirs)}`,
      limit: more === 'better' ? `at least ${1 - ALLOWED} times` : `${1 + ALLOWED} times`,
      holds,
    };
  });
}

/** All that was measured; the spread is from the least turn to the most. */
export function tablesOf(topologies: readonly Topology[]): string {
  const rows = topologies.flatMap(({ units, turns }) =>
    [...PROMISED, ...BESIDES].map(({ what, of, show }) => [
      unitsText(units),
      what,
      ...SIDES.map((side) => {
        const each = turns[side].map((turn) => of([turn]));
        return `${show(of(turns[side]))} (${show(Math.min(...each))} – ${show(Math.max(...each))})`;
      }),
    ]),
  );
  const paces = topologies.map(
    ({ units, pushesPerSecond, queriesPerSecond }) =>
      `${unitsText(units)}: ${pushesPerSecond} pushes of 1,000 samples and ${queriesPerSecond} queries a second`,
  );
  return `The pace of pushes beside queries: ${paces.join('; ')}.\n\n${table([['', '', ...SIDES], ...rows])}`;
}

export function pictureOf(topologies: readonly Topology[]): string {
  const shown = [...PROMISED, ...BESIDES].filter(({ isDrawn }) => isDrawn !== false);
  return sheet(shown.map((measure) => chartOf(measure, topologies)));
}

function chartOf({ what, unit, of }: Measure, topologies: readonly Topology[]): BarChart {
  const barOf = (turns: readonly Turn[]): Bar => {
    const each = turns.map((turn) => of([turn]));
    return { value: of(turns), spread: [Math.min(...each), Math.max(...each)] };
  };
  return {
    kind: 'bars',
    title: what,
    unit,
    legends: SIDES.map((side: SideName) =>
      side === 'charm' ? 'deployed by the charm' : 'configured by hand',
    ),
    groups: topologies.map(({ units, turns }) => ({
      label: unitsText(units),
      bars: SIDES.map((side) => barOf(turns[side])),
    })),
  };
}

function unitsText(units: number): string {
  return units === 1 ? '1 unit' : `${units} units`;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
