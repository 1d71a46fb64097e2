/**
 * `npm run bench`: the figures that the project promises, all from one run on this machine. `--write` puts them into
 * docs/reference/figures.md as well. Exit code 1 when one does not hold.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { PEER_NAMES, peer } from '../../tools/peers.ts';
import { deployToActive } from './deploy.ts';
import { timesOf, toolsOf } from './dispatch.ts';
import { type Figure, table, writeInto } from './figures.ts';
import { Model } from './model.ts';
import { OPS_VERSION, pythonCharm } from './python-charm.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs', 'reference', 'figures.md');
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const [MIMIR, NOTHING] = ['mimir-k8s/0', 'nothing-k8s/0'];

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, rounds: { type: 'string', default: '25' } },
});

const scratch = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const figures = await measure(scratch, Number(values.rounds));
  const text = `${table(figures)}\n\nMeasured on ${cpus().length} × ${cpus()[0]?.model.trim() ?? HERE}, ${new Date().toISOString().slice(0, 10)}.`;
  console.log(text);
  if (values.write) await writeInto(PAGE, text);
  process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function measure(folder: string, rounds: number): Promise<readonly Figure[]> {
  progress('building what is missing, packing both charms');
  for (const name of PEER_NAMES) await peer(name);
  const dist = join(folder, 'dist');
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack', 'main.ts'), '--out', dist]);
  await pythonCharm(join(folder, 'nothing'));
  const model = new Model(join(folder, 'model'));
  const charms = {
    mimir: join(dist, `mimir-k8s_${HERE}.charm`),
    minio: join(dist, `minio-k8s_${HERE}.charm`),
  };
  try {
    progress('deploying');
    const seconds = await deployToActive(model, charms);
    progress('relating, until nothing is left to do');
    await relate(model, join(folder, 'nothing'));
    progress(`running ${rounds} dispatches of each charm`);
    const figures = await dispatchFigures(model, rounds);
    return [...figures, deployFigure(seconds), ...(await sizeFigures(dist))];
  } finally {
    await model.destroy();
  }
}

/** Three relations, and the one to its peers. */
async function relate(model: Model, nothing: string): Promise<void> {
  await model.juju('deploy', nothing);
  await model.juju('integrate', 'mimir-k8s:receive-remote-write', 'nothing-k8s:send-remote-write');
  await model.juju('integrate', 'mimir-k8s:grafana-source', 'nothing-k8s:grafana-source');
  await model.settled();
}

async function dispatchFigures(model: Model, rounds: number): Promise<Figure[]> {
  const times = await timesOf(model, [MIMIR, NOTHING], rounds);
  const [ours, theirs] = [times.get(MIMIR), times.get(NOTHING)];
  if (ours === undefined || theirs === undefined) throw new Error('nothing was measured');
  const tools = await toolsOf(model, MIMIR);
  for (const call of tools) progress(`hook tool: ${call}`);
  const ratio = ours.median / theirs.median;
  const show = ({ median, low, high }: typeof ours) =>
    `${median.toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)})`;
  return [
    {
      what: `one dispatch with nothing to change, against a Python charm on ops ${OPS_VERSION} that does nothing`,
      measured: `${ratio.toFixed(2)} times: ${show(ours)} against ${show(theirs)}`,
      limit: '1.00 times',
      holds: ratio <= 1,
    },
    {
      what: 'hook-tool processes in that dispatch, on a unit with three relations',
      measured: `${tools.length}`,
      limit: '8',
      holds: tools.length <= 8,
    },
  ];
}

function deployFigure(seconds: number): Figure {
  return {
    what: "from the first deploy to all active in the local model, 15 s of it Mimir's own wait",
    measured: `${seconds.toFixed(0)} s`,
    limit: '45 s',
    holds: seconds <= 45,
  };
}

async function sizeFigures(dist: string): Promise<Figure[]> {
  const names = ['mimir-k8s', 'minio-k8s'].flatMap((name) => [`${name}_amd64.charm`, `${name}_arm64.charm`]);
  return Promise.all(
    names.map(async (name) => {
      const { size } = await stat(join(dist, name));
      return { what: name, measured: `${(size / 1e6).toFixed(1)} MB`, limit: '60 MB', holds: size <= 60e6 };
    }),
  );
}

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
