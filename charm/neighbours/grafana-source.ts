/** Grafanas that query this Mimir. */
import { createHash } from 'node:crypto';
import { sourcesOf } from '../../relations/grafana-source.ts';
import type { GrafanaRelation, Inputs } from '../plan/inputs.ts';
import { urls } from '../plan/urls.ts';
import { observeGrafanas, publishDataSource } from './data-sources.ts';
import type { Neighbour } from './neighbour.ts';

/** Grafana's last entry of its list for Mimir: what each later version, so all of Mimir 3, counts as. */
const NEWEST_MIMIR = '2.9.1';
/** How often Juju's senders scrape: Grafana makes the windows of rates of it, and would else look for four samples a minute. */
const SCRAPE_INTERVAL = '1m';
/** Labels of an exemplar that hold the id of its trace: Mimir's and Tempo's clients write the one, OpenTelemetry the other. */
const TRACE_LABELS = ['traceID', 'trace_id'] as const;

export const grafanaSource: Neighbour = {
  async observe(_juju, relations) {
    const { grafanas, problems } = await observeGrafanas(relations);
    return { neighbours: { grafanas }, problems };
  },

  publish(inputs, { id }) {
    const grafana = inputs.neighbours.grafanas?.find((each) => each.id === id);
    return publishDataSource(inputs, grafana, {
      url: `${urls(inputs).public}/prometheus`,
      type: 'prometheus',
      jsonData: {
        httpMethod: 'POST',
        manageAlerts: true,
        prometheusType: 'Mimir',
        prometheusVersion: NEWEST_MIMIR,
        timeInterval: SCRAPE_INTERVAL,
        ...alertmanagerOf(inputs, grafana),
        ...exemplarsOf(inputs, grafana),
      },
    });
  },
};

/** The data source of our Alertmanager in the same Grafana, where it has one: alerts and silences are looked for there. */
function alertmanagerOf({ neighbours }: Inputs, grafana: GrafanaRelation | undefined) {
  const beside = neighbours.grafanaAlertmanagers?.find((each) => isSame(each, grafana));
  const [name] = beside === undefined ? [] : sourcesOf(beside);
  return name === undefined ? {} : { alertmanagerUid: provisionedUid(name) };
}

/** With exemplars, and a Tempo that the same Grafana reads: a click on an exemplar opens its trace. */
function exemplarsOf({ options, neighbours }: Inputs, grafana: GrafanaRelation | undefined) {
  if (options['max-global-exemplars-per-user'] <= 0) return {};
  const tempo = neighbours.dataSources?.find(
    ({ type, grafana_uid }) => type === 'tempo' && grafana_uid === grafana?.uid,
  );
  if (tempo === undefined) return {};
  return {
    exemplarTraceIdDestinations: TRACE_LABELS.map((name) => ({ datasourceUid: tempo.uid, name })),
  };
}

function isSame(one: GrafanaRelation, other: GrafanaRelation | undefined): boolean {
  return one.uid !== undefined && one.uid === other?.uid;
}

/**
 * The UID that Grafana itself makes of the name of a data source that is provisioned without one, as its charm does.
 * What the charm calls a UID is that name; Grafana finds most things by either, but an Alertmanager by the UID only.
 */
export function provisionedUid(name: string): string {
  return `P${createHash('sha256').update(name).digest('hex').slice(0, 16)}`.toUpperCase();
}
