/** Grafanas that query this Mimir. */
import * as z from 'zod/mini';
import { grafanaSourceApp, grafanaSourceUnit, readsAppAddress } from '../../relations/grafana-source.ts';
import type { Inputs } from '../plan/inputs.ts';
import { urls } from '../plan/urls.ts';
import { remembered } from '../remembered.ts';
import type { Neighbour } from './neighbour.ts';

export const grafanaSource: Neighbour = {
  async observe(juju, relations) {
    const grafanas = await Promise.all(
      relations.map(async (relation) => ({
        id: relation.id,
        readsAppAddress: await remembered(juju, relation, z.boolean(), async () =>
          readsAppAddress(await relation.remoteAppData()),
        ),
      })),
    );
    return { neighbours: { grafanas } };
  },

  publish(inputs, { id }) {
    const url = `${urls(inputs).public}/prometheus`;
    const reader = inputs.neighbours.grafanas?.find((grafana) => grafana.id === id);
    // Where the application's address is not read, the leader's stands in for it.
    const standsIn = inputs.leader && reader?.readsAppAddress !== true;
    return {
      unit: grafanaSourceUnit(standsIn ? url : undefined),
      app: grafanaSourceApp(dataSource(inputs), url),
    };
  },
};

function dataSource({ model, app }: Pick<Inputs, 'model' | 'app'>) {
  return {
    model: model.name,
    model_uuid: model.uuid,
    application: app,
    type: 'prometheus',
    extra_fields: { httpHeaderName1: 'X-Scope-OrgID', httpMethod: 'POST', prometheusType: 'Mimir' },
    secure_extra_fields: { httpHeaderValue1: 'anonymous' },
  };
}
