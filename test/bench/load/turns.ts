/** The turns that the sides take. */
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { allActive, type Charms, deployMinio } from '../deploy.ts';
import { Model } from '../model.ts';
import type { Result } from './protocol.ts';
import { SERIES_PER_REQUEST } from './series.ts';
import { deploySide, type Side, type SideName } from './sides.ts';
import { type Usage, usageOf } from './usage.ts';

/**
 * Of the rate that the slowest side bears. With the queries it keeps the processors half busy: where they are nearly
 * full, p99 says how the turn went, and not how the side is.
 */
const PACED_SHARE = 0.2;
/** Requests by which the rate is found, as a share of a turn's. */
const CALIBRATION_SECONDS = 3;

export interface Settings {
  readonly sides: readonly SideName[];
  /** Of the first half of a turn, as fast as they go. */
  readonly pushSeconds: number;
  /** Of the second half, at a pace: the longer, as p99 is of a hundredth of its requests. */
  readonly pacedSeconds: number;
  readonly series: number;
  readonly rounds: number;
  readonly queriesPerSecond: number;
  /** Of samples that are there beforehand, and that queries go over; 0: queries are of the last minutes. */
  readonly hours: number;
  /** Folder for a profile of each unit in each half of a turn. */
  readonly profiles?: string;
}

export interface Turn {
  /** As many samples as on the other sides, as fast as they go. */
  readonly push: Result;
  readonly pushUsage: Spent;
  /** Writers and readers at the same pace on all sides. */
  readonly mixed: Result;
  readonly mixedUsage: Spent;
  readonly residentBytes: number;
}

type Spent = Pick<Usage, 'cpuSeconds' | 'waitedSeconds'>;

export interface SideTurns {
  readonly name: SideName;
  /** One for each round. */
  readonly turns: readonly Turn[];
}

export interface Topology {
  readonly units: number;
  readonly series: number;
  readonly pushSeconds: number;
  readonly pacedSeconds: number;
  readonly pushesPerSecond: number;
  readonly queriesPerSecond: number;
  readonly hours: number;
  readonly sides: readonly SideTurns[];
}

/** One deployment of all sides, in their order, and all turns on it. */
export async function runTopology(
  folder: string,
  charms: Charms,
  units: number,
  settings: Settings,
): Promise<Topology> {
  const model = new Model(folder);
  const cleanups: (() => void)[] = [];
  try {
    await deployMinio(model, charms);
    await allActive(model);
    const sides: Side[] = [];
    for (const name of settings.sides) {
      progress(`${units} units: starting ${name}`);
      sides.push(await deploySide(model, charms, name, { units, series: settings.series }, cleanups));
    }
    return await takeTurns(sides, units, settings);
  } finally {
    for (const cleanup of cleanups.toReversed()) cleanup();
    await model.destroy();
  }
}

/** The same, begun so many places later. */
export function rotated<T>(all: readonly T[], places: number): readonly T[] {
  const begun = places % all.length;
  return [...all.slice(begun), ...all.slice(0, begun)];
}

async function takeTurns(sides: readonly Side[], units: number, settings: Settings): Promise<Topology> {
  const { series, pushSeconds, pacedSeconds, rounds, queriesPerSecond } = settings;
  if (settings.hours > 0) await writeHistory(sides, units, settings.hours);
  progress(`${units} units: finding the pace`);
  const rate = await slowestRate(sides, settings);
  const pace = {
    requests: Math.ceil(rate * pushSeconds),
    pushesPerSecond: Math.ceil(rate * PACED_SHARE),
    queriesPerSecond,
  };
  const turns = new Map<SideName, Turn[]>(sides.map(({ name }) => [name, []]));
  // The first round is not counted: connections are made in it, and memory.
  for (let round = 0; round <= rounds; round++) {
    progress(`${units} units: round ${round} of ${rounds}`);
    // Each is as often the first as any other, and comes before each other one as often as after it.
    const order = rotated(sides, Math.floor(round / 2));
    for (const side of round % 2 === 0 ? order : order.toReversed()) {
      const turn = await takeTurn(side, pace, settings, `${units}-${round}`);
      if (round > 0) turns.get(side.name)?.push(turn);
    }
  }
  return {
    units,
    series,
    pushSeconds,
    pacedSeconds,
    hours: settings.hours,
    ...pace,
    sides: [...turns].map(([name, taken]) => ({ name, turns: taken })),
  };
}

/** Queriers know of a block in the bucket after so long, where they ask it for such times. */
const KNOWN_MS = 150_000;

async function writeHistory(sides: readonly Side[], units: number, hours: number): Promise<void> {
  for (const { name, generator } of sides) {
    progress(`${units} units: ${hours} hours of samples for ${name}`);
    good(await generator.obey({ kind: 'history', hours }));
  }
  await sleep(KNOWN_MS);
}

/** Requests a second. */
async function slowestRate(sides: readonly Side[], { series }: Settings): Promise<number> {
  const rates: number[] = [];
  const bodies = Math.ceil(series / SERIES_PER_REQUEST);
  for (const { generator } of sides) {
    // The first samples make the series.
    const first = good(await generator.obey({ kind: 'push', requests: 2 * bodies }));
    const requests = Math.ceil((CALIBRATION_SECONDS * first.pushes.length) / first.seconds);
    const result = good(await generator.obey({ kind: 'push', requests }));
    rates.push(result.pushes.length / result.seconds);
  }
  return Math.min(...rates);
}

interface Pace {
  readonly requests: number;
  readonly pushesPerSecond: number;
  readonly queriesPerSecond: number;
}

async function takeTurn(
  side: Side,
  { requests, pushesPerSecond, queriesPerSecond }: Pace,
  settings: Settings,
  label: string,
): Promise<Turn> {
  const { generator, pids } = side;
  const { pushSeconds, pacedSeconds, hours } = settings;
  const before = await usageOf(pids);
  const push = await profiled(side, settings, pushSeconds, `push-${label}`, () =>
    generator.obey({ kind: 'push', requests }),
  );
  const between = await usageOf(pids);
  const mixed = await profiled(side, settings, pacedSeconds, `mixed-${label}`, () =>
    generator.obey({ kind: 'mixed', seconds: pacedSeconds, pushesPerSecond, queriesPerSecond, hours }),
  );
  const after = await usageOf(pids);
  return {
    push: good(push),
    pushUsage: spent(before, between),
    mixed: good(mixed),
    mixedUsage: spent(between, after),
    residentBytes: after.residentBytes,
  };
}

/** With a profile of each unit beside it, if they are wanted. */
async function profiled<T>(
  { name, watcher }: Side,
  { profiles }: Settings,
  seconds: number,
  label: string,
  work: () => Promise<T>,
): Promise<T> {
  if (profiles === undefined) return await work();
  await mkdir(profiles, { recursive: true });
  const files = `${profiles}/${name.replaceAll(/[^a-z]+/g, '-')}-${label}`;
  const [result] = await Promise.all([work(), watcher.obey({ kind: 'profile', seconds, files })]);
  return result;
}

function spent(before: Usage, after: Usage): Spent {
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    waitedSeconds: after.waitedSeconds - before.waitedSeconds,
  };
}

/** @throws when anything was refused: then the sides did not do the same work. */
function good(result: Result): Result {
  if (result.failures.length > 0) throw new Error(result.failures.join('\n'));
  return result;
}

export function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
