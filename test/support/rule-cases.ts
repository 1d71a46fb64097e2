/** Cases of test/rules/ as promtool's own test files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const seriesShape = z.record(z.string(), z.coerce.string());
const caseShape = z.strictObject({
  at: z.string(),
  /** Time between samples, and between evaluations. */
  every: z.string().default('1m'),
  series: seriesShape,
});
const casesShape = z.record(
  z.string(),
  z.strictObject({
    fires: caseShape.extend({ labels: z.record(z.string(), z.string()), value: z.number().default(1) }),
    quiet: caseShape,
  }),
);
type Case = z.output<typeof caseShape>;

export interface RuleCase {
  /** The file's name, without ending. */
  readonly area: string;
  /** The alert's, or the name of what is recorded. */
  readonly rule: string;
  readonly kind: 'fires' | 'quiet' | 'of others';
  readonly at: string;
  readonly every: string;
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const FOLDER = join(import.meta.dirname, '..', 'rules');

/** Each case; and each that fires once more, with the series of another application, for which nothing may fire. */
export async function ruleCases(): Promise<readonly RuleCase[]> {
  const names = (await readdir(FOLDER)).toSorted();
  const files = await Promise.all(names.map(readCases));
  return files.flat();
}

async function readCases(name: string): Promise<readonly RuleCase[]> {
  const cases = casesShape.parse(parse(await readFile(join(FOLDER, name), 'utf8')));
  const area = name.replace('.yaml', '');
  return Object.entries(cases).flatMap(([rule, { fires, quiet }]): readonly RuleCase[] => [
    { area, rule, kind: 'fires', ...scoped(fires, OWN), expected: [fires] },
    { area, rule, kind: 'quiet', ...scoped(quiet, OWN), expected: [] },
    { area, rule, kind: 'of others', ...scoped(fires, OTHER), expected: [] },
  ]);
}

export const OWN = {
  juju_model: 'cos',
  juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  juju_application: 'mimir-k8s',
} as const;
const OTHER = { ...OWN, juju_application: 'other' } as const;

function scoped({ at, every, series }: Case, labels: Readonly<Record<string, string>>) {
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
  const added = Object.entries(series).map(([selector, values]) => {
    const [, metric = '', own = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(selector) ?? [];
    return [`${metric}{${[text, own].filter((part) => part !== '').join(',')}}`, values];
  });
  return { at, every, series: Object.fromEntries(added) };
}

/**
 * A file for `promtool test rules`. All cases have the same `every`. Groups are evaluated in the order in which they are
 * given; promtool's own order is another one in each run, and an alert that comes before what it looks at is recorded
 * sees what was recorded one `every` ago, or nothing.
 */
export function promtoolFile(
  cases: readonly RuleCase[],
  ruleFile: string,
  groups: readonly string[],
): string {
  const tests = cases.map(({ rule, kind, at, every, series, expected }) => ({
    name: `${rule} ${kind}`,
    interval: every,
    input_series: Object.entries(series).map(([selector, values]) => ({ series: selector, values })),
    promql_expr_test: [
      {
        expr: query(rule),
        eval_time: at,
        exp_samples: expected.map(({ labels, value }) => ({ labels: labelText(rule, labels), value })),
      },
    ],
  }));
  return stringify({
    rule_files: [ruleFile],
    evaluation_interval: cases[0]?.every ?? '1m',
    group_eval_order: groups,
    tests,
  });
}

const isRecord = (rule: string) => rule.includes(':');

function query(rule: string): string {
  if (isRecord(rule)) return `round({__name__="${rule}"}, 0.001)`;
  return `ALERTS{alertname="${rule}",alertstate="firing"}`;
}

function labelText(rule: string, labels: Readonly<Record<string, string>>): string {
  const all = { ...OWN, juju_charm: 'mimir-k8s', ...labels };
  const alert = isRecord(rule) ? {} : { alertname: rule, alertstate: 'firing' };
  const text = Object.entries({ ...all, ...alert }).map(([name, value]) => `${name}="${value}"`);
  return `${isRecord(rule) ? '' : 'ALERTS'}{${text.join(',')}}`;
}
