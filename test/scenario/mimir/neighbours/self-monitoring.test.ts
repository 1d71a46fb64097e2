import { readFile } from 'node:fs/promises';
import { decompressSync } from '@napi-rs/lzma/xz';
import {
  findRelation,
  type Outcome,
  peerRelation,
  type RelationState,
  relation,
  type State,
} from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboardsSchema } from '../../../../relations/grafana-dashboard.ts';
import { scrapeSchemas } from '../../../../relations/prometheus-scrape.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { MODEL, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.95';

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const grafana = (id: number, remoteAppData: Readonly<Record<string, string>> = {}) =>
  relation('grafana-dashboards-provider', { id, remoteApp: 'grafana-k8s', remoteAppData });
const scraper = (id: number, remoteAppData: Readonly<Record<string, string>> = {}) =>
  relation('self-metrics-endpoint', { id, remoteApp: 'prometheus-k8s', remoteAppData });
const ingress = relation('ingress', {
  id: 9,
  remoteApp: 'traefik-k8s',
  remoteAppData: { ingress: '{"url": "https://example.org/cos-mimir-k8s"}' },
});

function related(relations: readonly RelationState[], input: Parameters<typeof world>[1] = {}) {
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), ...relations], ...input });
}

function dashboardsOf(state: State, of: RelationState) {
  return dashboardsSchema.parse(JSON.parse(findRelation(state, of.id).localAppData.dashboards ?? ''));
}

function scrapeOf(state: State, of: RelationState) {
  const bag = findRelation(state, of.id).localAppData;
  return {
    metadata: scrapeSchemas.scrape_metadata.parse(JSON.parse(bag.scrape_metadata ?? '')),
    jobs: scrapeSchemas.scrape_jobs.parse(JSON.parse(bag.scrape_jobs ?? '')),
    rules: scrapeSchemas.alert_rules.parse(JSON.parse(bag.alert_rules ?? '')),
  };
}

const created = (of: RelationState) => ({ kind: 'relation-created', relation: of }) as const;
const changed = (of: RelationState) => ({ kind: 'relation-changed', relation: of }) as const;
const told = (state: Outcome) => state.logs.map(({ message }) => message).join('\n');

describe('a Grafana that shows dashboards', () => {
  test('gets all eight, which are what the files in the charm say', async () => {
    const here = grafana(5);
    const after = await mimir.run(created(here), related([here]));
    const { templates } = dashboardsOf(after, here);
    expect(Object.keys(templates)).toHaveLength(8);
    for (const [id, { content, juju_topology: topology }] of Object.entries(templates)) {
      const name = id.replace('file:', '');
      const file = await readFile(`templates/dashboards/${name}.json`, 'utf8');
      expect(JSON.parse(decompressSync(Buffer.from(content, 'base64')).toString())).toEqual(JSON.parse(file));
      expect(topology).toMatchObject({ model: MODEL.name, model_uuid: MODEL.uuid, application: 'mimir-k8s' });
    }
    expect(findRelation(after, here.id).localUnitData).not.toHaveProperty('dashboards');
  });

  test('gets the same as a second one, and the second goes without the first noticing', async () => {
    const [first, second] = [grafana(5), grafana(6)];
    const after = await mimir.run(created(second), related([first, second]));
    expect(dashboardsOf(after, first)).toEqual(dashboardsOf(after, second));
    const gone = await mimir.run({ kind: 'relation-broken', relation: second }, after);
    expect(findRelation(gone, first.id)).toEqual(findRelation(after, first.id));
  });

  test('hears nothing new when nothing has changed', async () => {
    const here = grafana(5);
    const after = await mimir.run(created(here), related([here]));
    const again = await mimir.run({ kind: 'update-status' }, after);
    expect(findRelation(again, here.id)).toEqual(findRelation(after, here.id));
  });

  test('gets them from the unit that leads, and from no other', async () => {
    const here = grafana(5);
    const follower = related([here], { leader: false, unitNumber: 1, plannedUnits: 2 });
    const before = await mimir.run(created(here), follower);
    expect(findRelation(before, here.id).localAppData).toEqual({});
    const after = await mimir.run({ kind: 'leader-elected' }, { ...before, leader: true });
    expect(Object.keys(dashboardsOf(after, here).templates)).toHaveLength(8);
  });

  test('that refuses one is told of, by relation, application and key, in the log and in the status', async () => {
    const event = { errors: [{ dashboard_id: 'file:mimir-k8s-writes', error: 'no\nsuch panel' }] };
    const here = grafana(5, { event: JSON.stringify(event) });
    const after = await mimir.run(changed(here), related([here]));
    const said =
      'data of grafana-k8s (grafana-dashboards-provider:5): key "event" says: file:mimir-k8s-writes: no such panel';
    expect(told(after)).toContain(said);
    expect(Object.keys(dashboardsOf(after, here).templates), 'and still has all').toHaveLength(8);
  });
});

