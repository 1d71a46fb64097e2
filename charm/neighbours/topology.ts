/** Where in Juju this application is, and our own rules placed there. */
import {
  type JujuTopology,
  sentGroup,
  type TopologyGroup,
  type TopologyRule,
} from '../../relations/juju-topology.ts';
import { spec } from '../generated.ts';
import type { Inputs } from '../plan/inputs.ts';

export function topologyOf({ app, model }: Pick<Inputs, 'app' | 'model'>): JujuTopology {
  return { model: model.name, modelUuid: model.uuid, application: app, charm: spec.name };
}

/** Selectors of our own rules have places for the topology already: to put it there needs no grammar. */
export function placed<Rule extends TopologyRule>(group: TopologyGroup<Rule>, topology: JujuTopology) {
  const { model, modelUuid, application } = topology;
  const values: Readonly<Record<string, string>> = { model, model_uuid: modelUuid, application };
  return sentGroup(group, topology, (expr) =>
    expr.replaceAll(/%%(\w+)%%/g, (place, key: string) => quoted(values[key] ?? place)),
  );
}

function quoted(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
