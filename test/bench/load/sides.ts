/** What is compared: Mimir as the charm deploys it, and Mimirs that are configured by hand, all in one model. */

import { CONFIG_FILE, HTTP_PORT } from '../../../charm/plan/paths.ts';
import { allActive, type Charms, deployMimir } from '../deploy.ts';
import type { Model } from '../model.ts';
import { configFile, deployByHand, type Variant } from './by-hand.ts';
import { Generator } from './drive.ts';
import { OPTIONS } from './limits.ts';
import { daemonOf, processesOf } from './usage.ts';

/** Those by hand, by what they have that Mimir's documentation does not show. */
const BY_HAND = {
  'by hand': {},
  /** Tells what the method itself makes of two that are the same. */
  'by hand again': {},
  'by hand, recent from bucket': {
    more: {
      querier: { query_store_after: '0s' },
      blocks_storage: { bucket_store: { ignore_blocks_within: '0s', sync_interval: '25s' } },
      compactor: { cleanup_interval: '30s' },
    },
  },
  'by hand, shared queries': { more: { query_scheduler: { service_discovery_mode: 'ring' } } },
  'by hand, logs to file': { logsToFile: true },
  'by hand, one session': { inOneSession: true },
} as const satisfies Record<string, Variant>;

export type SideName = 'charm' | keyof typeof BY_HAND;

export const NAMES = [
  'charm',
  'by hand',
  'by hand again',
  'by hand, recent from bucket',
  'by hand, shared queries',
  'by hand, logs to file',
  'by hand, one session',
] as const satisfies readonly SideName[];

export interface Side {
  readonly name: SideName;
  readonly pids: readonly number[];
  readonly generator: Generator;
  /** Takes profiles while the other one is busy. */
  readonly watcher: Generator;
}

/** @param text names with semicolons between them. @throws when one is unknown, or the charm is not the first. */
export function sidesOf(text: string): readonly SideName[] {
  const sides = text.split(';').map((word) => {
    const name = NAMES.find((each) => each === word.trim());
    if (name === undefined) throw new RangeError(`"${word}" is none of: ${NAMES.join('; ')}`);
    return name;
  });
  if (sides[0] !== 'charm')
    throw new RangeError('the first side must be: charm (the others are what it is held against)');
  return sides;
}

/** Deploys one beside those that are there. The model has a MinIO. */
export async function deploySide(
  model: Model,
  charms: Charms,
  name: SideName,
  { units, series }: { readonly units: number; readonly series: number },
  cleanups: (() => void)[],
): Promise<Side> {
  const { urls, file } = await deployed(model, charms, name, units, cleanups);
  const daemon = await daemonOf(model.folder);
  const [generator, watcher] = [new Generator(daemon, urls, series), new Generator(daemon, urls, 1)];
  cleanups.push(
    () => generator.end(),
    () => watcher.end(),
  );
  await generator.obey({ kind: 'ready' });
  const pids = await processesOf(model.folder, file);
  if (pids.length !== units) throw new Error(`${pids.length} processes run ${name}, not ${units}`);
  return { name, pids, generator, watcher };
}

async function deployed(
  model: Model,
  charms: Charms,
  name: SideName,
  units: number,
  cleanups: (() => void)[],
): Promise<{ readonly urls: readonly string[]; readonly file: string }> {
  if (name === 'charm') {
    await deployMimir(model, charms, ['-n', String(units), ...OPTIONS]);
    await allActive(model);
    const addresses = await model.addresses('mimir-k8s');
    return { urls: addresses.map((address) => `http://${address}:${HTTP_PORT}`), file: CONFIG_FILE };
  }
  const app = name.replaceAll(/[^a-z]+/g, '-');
  const { urls, stop } = await deployByHand(model, { app, units, variant: BY_HAND[name] });
  cleanups.push(stop);
  return { urls, file: configFile(app) };
}
