/** Interface `prometheus_remote_write`, provider: where to write metrics, and what became of the rules. */
import { type Bag, stableJson } from 'charmwright';

/** The rules in the sender's application databag, as JSON; undefined when it has none. */
export function sentRules({ alert_rules: text }: Bag): string | undefined {
  return text === undefined || text.trim() === '{}' ? undefined : text;
}

/** Our unit's databag. Readers know `url` only and refuse more. */
export function remoteWriteUnit(url: string): Bag {
  return { remote_write: stableJson({ url }) };
}

/** The labels that tell replicas of one sender apart, by Mimir's own names. */
export const HA_LABELS = { cluster: 'cluster', replica: '__replica__' } as const;

export interface RemoteWriteApp {
  /** What is wrong with the sender's alert rules. */
  readonly errors?: string | undefined;
  /** Whether samples of one replica only are kept. */
  readonly dropsReplicas: boolean;
}

/**
 * Our application's databag. The published interface has `event` only, and its readers pass over other keys: one that
 * knows `ha` sets the labels that it names, the same cluster and a replica of its own in each of its units.
 */
export function remoteWriteApp({ errors, dropsReplicas }: RemoteWriteApp): Bag {
  return {
    event: stableJson(errors === undefined ? {} : { errors }),
    ...(dropsReplicas && {
      ha: stableJson({ cluster_label: HA_LABELS.cluster, replica_label: HA_LABELS.replica }),
    }),
  };
}
