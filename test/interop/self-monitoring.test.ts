/**
 * What the charm says of itself, at its neighbours': Canonical's own library, Python's lzma and xz for the dashboards, a
 * charm on ops and cosl in the local model, and Prometheus' own tool beside our matchers.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENCODED_DASHBOARDS } from '../../charm/neighbours/dashboards.generated.ts';
import { DASHBOARDS } from '../../monitoring/dashboards/index.ts';
import { dashboardPath, dashboardUid, grafanaDashboard } from '../../monitoring/grafana.ts';
import { ownGroups } from '../../monitoring/rules.ts';
import { withMatchers } from '../../relations/promql.ts';
import { withTopology } from '../../relations/topology-rules.ts';
import { peer } from '../../tools/peers.ts';
import { TestModel } from '../support/local-model.ts';
import { pythonLibrary } from '../support/pypi.ts';

const run = promisify(execFile);
const TOPOLOGY = {
  model: 'cos',
  modelUuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  application: 'mimir-k8s',
  charm: 'mimir-k8s',
};
const WORDS = { juju_model: 'cos', juju_model_uuid: TOPOLOGY.modelUuid, juju_application: 'mimir-k8s' };

let library: string;
let folder: string;

beforeAll(async () => {
  library = await pythonLibrary('cosl', '1.11.3');
  folder = await mkdtemp(join(tmpdir(), 'self-monitoring-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script that reads `given` and prints JSON. */
