/** Where in Juju this application is. */
import type { JujuTopology } from '../../relations/juju-topology.ts';
import { spec } from '../generated.ts';
import type { Inputs } from '../plan/inputs.ts';

export function topologyOf({ app, model }: Pick<Inputs, 'app' | 'model'>): JujuTopology {
  return { model: model.name, modelUuid: model.uuid, application: app, charm: spec.name };
}
