import { describe, expect, test } from 'vitest';
import { datasourceExchangeApp, readDatasourceExchange } from '../../../relations/datasource-exchange.ts';

describe('grafana_datasource_exchange', () => {
  const one = { type: 'prometheus', uid: 'juju_x', grafana_uid: 'juju_g' };
  const other = { type: 'prometheus', uid: 'juju_a', grafana_uid: 'juju_h' };

  test('what one side says the other reads, sorted by UID', () => {
    const bag = datasourceExchangeApp([one, other]);
    expect(bag).toEqual(datasourceExchangeApp([other, one]));
    expect(readDatasourceExchange(bag)).toEqual({ sources: [other, one], problems: [] });
  });

  test('nothing to exchange is said, too, and is not the same as having said nothing', () => {
    expect(datasourceExchangeApp([])).toEqual({ datasources: '[]' });
    expect(readDatasourceExchange({})).toEqual({ sources: [], problems: [] });
  });

  test.each([
    ['nonsense'],
    ['{}'],
    ['[7]'],
    ['[{"type": "tempo", "uid": "x"}]'],
    ['[{"type": "tempo", "uid": "", "grafana_uid": "g"}]'],
    [JSON.stringify([{ type: 'tempo', uid: 'a\nb', grafana_uid: 'g' }])],
    [JSON.stringify(Array.from({ length: 10_001 }, () => one))],
  ])('%.60s is refused by its key', (datasources) => {
    expect(readDatasourceExchange({ datasources })).toEqual({
      sources: [],
      problems: [{ key: 'datasources', problem: expect.stringContaining('JSON list') }],
    });
  });
});
