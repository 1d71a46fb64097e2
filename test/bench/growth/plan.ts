/**
 * A plan for a billion series: what Mimir's documentation asks for, and what the charm's own costs come to there, carried
 * on in a straight line from what was measured in the same run.
 */
import { table } from '../figures.ts';
import type { Facts } from './measured.ts';

const SERIES = 1_000_000_000;
const COPIES = 3;
const SCRAPE_SECONDS = 15;
const QUERIES_PER_SECOND = 500;
const RULES_PER_SECOND = 300;
/** For peaks. */
const HEADROOM = 1.5;

/** The documentation's: so much of something for each core, and what goes with it. */
interface Rule {
  readonly component: string;
  readonly amount: number;
  readonly perCore: number;
  readonly gigabytesPerCore: number;
  readonly disk: number;
  /** How large a unit is chosen. */
  readonly coresPerUnit: number;
  readonly leastUnits: number;
  readonly rule: string;
}

const IN_MEMORY = SERIES * COPIES;
const SAMPLES = SERIES / SCRAPE_SECONDS;

const RULES: readonly Rule[] = [
  {
    component: 'distributor',
    amount: SAMPLES,
    perCore: 25_000,
    gigabytesPerCore: 1,
    disk: 0,
    coresPerUnit: 8,
    leastUnits: 3,
    rule: '25,000 samples a second',
  },
  {
    component: 'ingester',
    amount: IN_MEMORY,
    perCore: 300_000,
    gigabytesPerCore: 2.5,
    disk: (IN_MEMORY / 300_000) * 5,
    coresPerUnit: 10,
    leastUnits: 3,
    rule: '300,000 series in memory, counted with their copies',
  },
  {
    component: 'query-frontend',
    amount: QUERIES_PER_SECOND,
    perCore: 250,
    gigabytesPerCore: 1,
    disk: 0,
    coresPerUnit: 1,
    leastUnits: 2,
    rule: '250 queries a second',
  },
  {
    component: 'query-scheduler',
    amount: QUERIES_PER_SECOND,
    perCore: 500,
    gigabytesPerCore: 0.1,
    disk: 0,
    coresPerUnit: 1,
    leastUnits: 2,
    rule: '500 queries a second',
  },
  {
    component: 'querier',
    amount: QUERIES_PER_SECOND,
    perCore: 10,
    gigabytesPerCore: 1,
    disk: 0,
    coresPerUnit: 4,
    leastUnits: 2,
    rule: '10 queries a second',
  },
  {
    component: 'store-gateway',
    amount: QUERIES_PER_SECOND,
    perCore: 10,
    gigabytesPerCore: 1,
    disk: (SERIES / 1_000_000) * 13,
    coresPerUnit: 1,
    leastUnits: 3,
    rule: '10 queries a second; 13 GB of disk for a million series',
  },
  {
    component: 'ruler',
    amount: RULES_PER_SECOND,
    perCore: 10,
    gigabytesPerCore: 1,
    disk: 0,
    coresPerUnit: 4,
    leastUnits: 2,
    rule: '10 evaluations a second, as queries',
  },
  {
    component: 'compactor',
    amount: SERIES,
    perCore: 20_000_000,
    gigabytesPerCore: 4,
    disk: (SERIES / 20_000_000) * 300,
    coresPerUnit: 1,
    leastUnits: 1,
    rule: '20 million series',
  },
];

function unitsOf({ amount, perCore, coresPerUnit, leastUnits }: Rule): number {
  return Math.max(leastUnits, Math.ceil(amount / perCore / coresPerUnit));
}

/** Of all that run Mimir. */
const ALL_UNITS = RULES.reduce((sum, rule) => sum + unitsOf(rule), 0);
const INGESTERS = RULES.filter(({ component }) => component === 'ingester').reduce(
  (sum, rule) => sum + unitsOf(rule),
  0,
);

