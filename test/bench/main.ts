/**
 * `npm run bench`: the figures that the project promises, all from one run on this machine. `--write` puts them into
 * docs/reference/figures.md as well; `--only dispatch,events` measures some of them. Exit code 1 when one does not hold.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { AT_ONCE } from '../../lib/hook-tools/process-runner.ts';
import { PEER_NAMES, peer } from '../../tools/peers.ts';
import { OPS_VERSION, packedCharm, plainCharm, pythonCharm } from './charms.ts';
import { deployToActive } from './deploy.ts';
import { median, type Times, timesOf, toolsOf } from './dispatch.ts';
import { type Figure, figureTable, table, writeInto } from './figures.ts';
import { manyUnits } from './many-units.ts';
import { Model } from './model.ts';
import { eventCosts, RELATIONS, type Side, setUp } from './processes.ts';
import { SENDERS } from './rules.ts';
import { rulesSync } from './rules-sync.ts';
import { rulesUnit } from './rules-unit.ts';
import { tracingCost, type Unit } from './tracing.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs', 'reference', 'figures.md');
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const [MIMIR, NOTHING, OPS] = ['mimir-k8s/0', 'nothing-k8s/0', 'nothing-ops/0'];

interface Measured {
  readonly figures: readonly Figure[];
  /** Shown below the figures. */
  readonly text?: string;
}

/** What can be measured, each with a folder for its files. */
const PARTS = {
  dispatch: measureDispatch,
  events: measureEvents,
  units: measureUnits,
  tracing: measureTracing,
  rules: measureRules,
  sizes: measureSizes,
} as const satisfies Record<string, (folder: string, rounds: number) => Promise<Measured>>;

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '25' },
    only: { type: 'string', default: Object.keys(PARTS).join() },
  },
});

const scratch = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const results: Measured[] = [];
  for (const [name, measure] of Object.entries(PARTS))
    if (values.only.split(',').includes(name))
      results.push(await measure(join(scratch, name), Number(values.rounds)));
  const figures = results.flatMap((result) => result.figures);
  const machine = `Measured on ${cpus().length} × ${cpus()[0]?.model.trim() ?? HERE}, ${new Date().toISOString().slice(0, 10)}.`;
  const text = [figureTable(figures), machine, ...results.flatMap((result) => result.text ?? [])].join(
    '\n\n',
  );
  console.log(text);
  if (values.write) await writeInto(PAGE, text);
  process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** Mimir's charm and a minimal one, against one on ops that does nothing. */
async function measureDispatch(folder: string, rounds: number): Promise<Measured> {
  progress('building what is missing, packing the charms');
  for (const name of PEER_NAMES) await peer(name);
  const charms = await packBoth(join(folder, 'dist'));
  const model = new Model(join(folder, 'model'));
  try {
    progress('deploying');
    const seconds = await deployToActive(model, charms);
    progress('relating, until nothing is left to do');
    await model.juju('deploy', await packedCharm('nothing', folder));
    await model.juju('deploy', await pythonCharm('nothing-ops', folder));
    // Three relations, and the one to its peers.
    await model.juju('integrate', 'mimir-k8s:receive-remote-write', 'nothing-ops:send-remote-write');
    await model.juju('integrate', 'mimir-k8s:grafana-source', 'nothing-ops:grafana-source');
    await model.settled();
    progress(`running ${rounds} dispatches of each charm`);
    return { figures: [...(await dispatchFigures(model, rounds)), deployFigure(seconds)] };
  } finally {
    await model.destroy();
  }
}

async function dispatchFigures(model: Model, rounds: number): Promise<Figure[]> {
  const times = await timesOf(model, [OPS, NOTHING, MIMIR], rounds);
  const [theirs, minimal, mimir] = [times.get(OPS), times.get(NOTHING), times.get(MIMIR)];
  if (theirs === undefined || minimal === undefined || mimir === undefined)
    throw new Error('nothing was measured');
  const tools = await toolsOf(model, MIMIR);
  for (const call of tools) progress(`hook tool of Mimir's charm: ${call}`);
  return [
    ratio(
      `a dispatch with nothing to do of a minimal charm, against one on ops ${OPS_VERSION}`,
      minimal,
      theirs,
      0.5,
    ),
    ratio("a dispatch with nothing to do of Mimir's charm, against the same minimal one", mimir, theirs, 0.8),
    {
      what: 'hook-tool processes in that dispatch, on a unit with three relations',
      measured: `${tools.length}`,
      limit: '8',
      holds: tools.length <= 8,
    },
  ];
}

