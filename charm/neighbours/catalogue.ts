/** The page that lists what there is to open. */
import { catalogueApp } from '../../relations/catalogue.ts';
import { urls } from '../plan/urls.ts';
import type { Neighbour } from './neighbour.ts';

export const catalogue: Neighbour = {
  publish(inputs) {
    const { public: base } = urls(inputs);
    return {
      app: catalogueApp({
        name: 'Mimir',
        description: 'Long-term storage for Prometheus metrics, with queries, rules and alerting.',
        // Mimir's own page of its rings, members and settings. Everything that it loads is relative to it.
        url: `${base}/`,
        icon: 'ruler',
        apiDocs: 'https://grafana.com/docs/mimir/latest/references/http-api/',
        apiEndpoints: {
          Alertmanager: `${base}/alertmanager/`,
          Alerts: `${base}/prometheus/api/v1/alerts`,
          Query: `${base}/prometheus/api/v1/query`,
          'Remote write': `${base}/api/v1/push`,
          Rules: `${base}/prometheus/api/v1/rules`,
        },
      }),
    };
  },
};
