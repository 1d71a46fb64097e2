/** Scrapers of Mimir's own metrics, and evaluators of rules about them. */

import { type JujuTopology, topologyGroupName, topologyLabels } from '../../relations/juju-topology.ts';
import {
  type RuleGroup,
  readScrapeErrors,
  scrapeApp,
  scrapeUnit,
} from '../../relations/prometheus-scrape.ts';
import { HTTP_PORT } from '../plan/paths.ts';
import { scheme } from '../plan/urls.ts';
import { type Neighbour, refusals } from './neighbour.ts';
import { RULE_GROUPS } from './rules.generated.ts';
import { topologyOf } from './topology.ts';

export const selfMetrics: Neighbour = {
  observe: (_juju, relations) => refusals(relations, readScrapeErrors),

  publish(inputs) {
    const topology = topologyOf(inputs);
    const { ip, fqdn } = inputs.address;
    const protocol = scheme(inputs);
    // Certificates are made out to names. An ingress is passed by: it leads to any unit, and each has its own metrics.
    const address = protocol === 'https' ? fqdn : (ip ?? fqdn);
    return {
      unit: scrapeUnit(inputs.unit, address, fqdn),
      app: scrapeApp({
        topology,
        unit: inputs.unit,
        jobs: [
          {
            metrics_path: '/metrics',
            scheme: protocol,
            static_configs: [{ targets: [`*:${HTTP_PORT}`] }],
          },
        ],
        groups: RULE_GROUPS.map((group) => placed(group, topology)),
      }),
    };
  },
};

/** Their selectors have places for the topology already: to put it there needs no grammar of PromQL. */
function placed(group: RuleGroup, topology: JujuTopology): RuleGroup {
  const { model, modelUuid, application } = topology;
  const values: Readonly<Record<string, string>> = { model, model_uuid: modelUuid, application };
  const expression = (text: string) =>
    text.replaceAll(/%%(\w+)%%/g, (place, key: string) => quoted(values[key] ?? place));
  return {
    name: topologyGroupName(topology, group.name),
    rules: group.rules.map((rule) => ({
      ...rule,
      expr: expression(rule.expr),
      labels: { ...topologyLabels(topology), ...rule.labels },
    })),
  };
}

function quoted(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
