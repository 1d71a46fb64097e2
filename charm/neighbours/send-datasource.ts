/** Others with data sources in the same Grafanas: so that traces are found from exemplars, and metrics from traces. */
import {
  datasourceExchangeApp,
  type ExchangedSource,
  readDatasourceExchange,
} from '../../relations/datasource-exchange.ts';
import { sourcesOf } from '../../relations/grafana-source.ts';
import type { GrafanaRelation } from '../plan/inputs.ts';
import { type Neighbour, problemsOf } from './neighbour.ts';

export const sendDatasource: Neighbour = {
  async observe(_juju, relations) {
    const read = await Promise.all(
      relations
        .toSorted((a, b) => a.id - b.id)
        .map(async (relation) => {
          const { sources, problems } = readDatasourceExchange(await relation.remoteAppData());
          return { sources, problems: problemsOf(relation, problems) };
        }),
    );
    return {
      neighbours: { dataSources: read.flatMap(({ sources }) => sources) },
      problems: read.flatMap(({ problems }) => problems),
    };
  },

  publish: ({ neighbours }) => ({
    app: datasourceExchangeApp((neighbours.grafanas ?? []).flatMap(exchanged)),
  }),
};

function exchanged(grafana: GrafanaRelation): readonly ExchangedSource[] {
  const { uid } = grafana;
  if (uid === undefined) return [];
  return sourcesOf(grafana).map((source) => ({ type: 'prometheus', uid: source, grafana_uid: uid }));
}
