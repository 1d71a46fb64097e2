/**
 * `npm run bench:load`: a load on Mimir as the charm deploys it, and on the same program configured by hand as Mimir's
 * documentation shows it, in turns in one run on one machine. `--write` puts table and plot into
 * docs/reference/load.md; `--keep FILE` keeps what was measured, and `--kept FILE,FILE` tells what was kept instead of
 * measuring anew, several runs together. For a quick look: `--series 5000 --deployments 1 --rounds 1 --units 1`. Exit
 * code 1 when the charm's is more than 5 % behind.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { peer } from '../../../tools/peers.ts';
import type { Charms } from '../deploy.ts';
import { figureTable, writeInto } from '../figures.ts';
import { keep, kept, together } from './kept.ts';
import { figuresOf, pacesOf, pictureOf, ratiosOf, tablesOf } from './report.ts';
import { sidesOf } from './sides.ts';
import { progress, rotated, runTopology, type Settings, type Topology } from './turns.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCS = join(ROOT, 'docs');
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    'push-seconds': { type: 'string', default: '0.5' },
    'paced-seconds': { type: 'string', default: '2' },
    series: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '60' },
    deployments: { type: 'string', default: '3' },
    queries: { type: 'string', default: '40' },
    hours: { type: 'string', default: '0' },
    units: { type: 'string', default: '1,3' },
    sides: { type: 'string', default: 'charm;by hand;by hand again' },
    profiles: { type: 'string' },
    keep: { type: 'string' },
    kept: { type: 'string' },
  },
});
const settings: Settings = {
  sides: sidesOf(values.sides),
  pushSeconds: Number(values['push-seconds']),
  pacedSeconds: Number(values['paced-seconds']),
  series: Number(values.series),
  rounds: Number(values.rounds),
  queriesPerSecond: Number(values.queries),
  hours: Number(values.hours),
  ...(values.profiles !== undefined && { profiles: resolve(values.profiles) }),
};

const deployments = values.kept === undefined ? await measure() : await kept(values.kept.split(','));
if (values.keep !== undefined) await keep(values.keep, deployments);
const topologies = together(deployments);
const figures = topologies.flatMap(figuresOf);
const text = [
  figureTable(figures),
  `Measured on ${cpus().length} × ${cpus()[0]?.model.trim()}, which the load shares, ${new Date().toISOString().slice(0, 10)}. In brackets, of times: the bounds between which nine of ten repetitions would lie; of others: the least stretch of ten turns and the most.`,
  ratiosOf(topologies),
  '![Mimir under load, by the charm and by hand](../pictures/load.svg)',
  pacesOf(topologies),
  tablesOf(topologies),
].join('\n\n');
console.log(text);
if (values.write) {
  await writeFile(join(DOCS, 'pictures', 'load.svg'), pictureOf(topologies));
  await writeInto(join(DOCS, 'reference', 'load.md'), text);
}
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;

async function measure(): Promise<readonly Topology[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'bench-load-'));
  try {
    progress('building what is missing, packing the charms');
    for (const name of ['pebble', 'podbox', 'jujuc', 'minio', 'mimir'] as const) await peer(name);
    const dist = join(scratch, 'dist');
    await promisify(execFile)(process.execPath, [
      join(ROOT, 'pack', 'main.ts'),
      '--arch',
      HERE,
      '--out',
      dist,
    ]);
    const charms = {
      mimir: join(dist, `mimir-k8s_${HERE}.charm`),
      minio: join(dist, `minio-k8s_${HERE}.charm`),
    };
    return await deployEach(scratch, charms);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Each time anew, and begun with another side, so that the order in which they are deployed favours none. */
async function deployEach(scratch: string, charms: Charms): Promise<readonly Topology[]> {
  const measured: Topology[] = [];
  for (let number = 0; number < Number(values.deployments); number++) {
    const { sides, profiles } = settings;
    const ordered = {
      ...settings,
      sides: rotated(sides, number),
      ...(profiles !== undefined && { profiles: join(profiles, String(number)) }),
    };
    for (const units of values.units.split(',').map(Number))
      measured.push(await runTopology(join(scratch, `model-${units}-${number}`), charms, units, ordered));
  }
  return measured;
}