export function sizes(): string {
  const rows = RULES.map((rule) => {
    const units = unitsOf(rule);
    const cores = rule.amount / rule.perCore;
    const each = (all: number) => `${Math.ceil((all * HEADROOM) / units)} GB`;
    return [
      `\`${rule.component}\``,
      rule.rule,
      whole(cores),
      `${units}`,
      `${Math.ceil(cores / units)}`,
      each(cores * rule.gigabytesPerCore),
      rule.disk === 0 ? '' : each(rule.disk),
    ];
  });
  const cores = RULES.reduce((sum, { amount, perCore }) => sum + amount / perCore, 0);
  const memory = RULES.reduce(
    (sum, { amount, perCore, gigabytesPerCore }) => sum + (amount / perCore) * gigabytesPerCore * HEADROOM,
    0,
  );
  const total = ['all', '', whole(cores), `${ALL_UNITS}`, '', `${whole(memory / 1000)} TB together`, ''];
  const head = [
    'component',
    'a core for each',
    'cores',
    'units',
    'cores of one',
    'memory of one',
    'disk of one',
  ];
  return [
    `${whole(SERIES)} active series, ${COPIES} copies, a scrape every ${SCRAPE_SECONDS} s (${whole(SAMPLES)} samples a second), ${QUERIES_PER_SECOND} queries and ${RULES_PER_SECOND} rule evaluations a second. Memory and disk with half as much again for peaks.`,
    table([head, ...rows, total]),
  ].join('\n\n');
}

const CLUSTERS = [50, 500, INGESTERS];

/** What of it is the charm's, Juju's or the gossip's. */
export function costs(facts: Facts): string {
  const fact = (name: keyof Facts) => facts[name] ?? Number.NaN;
  const rows: readonly (readonly [string, (count: number) => string])[] = [
    ['hooks of one ingester, when all come one after the other', (count) => whole(2 * (count - 1))],
    [
      'hook-tool processes of one ingester, then',
      (count) => whole((count - 1) * fact('processesForEachPeer')),
    ],
    ['hooks of all ingesters, in one application', (count) => whole(2 * count * (count - 1))],
    [
      'hooks of all ingesters, in three applications',
      (count) => whole(3 * 2 * (count / 3) * (count / 3 - 1)),
    ],
    ['hooks of the unit that leads the cluster', (count) => whole(2 * count)],
    ['hook-tool processes of that unit', (count) => whole(count * fact('processesForEachMember'))],
    ['what it keeps in charm state', (count) => bytes(count * fact('keptForEachMember'))],
    ["ingesters' ring, which gossip sends whole now and then", (count) => bytes(count * fact('ringForEach'))],
    ['what each sends as gossip in a second', (count) => bytes(count * fact('gossipForEach'))],
    ['what all send as gossip in a second', (count) => bytes(count * count * fact('gossipForEach'))],
  ];
  const besides = [
    `The largest databag of the unit that leads has ${bytes(fact('largestDatabag'))}, whether one unit has joined or 50. A newcomer was known to all of ${whole(fact('membersOfGossip'))} ingesters after ${fact('knownToAllAfter').toFixed(1)} s at most. A sender that has changed one group of rules costs the rules sync ${whole(fact('syncForEachSender'))} ms at most, whether 500 groups are there or 2,000.`,
    `A unit remembers its relations in ${bytes(LEDGER)} of charm state at most: about ${whole(LEDGER / fact('keptForEachSender'))} relations of \`receive-remote-write\` or ${whole(LEDGER / fact('keptForEachGrafana'))} of \`grafana-source\`. Beyond that it asks Juju again in each hook.`,
  ];
  return [
    table([
      ['', ...CLUSTERS.map((count) => `${whole(count)} ingesters`)],
      ...rows.map(([what, of]) => [what, ...CLUSTERS.map(of)]),
    ]),
    ...besides,
  ].join('\n\n');
}

/** Characters; see lib/model/relation-ledger.ts. */
const LEDGER = 16 * 60_000;

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [rest, index] = [value, 0];
  while (rest >= 1000 && index < units.length - 1) [rest, index] = [rest / 1000, index + 1];
  return `${Number(rest.toPrecision(3))} ${units[index]}`;
}
