/** Scrapers of Mimir's own metrics and its gateway's, and evaluators of rules about them. */
import { readScrapeErrors, scrapeApp, scrapeUnit } from '../../relations/prometheus-scrape.ts';
import { hasGateway, ownRoles } from '../plan/cluster.ts';
import { GATEWAY_METRICS_PATH, GATEWAY_PORT } from '../plan/gateway-parts.ts';
import { HTTP_PORT } from '../plan/paths.ts';
import { scheme } from '../plan/urls.ts';
import { type Neighbour, refusals } from './neighbour.ts';
import { RULE_GROUPS } from './rules.generated.ts';
import { placed, topologyOf } from './topology.ts';

export const selfMetrics: Neighbour = {
  observe: (_juju, relations) => refusals(relations, readScrapeErrors),

  publish(inputs) {
    const topology = topologyOf(inputs);
    const { ip, fqdn } = inputs.address;
    const protocol = scheme(inputs);
    const job = (path: string, port: number) => ({
      metrics_path: path,
      scheme: protocol,
      static_configs: [{ targets: [`*:${port}`] }],
    });
    // Certificates are made out to names. An ingress is passed by: it leads to any unit, and each has its own metrics.
    const address = protocol === 'https' ? fqdn : (ip ?? fqdn);
    return {
      unit: scrapeUnit(inputs.unit, address, fqdn),
      app: scrapeApp({
        topology,
        unit: inputs.unit,
        jobs: [
          // A unit that only routes requests runs no Mimir, and would be taken for a Mimir that is down.
          ...(ownRoles(inputs).length === 0 ? [] : [job('/metrics', HTTP_PORT)]),
          // Two jobs may not have one name.
          ...(hasGateway(inputs)
            ? [{ job_name: 'gateway', ...job(GATEWAY_METRICS_PATH, GATEWAY_PORT) }]
            : []),
        ],
        groups: RULE_GROUPS.map((group) => placed(group, topology)),
      }),
    };
  },
};