function ratio(what: string, ours: Times, theirs: Times, limit: number): Figure {
  const show = ({ median, low, high, cpu }: Times) =>
    `${median.toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)}; ${cpu.toFixed(0)} of CPU)`;
  const measured = ours.median / theirs.median;
  return {
    what,
    measured: `${measured.toFixed(2)} times: ${show(ours)} against ${show(theirs)}`,
    limit: `${limit.toFixed(2)} times`,
    holds: measured <= limit,
  };
}

function deployFigure(seconds: number): Figure {
  return {
    what: "from the first deploy to all active in the local model, 15 s of it Mimir's own wait",
    measured: `${seconds.toFixed(0)} s`,
    limit: '45 s',
    holds: seconds <= 45,
  };
}

/** The same small charm on ops and on charmwright: what the events of a unit with ten relations cost. */
async function measureEvents(folder: string, rounds: number): Promise<Measured> {
  progress(`relating the same charm on ops and on charmwright ${RELATIONS} times each`);
  const model = new Model(join(folder, 'model'));
  const sides = [
    { app: 'feeds-ops', source: 'source-a' },
    { app: 'feeds-k8s', source: 'source-b' },
  ] as const satisfies Side[];
  try {
    await setUp(model, sides[0], await pythonCharm('feeds-ops', folder), plainCharm('source'));
    await setUp(model, sides[1], await packedCharm('feeds', folder), plainCharm('source'));
    const repeats = Math.ceil(rounds / 8);
    progress(`running each event ${repeats} times`);
    const costs = await eventCosts(model, sides, repeats);
    const rows = costs.map(({ event, costs: [theirs, ours] }) => [
      event,
      `${theirs?.processes}`,
      `${ours?.processes}`,
      `${theirs?.milliseconds.toFixed(0)} ms`,
      `${ours?.milliseconds.toFixed(0)} ms`,
    ]);
    const head = ['event', `processes, ops ${OPS_VERSION}`, 'here', 'time, ops', 'here'];
    return {
      figures: costs.map(({ event, limit, costs: [theirs, ours] }) => {
        const share = (ours?.processes ?? Number.NaN) / (theirs?.processes ?? Number.NaN);
        return {
          what: `hook-tool processes of one charm logic with ${RELATIONS} relations, against ops: ${event}`,
          measured: `${share.toFixed(2)} times: ${ours?.processes} against ${theirs?.processes}`,
          limit: `${limit.toFixed(2)} times`,
          holds: share <= limit,
        };
      }),
      text: table([head, ...rows]),
    };
  } finally {
    await model.destroy();
  }
}

/** What it adds to a dispatch that it is traced. */
async function measureTracing(folder: string, rounds: number): Promise<Measured> {
  progress(`running ${rounds} dispatches of a charm, traced and not`);
  const { samples, spans } = await tracingCost(folder, rounds);
  progress(`a dispatch is ${spans.toFixed(1)} spans`);
  const [time, cpu] = (['passed', 'cpu'] as const).map(
    (measure) => (unit: Unit) => median(samples[unit].map((sample) => sample[measure])),
  );
  if (time === undefined || cpu === undefined) throw new Error('nothing was measured');
  const figure = (what: string, unit: Unit): Figure => ({
    what: `a dispatch with nothing to do of a traced charm, ${what}, against the same without the relation`,
    measured: `${(time(unit) / time('without')).toFixed(2)} times: ${time(unit).toFixed(0)} ms against ${time('without').toFixed(0)} ms; of CPU ${(cpu(unit) / cpu('without')).toFixed(2)} times: ${cpu(unit).toFixed(0)} ms against ${cpu('without').toFixed(0)} ms`,
    limit: '1.05 times',
    holds: time(unit) <= 1.05 * time('without'),
  });
  return {
    figures: [
      figure('the collector taking its traces', 'collecting'),
      figure('the collector being away', 'away'),
    ],
  };
}

