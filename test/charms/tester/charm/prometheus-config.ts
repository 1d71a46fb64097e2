/** Prometheus' configuration. YAML reads JSON. */
import {
  type JujuTopology,
  topologyIdentifier,
  topologyLabels,
} from '../../../../relations/juju-topology.ts';
import type { Options } from './options.ts';
import type { Receiver } from './receivers.ts';

/** @param authorities the file with those by which receivers are known. */
export function prometheusConfig(
  options: Options,
  receivers: readonly Receiver[],
  topology: JujuTopology,
  unit: string,
  authorities?: string,
): string {
  const labels = topologyLabels(topology);
  const config = {
    global: { scrape_interval: options['scrape-interval'], external_labels: options['external-labels'] },
    scrape_configs: [{ job_name: 'tester', static_configs: [{ targets: options.targets, labels }] }],
    remote_write: receivers.map((receiver) => ({
      ...remoteWrite(receiver, topologyIdentifier(topology), unit),
      ...(authorities !== undefined && { tls_config: { ca_file: authorities } }),
    })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/**
 * Replicas send the same series, or there would be nothing to choose between; without a choice each unit's are its own.
 * The labels that say so are external labels for one receiver only: another would store them.
 */
function remoteWrite({ url, replicaLabels }: Receiver, cluster: string, replica: string): object {
  const labels =
    replicaLabels === undefined
      ? { juju_unit: replica }
      : { [replicaLabels.cluster_label]: cluster, [replicaLabels.replica_label]: replica };
  return {
    url,
    queue_config: { batch_send_deadline: '1s' },
    write_relabel_configs: Object.entries(labels).map(([target_label, replacement]) => ({
      target_label,
      replacement,
    })),
  };
}
