import { describe, expect, test } from 'vitest';
import {
  dashboardsSchema,
  type EncodedDashboard,
  grafanaDashboardApp,
  readDashboardErrors,
} from '../../../relations/grafana-dashboard.ts';
import { readScrapeErrors } from '../../../relations/prometheus-scrape.ts';

const TOPOLOGY = {
  model: 'cos',
  modelUuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
  application: 'mimir-k8s',
  charm: 'mimir-k8s',
};
const FIRST = { name: 'a', content: '/Td6WFo=' };
const SECOND = { name: 'b', content: 'AAAA' };

const bagOf = (...dashboards: readonly EncodedDashboard[]) =>
  grafanaDashboardApp(dashboards, TOPOLOGY, 'mimir-k8s/0');
const readBack = (bag: ReturnType<typeof bagOf>) => dashboardsSchema.parse(JSON.parse(bag.dashboards ?? ''));

describe('grafana_dashboard', () => {
  test('all dashboards stand in one key, each with its charm and where that runs', () => {
    const bag = bagOf(FIRST);
    expect(Object.keys(bag)).toEqual(['dashboards']);
    expect(readBack(bag).templates).toEqual({
      'file:a': {
        charm: 'mimir-k8s',
        content: '/Td6WFo=',
        dashboard_alt_uid: expect.stringMatching(/^[0-9a-f]{16}$/),
        inject_dropdowns: true,
        juju_topology: {
          model: 'cos',
          model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
          application: 'mimir-k8s',
          unit: 'mimir-k8s/0',
        },
      },
    });
  });

  test('the same dashboards are the same text, in whatever order, and a changed one is another', () => {
    expect(bagOf(FIRST, SECOND)).toEqual(bagOf(SECOND, FIRST));
    const uuid = (dashboard: EncodedDashboard) => readBack(bagOf(dashboard)).uuid;
    expect(uuid(FIRST)).toMatch(/^[0-9a-f]{16}$/);
    expect(uuid(FIRST)).not.toBe(uuid({ ...FIRST, content: 'AAAA' }));
  });

  test('what Grafana could not use is told', () => {
    const event = { errors: [{ dashboard_id: 'file:a', error: 'no panels' }, {}], valid: false };
    expect(readDashboardErrors({ event: JSON.stringify(event) })).toEqual([
      'file:a: no panels',
      'a dashboard: refused',
    ]);
  });

  test.each([
    '',
    '{}',
    'null',
    '[',
    '{"errors": "all"}',
    '{"errors": [1]}',
    '{"errors": []}',
    '7',
  ])('from the event %j nothing is made up', (event) => expect(readDashboardErrors({ event })).toEqual([]));
});

describe('prometheus_scrape', () => {
  test('what the scraper could not use is told, rules and jobs', () => {
    const event = { errors: 'group "a": bad', scrape_job_errors: [{ job: 1 }] };
    expect(readScrapeErrors({ event: JSON.stringify(event) })).toEqual([
      'rules: group "a": bad',
      'scrape jobs: [{"job":1}]',
    ]);
  });

  test.each([
    '',
    '{}',
    'null',
    '[',
    '{"errors": ""}',
    '{"errors": 1}',
    '{"errors": []}',
    '7',
  ])('from the event %j nothing is made up', (event) => expect(readScrapeErrors({ event })).toEqual([]));
});