/** Whether a unit more costs the same with a thousand as with a hundred, and how many processes there are at once. */
async function measureUnits(folder: string): Promise<Measured> {
  progress('reading up to 1,000 units of one relation');
  const results = await manyUnits(folder, [10, 100, 1000]);
  const [few, some, many] = results;
  if (few === undefined || some === undefined || many === undefined) throw new Error('nothing was measured');
  const each = (more: typeof few, less: typeof few) =>
    (more.milliseconds - less.milliseconds) / (more.units - less.units);
  const growth = each(many, some) / each(some, few);
  const rows = results.map(({ units, processes, mostAtOnce, milliseconds, megabytes }) => [
    `${units}`,
    `${milliseconds.toFixed(0)} ms`,
    `${processes}`,
    `${mostAtOnce}`,
    `${megabytes.toFixed(0)} MB`,
  ]);
  const head = [
    'units of one relation',
    'a dispatch reads all',
    'processes',
    'at once',
    "the charm's memory",
  ];
  return {
    figures: [
      {
        what: 'one unit more in a relation of 1,000, against one of 100',
        measured: `${growth.toFixed(2)} times: ${each(many, some).toFixed(1)} ms against ${each(some, few).toFixed(1)} ms`,
        limit: '1.50 times',
        holds: growth <= 1.5,
      },
      {
        what: 'hook-tool processes at the same time, reading 1,000 units',
        measured: `${many.mostAtOnce}`,
        limit: `${AT_ONCE}`,
        holds: many.mostAtOnce <= AT_ONCE,
      },
    ],
    text: table([head, ...rows]),
  };
}

/** Rules of a hundred senders: beside mimirtool, and what they cost a unit that has them. */
async function measureRules(folder: string): Promise<Measured> {
  progress('syncing 2,000 rule groups, by the charm and by mimirtool');
  const comparisons = await rulesSync(join(folder, 'sync'), 5);
  const model = new Model(join(folder, 'model'));
  try {
    const charms = await packBoth(join(folder, 'dist'));
    progress(`relating ${SENDERS} senders`);
    await deployToActive(model, charms);
    const { changed, quiet, requests, everything } = await rulesUnit(model, folder, 5);
    const [seconds, most] = [changed.milliseconds / 1000, 12 + 1];
    const unit = `${SENDERS} senders with 20 rule groups each`;
    return {
      figures: [
        ...comparisons.map(({ step, ours, theirs }) => ({
          what: `rules brought into the ruler on MinIO, against mimirtool: ${step}`,
          measured: `${(ours / theirs).toFixed(2)} times: ${(ours / 1000).toFixed(1)} s against ${(theirs / 1000).toFixed(1)} s`,
          limit: '0.70 times',
          holds: ours <= 0.7 * theirs,
        })),
        {
          what: `${unit}, one of them changes a group: the hook`,
          measured: `${seconds.toFixed(2)} s`,
          limit: '2 s',
          holds: seconds <= 2,
        },
        {
          what: `${unit}: hook-tool processes of that hook`,
          measured: `${changed.processes}`,
          limit: `${most}`,
          holds: changed.processes <= most,
        },
        {
          what: `${unit}: requests to the ruler while nothing changes`,
          measured: `${requests}`,
          limit: '0',
          holds: requests === 0,
        },
      ],
      text: table([
        [`a hook of a unit with ${unit}`, 'processes', 'time'],
        ...Object.entries({
          'nothing has changed': quiet,
          'one group has changed': changed,
          'all that the ruler holds is compared, as after a change of leader': everything,
        }).map(([hook, { processes, milliseconds }]) => [
          hook,
          `${processes}`,
          `${milliseconds.toFixed(0)} ms`,
        ]),
      ]),
    };
  } finally {
    await model.destroy();
  }
}

async function measureSizes(folder: string): Promise<Measured> {
  await packBoth(folder);
  const names = ['mimir-k8s', 'minio-k8s'].flatMap((name) => [`${name}_amd64.charm`, `${name}_arm64.charm`]);
  const figures = names.map(async (name) => {
    const { size } = await stat(join(folder, name));
    return { what: name, measured: `${(size / 1e6).toFixed(1)} MB`, limit: '60 MB', holds: size <= 60e6 };
  });
  return { figures: await Promise.all(figures) };
}

/** Both charms of this repository. @returns those for this machine. */
async function packBoth(folder: string): Promise<{ readonly mimir: string; readonly minio: string }> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack', 'main.ts'), '--out', folder]);
  return {
    mimir: join(folder, `mimir-k8s_${HERE}.charm`),
    minio: join(folder, `minio-k8s_${HERE}.charm`),
  };
}

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
