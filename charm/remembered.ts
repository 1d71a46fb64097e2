/** Answers that outlive a dispatch, so that an event which cannot have changed them asks Juju nothing. */
import type { Juju, Relation } from 'charmwright';
import type * as z from 'zod/mini';
import type { Spec } from './generated.ts';

/** Bytes; Juju keeps 64 KiB for one key. */
const LARGEST = 60_000;

/** Events after which a databag may have changed without an event of its relation to tell. */
const READ_AGAIN: ReadonlySet<string> = new Set([
  'start',
  'upgrade-charm',
  'config-changed',
  'leader-elected',
]);

/**
 * What was read from a databag the last time, read again only when an event says that it may have changed: each
 * question to Juju is a process. Not for credentials, which must not be stored.
 */
export async function remembered<T>(
  juju: Juju<Spec>,
  relation: Pick<Relation, 'id' | 'name'>,
  schema: z.core.$ZodType<T>,
  read: () => Promise<T>,
): Promise<T> {
  const { event } = juju;
  const concerned = 'relationId' in event ? event.relationId === relation.id : READ_AGAIN.has(event.kind);
  const known = concerned ? undefined : juju.stored(relation.name, schema);
  if (known !== undefined) return known;
  const value = await read();
  remember(juju, relation, value);
  return value;
}

/** From now on this is what was read. What is too large for Juju's charm state is read again each time. */
export function remember(juju: Juju<Spec>, { name }: Pick<Relation, 'name'>, value: unknown): void {
  const isSmall = Buffer.byteLength(JSON.stringify(value)) <= LARGEST;
  juju.store(name, isSmall ? value : undefined);
}
