/** Hooks of Mimir's charm in surroundings of growing size: their processes, their time, and what they leave with Juju. */

import { type Chart, type Curve, sheet } from '../../pictures/chart.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import {
  CERTIFIED_UNITS,
  CLUSTER,
  GRAFANAS,
  type Growing,
  type Grown,
  grown,
  joined,
  SENDERS,
  UNITS,
} from '../../support/growth.ts';
import { type Figure, table } from '../figures.ts';
import { type Measured, slope } from './measured.ts';

const HOST = '127.78.1.151';
const UNIT_COUNTS = [1, 3, 10, 50];
const RELATION_COUNTS = [1, 10, 100];

interface Series {
  readonly growing: Growing;
  readonly results: readonly Grown[];
}

/** In process, so that fifty units and a hundred relations fit on any machine. */
export async function hooks(rounds: number): Promise<Measured> {
  await using _server = await FakeMimir.at(HOST);
  const measure = async (growing: Growing, counts: readonly number[]): Promise<Series> => {
    const results: Grown[] = [];
    for (const count of counts) results.push(await grown(growing, HOST, count, rounds));
    return { growing, results };
  };
  const units = await measure(UNITS, UNIT_COUNTS);
  const certified = await measure(CERTIFIED_UNITS, UNIT_COUNTS);
  const cluster = await measure(CLUSTER, UNIT_COUNTS);
  const senders = await measure(SENDERS, RELATION_COUNTS);
  const grafanas = await measure(GRAFANAS, RELATION_COUNTS);
  const joins: Joins[] = [];
  for (const growing of [UNITS, CERTIFIED_UNITS, CLUSTER]) {
    const processes: number[] = [];
    for (const count of UNIT_COUNTS) processes.push(await joined(growing, HOST, count));
    joins.push({ growing, processes });
  }
  const all = [units, certified, cluster, senders, grafanas];
  const joinSlope = (of: Growing) => {
    const found = joins.find(({ growing }) => growing === of)?.processes ?? [];
    return slope(UNIT_COUNTS, found);
  };
  const keptSlope = ({ results }: Series) =>
    slope(
      results.map(({ count }) => count),
      results.map(({ kept }) => kept),
    );
  return {
    facts: {
      processesForEachPeer: joinSlope(UNITS),
      processesForEachMember: joinSlope(CLUSTER),
      keptForEachMember: keptSlope(cluster),
      keptForEachSender: keptSlope(senders),
      keptForEachGrafana: keptSlope(grafanas),
      largestDatabag: Math.max(...cluster.results.map(({ largest }) => largest)),
    },
    figures: [...all.flatMap(figuresOf), ...joins.map(joinFigure)],
    pictures: [
      {
        file: 'growth-units.svg',
        about: 'Hooks of one unit, by how many units there are',
        svg: sheet([
          processChart(units),
          processChart(certified),
          processChart(cluster),
          timeChart(units),
          lines('processes of one unit while all these come', 'units', 'none', joins.map(joinCurve)),
          lines('bytes in databags and charm state of the one that leads', 'units', 'bytes', [
            ...sizeCurves(certified),
            ...sizeCurves(cluster, 'cluster: '),
          ]),
        ]),
      },
      {
        file: 'growth-relations.svg',
        about: 'Hooks of one unit, by how many relations it has',
        svg: sheet([
          processChart(senders),
          processChart(grafanas),
          timeChart(senders),
          lines('bytes in databags and charm state of the unit', 'relations', 'bytes', [
            ...sizeCurves(senders, 'senders: '),
            ...sizeCurves(grafanas, 'Grafanas: '),
          ]),
        ]),
      },
    ],
    text: [...all.map(tableOf), joinTable(joins)].join('\n\n'),
  };
}

function lines(title: string, x: string, unit: string, curves: readonly Curve[]): Chart {
  return { kind: 'lines', title, x, unit, curves };
}

function hookCurves({ results }: Series, of: 'processes' | 'milliseconds', scale = 1): readonly Curve[] {
  return Object.keys(results[0]?.hooks ?? {}).map((legend) => ({
    legend,
    points: results.map(({ count, hooks }) => [count, (hooks[legend]?.[of] ?? Number.NaN) * scale] as const),
  }));
}

