/** What the turns say: figures with their limits, tables, and a picture. */
import { type Bar, type BarChart, sheet } from '../../pictures/chart.ts';
import { type Figure, table } from '../figures.ts';
import { BESIDES, type Measure, PROMISED, type Stretch } from './measures.ts';
import type { SideName } from './sides.ts';
import { type Estimate, estimate } from './statistics.ts';
import type { Topology } from './turns.ts';

/** Behind the other side. */
const ALLOWED = 0.05;
/** Of a side, that count as one stretch. */
const TURNS = 10;
/** Against whom the charm is measured: the same twice, so that a good run of one counts half. */
const REFERENCE: readonly SideName[] = ['by hand', 'by hand again'];

export function figuresOf(topology: Topology): readonly Figure[] {
  const [ours, theirs] = [partsOf(topology, ['charm']), partsOf(topology, REFERENCE)];
  if (ours.length === 0 || theirs.length === 0) return [];
  return PROMISED.map((measure) => {
    const { what, more, of, show } = measure;
    const ratio = ratioOf(measure, ours, theirs);
    const holds = more === 'better' ? ratio.value >= 1 - ALLOWED : ratio.value <= 1 + ALLOWED;
    return {
      what: `${unitsText(topology.units)}: ${what}, against the same by hand`,
      measured: `${times(ratio)}: ${show(of(ours.flat()))} against ${show(of(theirs.flat()))}`,
      limit: more === 'better' ? `at least ${1 - ALLOWED} times` : `${1 + ALLOWED} times`,
      holds,
    };
  });
}

/** Every side against those by hand; of these, each against the others of them. */
export function ratiosOf(topologies: readonly Topology[]): string {
  const names = namesOf(topologies);
  const rows = topologies.flatMap((topology) =>
    [...PROMISED, ...BESIDES.filter(({ isDrawn }) => isDrawn !== false)].map((measure) => [
      unitsText(topology.units),
      measure.what,
      ...names.map((name) => {
        const others = REFERENCE.filter((each) => each !== name);
        const [ours, theirs] = [partsOf(topology, [name]), partsOf(topology, others)];
        return ours.length === 0 || theirs.length === 0 ? '' : times(ratioOf(measure, ours, theirs));
      }),
    ]),
  );
  return table([['', 'against those by hand', ...names], ...rows]);
}

/** All that was measured; in brackets from the least stretch of turns to the most. */
export function tablesOf(topologies: readonly Topology[]): string {
  const names = namesOf(topologies);
  const rows = topologies.flatMap((topology) =>
    [...PROMISED, ...BESIDES].map(({ what, of, show }) => [
      unitsText(topology.units),
      what,
      ...names.map((name) => {
        const stretches = stretchesOf(topology, name);
        if (stretches.length === 0) return '';
        const each = stretches.map((stretch) => of([stretch]));
        return `${show(of(stretches))} (${show(Math.min(...each))} – ${show(Math.max(...each))})`;
      }),
    ]),
  );
  return table([['', '', ...names], ...rows]);
}

export function pacesOf(topologies: readonly Topology[]): string {
  const paces = topologies.map(
    ({ units, series, pushSeconds, pacedSeconds, sides, pushesPerSecond, queriesPerSecond, hours }) =>
      `- ${unitsText(units)}: ${series} series; ${sides[0]?.turns.length} turns of ${pushSeconds} and ${pacedSeconds} s for each side; beside each other ${pushesPerSecond} pushes of 1,000 samples and ${queriesPerSecond} queries a second, over ${hours === 0 ? 'the last five minutes' : `${hours} hours`}.`,
  );
  return paces.join('\n');
}

export function pictureOf(topologies: readonly Topology[]): string {
  const shown = [...PROMISED, ...BESIDES].filter(({ isDrawn }) => isDrawn !== false);
  return sheet(shown.map((measure) => chartOf(measure, topologies)));
}

function chartOf({ what, unit, of }: Measure, topologies: readonly Topology[]): BarChart {
  const names = namesOf(topologies);
  const barOf = (parts: readonly Part[]): Bar => {
    const { value, low, high } = estimate(parts.length, (drawn) => of(picked(parts, drawn)));
    return { value, spread: [low, high] };
  };
  return {
    kind: 'bars',
    title: what,
    unit,
    legends: names,
    groups: topologies.map((topology) => ({
      label: unitsText(topology.units),
      bars: names.map((name) => barOf(partsOf(topology, [name]))),
    })),
  };
}

/** What was measured beside each other belongs together: whatever else the machine did met both. */
function ratioOf({ of }: Measure, ours: readonly Part[], theirs: readonly Part[]): Estimate {
  const parts = Math.min(ours.length, theirs.length);
  return estimate(parts, (drawn) => of(picked(ours, drawn)) / of(picked(theirs, drawn)));
}

function picked(parts: readonly Part[], drawn: readonly number[]): readonly Stretch[] {
  return drawn.flatMap((part) => parts[part] ?? []);
}

function times({ value, low, high }: Estimate): string {
  return `${value.toFixed(2)} times (${low.toFixed(2)} – ${high.toFixed(2)})`;
}

function namesOf(topologies: readonly Topology[]): readonly SideName[] {
  return [...new Set(topologies.flatMap(({ sides }) => sides.map(({ name }) => name)))];
}

/** Stretches of some sides, one of each, that were beside each other. */
type Part = readonly Stretch[];

function partsOf(topology: Topology, names: readonly SideName[]): readonly Part[] {
  const sides = names.map((name) => stretchesOf(topology, name)).filter(({ length }) => length > 0);
  return (sides[0] ?? []).map((_, part) => sides.flatMap((stretches) => stretches.slice(part, part + 1)));
}

function stretchesOf({ sides }: Topology, wanted: SideName): readonly Stretch[] {
  const turns = sides.find(({ name }) => name === wanted)?.turns ?? [];
  return Array.from({ length: Math.ceil(turns.length / TURNS) }, (_, stretch) =>
    turns.slice(stretch * TURNS, (stretch + 1) * TURNS),
  );
}

function unitsText(units: number): string {
  return units === 1 ? '1 unit' : `${units} units`;
}