describe('a scraper of Mimir itself', () => {
  test('is told of one job that means every unit, and of the rules', async () => {
    const here = scraper(7);
    const after = await mimir.run(created(here), related([here]));
    const { metadata, jobs, rules } = scrapeOf(after, here);
    expect(metadata).toEqual({
      model: MODEL.name,
      model_uuid: MODEL.uuid,
      application: 'mimir-k8s',
      unit: 'mimir-k8s/0',
      charm_name: 'mimir-k8s',
    });
    expect(jobs).toEqual([
      { metrics_path: '/metrics', scheme: 'http', static_configs: [{ targets: ['*:9009'] }] },
    ]);
    expect(rules.groups.length).toBeGreaterThan(5);
    for (const { name } of rules.groups) expect(name).toMatch(/^cos_20ce8299_mimir_k8s_mimir_\w+_rules$/);
    for (const { expr, labels } of rules.groups.flatMap((group) => group.rules)) {
      expect(expr).not.toContain('%%');
      expect(expr).toContain('juju_application="mimir-k8s"');
      expect(labels).toMatchObject({ juju_model: 'cos', juju_charm: 'mimir-k8s' });
    }
  });

  test('hears from every unit where it is, also from one that does not lead', async () => {
    const here = scraper(7);
    const follower = related([here], { leader: false, unitNumber: 1, plannedUnits: 2 });
    const after = await mimir.run(created(here), follower);
    expect(findRelation(after, here.id)).toMatchObject({
      localAppData: {},
      localUnitData: {
        prometheus_scrape_unit_name: 'mimir-k8s/1',
        prometheus_scrape_unit_address: HOST,
        prometheus_scrape_unit_fqdn: expect.stringMatching(/^mimir-k8s-1\.mimir-k8s-endpoints\.cos\.svc\./),
      },
    });
  });

  test('passes an ingress by, which leads to any unit', async () => {
    const here = scraper(7);
    const after = await mimir.run(changed(ingress), related([here, ingress]));
    expect(findRelation(after, here.id).localUnitData.prometheus_scrape_unit_address).toBe(HOST);
    expect(scrapeOf(after, here).jobs[0]?.metrics_path).toBe('/metrics');
  });

  test('that refuses rules or jobs is told of, and the other scraper is as before', async () => {
    const event = { errors: 'bad rule', scrape_job_errors: 'bad job' };
    const [cross, content] = [scraper(7, { event: JSON.stringify(event) }), scraper(8, { event: '{}' })];
    const after = await mimir.run(changed(cross), related([cross, content]));
    expect(told(after)).toContain(
      'data of prometheus-k8s (self-metrics-endpoint:7): key "event" says: rules: bad rule',
    );
    expect(told(after)).toContain('key "event" says: scrape jobs: bad job');
    expect(scrapeOf(after, cross)).toEqual(scrapeOf(after, content));
  });
});