function python(script: string, given: unknown): unknown {
  const text = execFileSync('python3', ['-c', `import json, sys\ngiven = json.load(sys.stdin)\n${script}`], {
    input: JSON.stringify(given),
    env: { ...process.env, PYTHONPATH: library },
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text.toString());
}

describe('dashboards', () => {
  const wanted = Object.fromEntries(DASHBOARDS.map((each) => [each.name, grafanaDashboard(each)]));

  test('are unpacked by the library that Grafana’s charm uses, and by xz', async () => {
    const unpacked = python(
      'from cosl import LZMABase64\nprint(json.dumps({k: json.loads(LZMABase64.decompress(v)) for k, v in given.items()}))',
      ENCODED_DASHBOARDS,
    );
    expect(unpacked).toEqual(wanted);
    for (const [name, content] of Object.entries(ENCODED_DASHBOARDS)) {
      const text = execFileSync('xz', ['-d', '-c'], { input: Buffer.from(content, 'base64') });
      expect(JSON.parse(text.toString())).toEqual(wanted[name]);
    }
  });

  test('have the ids that the library would give them', () => {
    const paths = DASHBOARDS.map((each) => dashboardPath(each));
    const ids = python(
      'from cosl.grafana_dashboard import DashboardPath40UID as D\nprint(json.dumps([D.generate("mimir-k8s", p) for p in given]))',
      paths,
    );
    expect(DASHBOARDS.map((each) => dashboardUid(each))).toEqual(ids);
  });
});

describe('rules', () => {
  test('get the labels and the names of groups that the library would give them', async () => {
    const groups = await ownGroups();
    const theirs = python(
      `from cosl import JujuTopology
from cosl.rules import AlertRules
topology = JujuTopology("cos", "${TOPOLOGY.modelUuid}", "mimir-k8s", "mimir-k8s/0", "mimir-k8s")
rules = AlertRules("promql", topology)
rules.add({"groups": given}, group_name_prefix=topology.identifier)
print(json.dumps(rules.as_dict()["groups"]))`,
      groups,
    );
    // Without its program for matchers the library leaves expressions as they are.
    const ours = groups.map((group) => {
      const { rules, name } = withTopology(group, TOPOLOGY);
      return { name, rules: rules.map((rule, i) => ({ ...rule, expr: group.rules[i]?.expr })) };
    });
    expect(ours).toEqual(theirs);
  });

  test('get the matchers that Prometheus’ own tool would put into them', async () => {
    const promtool = await peer('promtool');
    const promql = async (...words: readonly string[]) =>
      (await run(promtool, ['promql', ...words, '--experimental'])).stdout.trim();
    const expressions = (await ownGroups()).flatMap(({ rules }) => rules.map(({ expr }) => expr));
    for (const expr of expressions) {
      let theirs = expr;
      for (const [label, value] of Object.entries(WORDS))
        theirs = await promql('label-matchers', 'set', '-t', '=', theirs, label, value);
      const matchers = Object.entries(WORDS).map(([label, value]) => ({ label, op: '=', value }) as const);
      const ours = withMatchers(expr, matchers);
      expect(await promql('format', ours)).toBe(await promql('format', theirs));
    }
    console.log(`${expressions.length} expressions are what promtool makes of them`);
  });
});

const saidShape = z.object({
  dashboards: z.array(z.string()),
  targets: z.record(z.string(), z.string()),
  rules: z.number(),
});

describe('in the local model, a charm on ops and cosl', () => {
  let model: TestModel;
  const DASHBOARD_ENDPOINTS: [string, string] = [
    'mimir-k8s:grafana-dashboards-provider',
    'ops-observer:dashboards',
  ];
  const SCRAPE_ENDPOINTS: [string, string] = ['mimir-k8s:self-metrics-endpoint', 'ops-observer:scrape'];

  beforeAll(async () => {
    const charm = join(folder, 'ops-observer');
    await cp(join(import.meta.dirname, 'charms/ops-observer'), charm, { recursive: true });
    await cp(library, join(charm, 'venv'), { recursive: true });
    const { stdout } = await run('python3', ['-c', 'import sys; print(sys.executable)']);
    await writeFile(
      join(charm, 'dispatch'),
      `#!/bin/sh\nPYTHONPATH=venv exec ${stdout.trim()} src/charm.py\n`,
    );
    await chmod(join(charm, 'dispatch'), 0o755);
    model = await TestModel.start();
    await model.deployMimir();
    await model.client.call('deploy', { charm, units: 1 });
    await model.integrate(DASHBOARD_ENDPOINTS);
    await model.integrate(SCRAPE_ENDPOINTS);
  });

  afterAll(() => model?.[Symbol.asyncDispose]());

  /** Waits until the charm's status says so. */
  async function understood(isSo: (said: z.output<typeof saidShape>) => boolean) {
    let said: z.output<typeof saidShape> = { dashboards: [], targets: {}, rules: 0 };
    await model.until('the observer to understand', (status) => {
      const { message = '' } =
        status.applications['ops-observer']?.units?.['ops-observer/0']?.['workload-status'] ?? {};
      if (!message.startsWith('{')) return false;
      said = saidShape.parse(JSON.parse(message));
      return isSo(said);
    });
    return said;
  }

  test('unpacks all dashboards, counts the rules, and its expanded target is Mimir', async () => {
    const said = await understood(
      ({ dashboards, targets }) => dashboards.length === 8 && Object.keys(targets).length === 1,
    );
    expect(said.dashboards).toEqual(DASHBOARDS.map(({ title }) => title).toSorted());
    expect(said.rules).toBe((await ownGroups()).flatMap(({ rules }) => rules).length);
    const [name = '', url = ''] = Object.entries(said.targets)[0] ?? [];
    expect(name).toMatch(/^\w+_[0-9a-f]{8}_mimir-k8s mimir-k8s\/0$/);
    await model.untilActive();
    const script = `import urllib.request; print(urllib.request.urlopen("${url}", timeout=20).read().count(b"cortex_build_info{"))`;
    expect((await model.exec('ops-observer/0', `python3 -c '${script}'`)).trim()).toBe('1');
  });

  test('that refuses a dashboard is told of in the status of Mimir', async () => {
    await model.run('ops-observer/0', 'refuse', { error: 'no such panel' });
    await model.untilUnit('mimir-k8s/0', 'active', /data of ops-observer .*mimir-k8s-writes: no such panel/);
  });

  test('has nothing left when the relations go', async () => {
    await model.separate(DASHBOARD_ENDPOINTS);
    await model.separate(SCRAPE_ENDPOINTS);
    const said = await understood(({ dashboards, rules }) => dashboards.length === 0 && rules === 0);
    expect(said.targets).toEqual({});
  });
});
