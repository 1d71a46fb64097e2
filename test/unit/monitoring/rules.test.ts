/** Our alert and recording rules, as the charm publishes them, in Prometheus' own promtool. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfMetrics } from '../../../charm/neighbours/self-metrics.ts';
import { ownGroups } from '../../../monitoring/rules.ts';
import { type RuleGroup, scrapeSchemas } from '../../../relations/prometheus-scrape.ts';
import { withTopology } from '../../../relations/topology-rules.ts';
import { peer } from '../../../tools/peers.ts';
import { inputs } from '../../support/mimir-inputs.ts';
import { promtoolFile, type RuleCase, ruleCases } from '../../support/rule-cases.ts';

const cases = await ruleCases();
const groups = await ownGroups();
const names = groups.flatMap(({ rules }) =>
  rules.map((rule) => ('alert' in rule ? rule.alert : rule.record)),
);
const relation = { id: 4, name: 'self-metrics-endpoint:4' };
const published = scrapeSchemas.alert_rules.parse(
  JSON.parse(selfMetrics.publish?.(inputs(), relation).app?.alert_rules ?? ''),
);

let folder: string;
let promtool: string;

beforeAll(async () => {
  promtool = await peer('promtool');
  folder = await mkdtemp(join(tmpdir(), 'own-rules-'));
  await writeFile(join(folder, 'published.yaml'), JSON.stringify(published));
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function promtoolSays(...words: readonly string[]): Promise<string> {
  const run = promisify(execFile)(promtool, [...words], { cwd: folder });
  const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
  return `${stdout}${stderr}`;
}

/** The groups of the rules in these cases, and what they look at. */
function groupsFor(some: readonly RuleCase[]): readonly RuleGroup[] {
  const wanted = new Set(some.map(({ rule }) => rule));
  return published.groups.filter(({ rules }) =>
    rules.some(({ alert, record }) => record !== undefined || wanted.has(alert ?? '')),
  );
}

const namesOf = (some: readonly RuleGroup[]) => some.map(({ name }) => name);

test('the charm publishes them as if they had been given their topology one by one', () => {
  const topology = {
    model: 'cos',
    modelUuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
    application: 'mimir-k8s',
    charm: 'mimir-k8s',
  };
  expect(published.groups).toEqual(groups.map((group) => withTopology(group, topology)));
});

test('promtool finds nothing wrong with any of them', async () => {
  const said = await promtoolSays('check', 'rules', 'published.yaml');
  expect(said).toContain(`SUCCESS: ${names.length} rules found`);
});

test('every rule has a case in which it fires, and one in which it does not', () => {
  const covered = (kind: string) => cases.filter((each) => each.kind === kind).map(({ rule }) => rule);
  for (const kind of ['fires', 'quiet', 'of others'])
    expect(covered(kind).toSorted()).toEqual(names.toSorted());
  console.log(`${names.length} rules, ${cases.length} cases`);
});

describe('promtool agrees about the cases of', () => {
  const files = Map.groupBy(cases, ({ area, every }) => `${area}.${every}`);
  test.each([...files])('%s', async (name, some) => {
    const looked = groupsFor(some);
    await writeFile(join(folder, `${name}.yaml`), JSON.stringify({ groups: looked }));
    await writeFile(join(folder, `${name}.test.yaml`), promtoolFile(some, `${name}.yaml`, namesOf(looked)));
    expect(await promtoolSays('test', 'rules', `${name}.test.yaml`)).toContain('SUCCESS');
  });
});

test('promtool would say if one fired that should not', async () => {
  const [one] = cases.filter(({ rule, kind }) => rule === 'MimirUnitDown' && kind === 'fires');
  if (one === undefined) throw new Error('there is no such case');
  await writeFile(
    join(folder, 'wrong.test.yaml'),
    promtoolFile([{ ...one, expected: [] }], 'published.yaml', namesOf(published.groups)),
  );
  expect(await promtoolSays('test', 'rules', 'wrong.test.yaml')).toContain('FAILED');
});
