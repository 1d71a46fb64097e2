/** Interface `prometheus_remote_write`, provider: where to write metrics. */
import { type Bag, stableJson } from 'charmwright';

/** Our unit's databag. Readers know `url` only and refuse more. */
export function remoteWriteUnit(url: string): Bag {
  return { remote_write: stableJson({ url }) };
}

/** Our application's databag: what we say to the sender's alert rules. */
export function remoteWriteApp(errors?: string): Bag {
  return { event: stableJson(errors === undefined ? {} : { errors }) };
}
