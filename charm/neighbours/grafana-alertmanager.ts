/** Grafanas that show and silence the alerts of Mimir's Alertmanager. */
import { urls } from '../plan/urls.ts';
import { observeGrafanas, publishDataSource } from './data-sources.ts';
import type { Neighbour } from './neighbour.ts';

export const grafanaAlertmanager: Neighbour = {
  async observe(_juju, relations) {
    const { grafanas, problems } = await observeGrafanas(relations);
    return { neighbours: { grafanaAlertmanagers: grafanas }, problems };
  },

  publish(inputs, { id }) {
    const grafana = inputs.neighbours.grafanaAlertmanagers?.find((each) => each.id === id);
    return publishDataSource(inputs, grafana, {
      // Grafana appends `/alertmanager` for alerts and silences, and `/api/v1/alerts` for the configuration.
      url: urls(inputs).public,
      type: 'alertmanager',
      // No application of Juju can have this name.
      suffix: '_alertmanager',
      jsonData: { implementation: 'mimir' },
    });
  },
};
