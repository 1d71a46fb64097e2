/** Both sides in one model, and the turns that they take. */
import { CONFIG_FILE, HTTP_PORT } from '../../../charm/plan/paths.ts';
import { deployToActive } from '../deploy.ts';
import { Model } from '../model.ts';
import { BY_HAND_FILE, deployByHand } from './by-hand.ts';
import { Generator } from './drive.ts';
import { OPTIONS } from './limits.ts';
import type { Result } from './protocol.ts';
import { SERIES_PER_REQUEST } from './series.ts';
import { daemonOf, processesOf, type Usage, usageOf } from './usage.ts';

/** Of the rate that the slower side bears: queries are to meet writes, not a wall of them. */
const PACED_SHARE = 0.3;
/** Requests by which the rate is found, as a share of a turn's. */
const CALIBRATION_SECONDS = 3;

export interface Settings {
  /** Of each half of a turn. */
  readonly seconds: number;
  readonly series: number;
  readonly rounds: number;
  readonly queriesPerSecond: number;
}

export const SIDES = ['charm', 'by hand'] as const;
export type SideName = (typeof SIDES)[number];

export interface Turn {
  /** As many samples as on the other side, as fast as they go. */
  readonly push: Result;
  readonly pushCpuSeconds: number;
  /** Writers and readers at the same pace on both sides. */
  readonly mixed: Result;
  readonly mixedCpuSeconds: number;
  readonly residentBytes: number;
}

export interface Topology {
  readonly units: number;
  readonly pushesPerSecond: number;
  readonly queriesPerSecond: number;
  readonly turns: Readonly<Record<SideName, readonly Turn[]>>;
}

interface Side {
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  readonly generator: Generator;
}

export async function runTopology(
  folder: string,
  charms: { readonly mimir: string; readonly minio: string },
  units: number,
  settings: Settings,
): Promise<Topology> {
  progress(`deploying ${units} by the charm`);
  const model = new Model(folder);
  const cleanups: (() => void)[] = [];
  try {
    await deployToActive(model, charms, ['-n', String(units), ...OPTIONS]);
    progress(`starting ${units} by hand`);
    const byHand = await deployByHand(model, `${folder}-by-hand`, units);
    cleanups.push(byHand.stop);
    const addresses = await model.addresses('mimir-k8s');
    const place = {
      charm: { urls: addresses.map((address) => `http://${address}:${HTTP_PORT}`), file: CONFIG_FILE },
      'by hand': { urls: byHand.urls, file: BY_HAND_FILE },
    };
    const daemon = await daemonOf(folder);
    const sideOf = async (name: SideName): Promise<Side> => {
      const { urls, file } = place[name];
      const generator = new Generator(daemon, urls, settings.series);
      cleanups.push(() => generator.end());
      await generator.obey({ kind: 'ready' });
      const pids = await processesOf(folder, file);
      if (pids.length !== units) throw new Error(`${pids.length} processes run ${name}, not ${units}`);
      return { urls, pids, generator };
    };
    return await takeTurns(
      { charm: await sideOf('charm'), 'by hand': await sideOf('by hand') },
      units,
      settings,
    );
  } finally {
    for (const cleanup of cleanups.toReversed()) cleanup();
    await model.destroy();
  }
}

async function takeTurns(
  sides: Readonly<Record<SideName, Side>>,
  units: number,
  settings: Settings,
): Promise<Topology> {
  const { seconds, rounds, queriesPerSecond } = settings;
  progress(`${units} units: finding the pace`);
  const rates: number[] = [];
  const bodies = Math.ceil(settings.series / SERIES_PER_REQUEST);
  for (const name of SIDES) {
    const { generator } = sides[name];
    // The first samples make the series.
    const first = good(await generator.obey({ kind: 'push', requests: 2 * bodies }));
    const requests = Math.ceil((CALIBRATION_SECONDS * first.pushes.length) / first.seconds);
    const result = good(await generator.obey({ kind: 'push', requests }));
    rates.push(result.pushes.length / result.seconds);
  }
  const rate = Math.min(...rates);
  const [requests, pushesPerSecond] = [Math.ceil(rate * seconds), Math.ceil(rate * PACED_SHARE)];
  const turns: Record<SideName, Turn[]> = { charm: [], 'by hand': [] };
  for (let round = 0; round < rounds; round++) {
    // Neither is always the first.
    for (const name of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      progress(`${units} units: turn ${round + 1} of ${rounds}, ${name}`);
      const { generator, pids } = sides[name];
      const before = await usageOf(pids);
      const push = good(await generator.obey({ kind: 'push', requests }));
      const between = await usageOf(pids);
      const mixed = good(await generator.obey({ kind: 'mixed', seconds, pushesPerSecond, queriesPerSecond }));
      const after = await usageOf(pids);
      turns[name].push({
        push,
        pushCpuSeconds: spent(before, between),
        mixed,
        mixedCpuSeconds: spent(between, after),
        residentBytes: after.residentBytes,
      });
    }
  }
  return { units, pushesPerSecond, queriesPerSecond, turns };
}

function spent(before: Usage, after: Usage): number {
  return after.cpuSeconds - before.cpuSeconds;
}

/** @throws when anything was refused: then the sides did not do the same work. */
function good(result: Result): Result {
  if (result.failures.length > 0) throw new Error(result.failures.join('\n'));
  return result;
}

export function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
