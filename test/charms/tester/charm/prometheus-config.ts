/** Prometheus' configuration. YAML reads JSON. */
import {
  type JujuTopology,
  topologyIdentifier,
  topologyLabels,
} from '../../../../relations/juju-topology.ts';
import type { Options } from './options.ts';
import type { Receiver } from './receivers.ts';

export function prometheusConfig(
  options: Options,
  receivers: readonly Receiver[],
  topology: JujuTopology,
  unit: string,
): string {
  // Replicas send the same series, or there would be nothing to choose between; else each unit's are its own.
  const areReplicas = receivers.some(({ replicaLabels }) => replicaLabels !== undefined);
  const labels = { ...topologyLabels(topology), ...(!areReplicas && { juju_unit: unit }) };
  const config = {
    global: { scrape_interval: options['scrape-interval'], external_labels: options['external-labels'] },
    scrape_configs: [{ job_name: 'tester', static_configs: [{ targets: options.targets, labels }] }],
    remote_write: receivers.map((receiver) => remoteWrite(receiver, topologyIdentifier(topology), unit)),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The replica's labels are external labels for one receiver only: another would store them. */
function remoteWrite({ url, replicaLabels }: Receiver, cluster: string, replica: string): object {
  return {
    url,
    queue_config: { batch_send_deadline: '1s' },
    ...(replicaLabels !== undefined && {
      write_relabel_configs: [
        { target_label: replicaLabels.cluster_label, replacement: cluster },
        { target_label: replicaLabels.replica_label, replacement: replica },
      ],
    }),
  };
}
