/** Others that query this Mimir as they would a Prometheus. */
import { prometheusApiApp } from '../../relations/prometheus-api.ts';
import { urls } from '../plan/urls.ts';
import type { Neighbour } from './neighbour.ts';

export const prometheusApi: Neighbour = {
  publish(inputs) {
    const { ingressUrl } = inputs.neighbours;
    return {
      app: prometheusApiApp(
        `${urls(inputs).internal}/prometheus`,
        ingressUrl === undefined ? undefined : `${ingressUrl}/prometheus`,
      ),
    };
  },
};
