/** Lokis: Pebble pushes what Mimir logs to all of them, and they look at our rules about it. */

import { type JujuTopology, topologyGroupName, topologyLabels } from '../../relations/juju-topology.ts';
import { type LogRuleGroup, lokiApp, readLokiErrors, readPushEndpoint } from '../../relations/loki.ts';
import { LOG_RULES } from './log-rules/generated.ts';
import { type Neighbour, refusals } from './neighbour.ts';
import { topologyOf } from './topology.ts';
import { distinct, unitAddresses } from './unit-addresses.ts';

export const logging: Neighbour = {
  async observe(_juju, relations) {
    const { addresses, problems } = await unitAddresses(relations, readPushEndpoint);
    const refused = await refusals(relations, readLokiErrors);
    // A Loki of many units gives all of them one address.
    const lokis = distinct(addresses);
    return {
      neighbours: lokis.length === 0 ? {} : { lokis },
      problems: [...problems, ...(refused.problems ?? [])],
    };
  },

  publish(inputs) {
    const topology = topologyOf(inputs);
    const groups = LOG_RULES.map((group) => placed(group, topology));
    return { app: lokiApp({ topology, unit: inputs.unit, groups }) };
  },
};

function placed(group: LogRuleGroup, topology: JujuTopology): LogRuleGroup {
  const { model, modelUuid, application } = topology;
  const selector = [
    ['juju_model', model],
    ['juju_model_uuid', modelUuid],
    ['juju_application', application],
  ]
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(', ');
  return {
    name: topologyGroupName(topology, group.name),
    rules: group.rules.map((rule) => ({
      ...rule,
      expr: rule.expr.replaceAll('%%juju_topology%%', () => selector),
      labels: { ...topologyLabels(topology), ...rule.labels },
    })),
  };
}
