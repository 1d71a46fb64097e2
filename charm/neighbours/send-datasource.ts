/** Others with data sources in the same Grafanas: so that traces are found from exemplars, and metrics from traces. */
import type { Relation } from 'charmwright';
import * as z from 'zod/mini';
import { keyProblemShape } from '../../relations/bag.ts';
import {
  datasourceExchangeApp,
  type ExchangedSource,
  readDatasourceExchange,
} from '../../relations/datasource-exchange.ts';
import { sourcesOf } from '../../relations/grafana-source.ts';
import type { GrafanaRelation } from '../plan/inputs.ts';
import { remembered } from '../remembered.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

/** It is kept from one dispatch to the next. */
const MOST = 100;
const sourceShape = z.object({ type: z.string(), uid: z.string(), grafana_uid: z.string() });
const answerShape = z.object({ sources: z.array(sourceShape), problems: z.array(keyProblemShape) });

export const sendDatasource: Neighbour = {
  async observe(juju, relations) {
    const read = await Promise.all(
      relations
        .toSorted((a, b) => a.id - b.id)
        .map(async (relation) => {
          const { sources, problems } = await remembered(juju, relation, answerShape, () => ask(relation));
          return { sources, problems: problems.map(({ key, problem }) => problemOf(relation, key, problem)) };
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

/** What is of use here of what the other side says. */
async function ask(relation: Relation): Promise<z.infer<typeof answerShape>> {
  const { sources, problems } = readDatasourceExchange(await relation.remoteAppData());
  const tempos = sources.filter(({ type }) => type === 'tempo').slice(0, MOST);
  return { sources: tempos, problems: [...problems] };
}
