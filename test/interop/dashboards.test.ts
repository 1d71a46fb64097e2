/** Every panel of our dashboards, asked of a real Mimir that has something of everything to do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { injectedDashboards, linesOf, type Source } from '../support/dashboard-data.ts';
import { type LoadedMimir, OPERATORS, startLoadedMimir, TOPOLOGY } from '../support/mimir-under-load.ts';

const HOST = '127.77.3.1';
const LONGEST_MS = 280_000;
const VARIABLES = { ...TOPOLOGY, juju_unit: 'mimir-k8s/.*', tenant: '.*', __rate_interval: '30s' };

let mimir: LoadedMimir;
let started: number;

beforeAll(async () => {
  started = Date.now() / 1000;
  mimir = await startLoadedMimir(HOST, 1);
}, 120_000);

afterAll(() => mimir?.[Symbol.asyncDispose]());

const source = (): Source => ({ url: mimir.url, tenant: OPERATORS, variables: VARIABLES });
const untilNow = () => ({ from: started, to: Date.now() / 1000, step: 5 });

const dashboards = injectedDashboards();
const queries = dashboards.flatMap(({ name, dashboard }) =>
  dashboard.panels.flatMap((panel) => panel.targets.map((target) => ({ name, panel, target }))),
);

test(
  'every query of every panel has data',
  async () => {
    let left = queries;
    const end = Date.now() + LONGEST_MS;
    while (left.length > 0 && Date.now() < end) {
      const turn = mimir.turns;
      const still: typeof left = [];
      for (const query of left)
        if ((await linesOf(source(), query.panel, query.target, untilNow())).length === 0) still.push(query);
      left = still;
      while (left.length > 0 && mimir.turns < turn + 3 && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const panels = new Set(queries.map(({ name, panel }) => `${name} ${panel.id}`)).size;
    console.log(
      `${queries.length} queries of ${panels} panels in ${dashboards.length} dashboards, after ${mimir.turns} turns`,
    );
    expect(left.map(({ name, panel, target }) => `${name}: ${panel.title} ${target.refId}`)).toEqual([]);
  },
  LONGEST_MS + 20_000,
);

test('none has the data of another application', async () => {
  const elsewhere = { ...source(), variables: { ...VARIABLES, juju_application: 'other' } };
  const [first] = queries.filter(({ panel }) => panel.title === 'Requests by route');
  if (first === undefined) throw new Error('there is no such panel');
  expect(await linesOf(elsewhere, first.panel, first.target, untilNow())).toEqual([]);
});

test('the tenants to choose from are those that there are', async () => {
  const selector = encodeURIComponent('cortex_ingester_active_series');
  const response = await fetch(`${mimir.url}/prometheus/api/v1/label/user/values?match[]=${selector}`, {
    headers: { 'X-Scope-OrgID': OPERATORS },
  });
  const { data } = z.object({ data: z.array(z.string()) }).parse(await response.json());
  expect(data).toEqual(expect.arrayContaining([OPERATORS, 'team-a', 'team-b']));
});
