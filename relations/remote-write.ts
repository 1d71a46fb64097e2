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

/** Our application's databag: what we say to the sender's alert rules. */
export function remoteWriteApp(errors?: string): Bag {
  return { event: stableJson(errors === undefined ? {} : { errors }) };
}