function processChart(series: Series): Chart {
  const { what } = series.growing;
  return lines(`hook-tool processes of a hook, by ${what}`, what, 'none', hookCurves(series, 'processes'));
}

function timeChart(series: Series): Chart {
  const { what } = series.growing;
  return lines(`time of a hook in process, by ${what}`, what, 's', hookCurves(series, 'milliseconds', 1e-3));
}

function sizeCurves({ results }: Series, prefix = ''): readonly Curve[] {
  const of = (legend: string, measure: (grown: Grown) => number): Curve => ({
    legend: `${prefix}${legend}`,
    points: results.map((grown) => [grown.count, measure(grown)] as const),
  });
  return [of('databags', ({ written }) => written), of('charm state', ({ kept }) => kept)];
}

/** Whether the last pieces cost more than the ones before: processes of each hook, and bytes. */
function figuresOf({ growing: { what, events }, results }: Series): readonly Figure[] {
  const each = (measure: (grown: Grown) => number) => {
    const [less, more, most] = results.slice(-3);
    if (less === undefined || more === undefined || most === undefined)
      throw new Error('too few were measured');
    const slope = (a: Grown, b: Grown) => (measure(b) - measure(a)) / (b.count - a.count);
    return { early: slope(less, more), late: slope(more, most) };
  };
  const figure = (name: string, unit: string, slack: number, measure: (grown: Grown) => number): Figure => {
    const { early, late } = each(measure);
    return {
      what: `${what}, each more: ${name}`,
      measured: `${round(late)} ${unit} among the many, ${round(early)} among the few`,
      limit: `${round(1.1 * early + slack)}`,
      holds: late <= 1.1 * early + slack,
    };
  };
  return [
    ...Object.keys(events).map((event) =>
      figure(
        `processes of the hook of ${event}`,
        'processes',
        0,
        ({ hooks }) => hooks[event]?.processes ?? Number.NaN,
      ),
    ),
    // A number with a digit more is no growth.
    figure('databags', 'bytes', 3, ({ written }) => written),
    figure('charm state', 'bytes', 3, ({ kept }) => kept),
  ];
}

/** Processes of one unit's hooks until there are so many others, by {@link UNIT_COUNTS}. */
interface Joins {
  readonly growing: Growing;
  readonly processes: readonly number[];
}

function joinFigure({ growing: { what }, processes }: Joins): Figure {
  const [less = 0, more = 0, most = 0] = processes.slice(-3);
  const [few = 0, some = 0, many = 0] = UNIT_COUNTS.slice(-3);
  const [early, late] = [(more - less) / (some - few), (most - more) / (many - some)];
  return {
    what: `${what}: processes of one unit for each that comes`,
    measured: `${round(late)} among the many, ${round(early)} among the few`,
    limit: `${round(1.1 * early)}`,
    holds: late <= 1.1 * early,
  };
}

function joinCurve({ growing: { what }, processes }: Joins): Curve {
  return {
    legend: what,
    points: UNIT_COUNTS.map((count, i) => [count, processes[i] ?? Number.NaN] as const),
  };
}

function tableOf({ growing: { what }, results }: Series): string {
  const events = Object.keys(results[0]?.hooks ?? {});
  const head = [what, ...events, 'databags', 'the largest', 'charm state'];
  const rows = results.map(({ count, hooks, written, largest, kept }) => [
    `${count}`,
    ...events.map((event) => {
      const { processes, milliseconds } = hooks[event] ?? { processes: Number.NaN, milliseconds: Number.NaN };
      return `${processes} processes, ${milliseconds.toFixed(1)} ms`;
    }),
    ...[written, largest, kept].map((bytes) => `${bytes} B`),
  ]);
  return table([head, ...rows]);
}

function joinTable(joins: readonly Joins[]): string {
  const rows = UNIT_COUNTS.map((count, i) => {
    const hooks = 2 * (count - 1);
    return [
      `${count}`,
      `${hooks}`,
      ...joins.map(({ processes }) => `${processes[i]}`),
      `${count * hooks}`,
      `${count * (joins[0]?.processes[i] ?? Number.NaN)}`,
    ];
  });
  const head = [
    'grown to so many',
    'hooks of one unit',
    ...joins.map(({ growing: { what } }) => `processes of one, ${what}`),
    'hooks of all units',
    'processes of all units, at most',
  ];
  return table([head, ...rows]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
