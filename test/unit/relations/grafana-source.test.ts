import { describe, expect, test } from 'vitest';
import {
  grafanaSourceApp,
  grafanaSourceUnit,
  readGrafana,
  sourcesOf,
} from '../../../relations/grafana-source.ts';

describe('grafana_datasource', () => {
  const source = {
    type: 'prometheus',
    model: 'cos',
    model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
    application: 'mimir-k8s',
    secure_extra_fields: { httpHeaderValue1: 'anonymous' },
    extra_fields: { httpHeaderName1: 'X-Scope-OrgID' },
  };

  test('the data are JSON and the address is bare', () => {
    const bag = grafanaSourceApp(source, 'http://mimir:9009/prometheus');
    expect(bag.grafana_source_app_host).toBe('http://mimir:9009/prometheus');
    expect(JSON.parse(bag.grafana_source_data ?? '')).toEqual(source);
  });

  test('the bytes do not depend on the order of the fields, so that nobody is woken for nothing', () => {
    const reversed = Object.fromEntries(Object.entries(source).toReversed());
    expect(grafanaSourceApp({ ...source, ...reversed }, 'u')).toEqual(grafanaSourceApp(source, 'u'));
  });

  test('a unit that is no data source says nothing', () => expect(grafanaSourceUnit(undefined)).toEqual({}));

  const V0 = 'juju_cos_20ce8299-3634-4bef-8bd8-5ace6c8816b4_mimir-k8s_0';
  const V1 = 'juju_cos_20ce8299-3634-4bef-8bd8-5ace6c8816b4_mimir-k8s';

  test('a Grafana tells who it is and what it calls its data sources of us', () => {
    const { reply, problems } = readGrafana({
      grafana_uid: 'juju_g',
      datasource_uids: JSON.stringify({ 'mimir-k8s/0': V0 }),
      app_datasource_uid: V1,
      grafana_base_url: 'http://grafana:3000/',
    });
    expect(problems).toEqual([]);
    expect(reply).toEqual({
      uid: 'juju_g',
      baseUrl: 'http://grafana:3000',
      appSource: V1,
      unitSources: [V0],
    });
    expect(sourcesOf(reply)).toEqual([V1, V0]);
  });

  test('one that has not answered, or is too old to, is no problem', () => {
    expect(readGrafana({})).toMatchObject({ reply: { unitSources: [] }, problems: [] });
  });

  test.each([
    ['grafana_uid', 'a\nb'],
    ['grafana_uid', 'x'.repeat(5000)],
    ['app_datasource_uid', 'a\u0000b'],
    ['datasource_uids', '[]'],
    ['datasource_uids', '{"mimir-k8s/0": 7}'],
    ['datasource_uids', 'nonsense'],
    ['datasource_uids', `{"mimir-k8s/0": "${'x'.repeat(5000)}"}`],
    ['datasource_uids', JSON.stringify(Object.fromEntries(Array.from({ length: 201 }, (_, n) => [n, 'x'])))],
    ['grafana_base_url', 'file:///etc/passwd'],
    ['grafana_base_url', 'http://user:hush@grafana/'],
  ])('of what it says, a bad %s (%j) is told by its key, and the rest counts', (key, value) => {
    const good = { grafana_uid: 'juju_g', app_datasource_uid: V1 };
    const { reply, problems } = readGrafana({ ...good, [key]: value });
    expect(problems).toEqual([{ key, problem: expect.not.stringContaining('hush') }]);
    expect(sourcesOf(reply)).toEqual(key === 'app_datasource_uid' ? [] : [V1]);
  });
});
