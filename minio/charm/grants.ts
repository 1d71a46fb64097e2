/** Grants of secrets to relations. Repeating one does no harm, but costs a process in every hook. */
import * as z from 'zod';
import type { MinioJuju } from './juju.ts';

const KEY = 'granted';
/** Relation id -> URI. */
const granted = z.record(z.string(), z.string());

/** Grants a secret to the application on the other side, unless this unit knows that it has done so. */
export async function grantOnce(juju: MinioJuju, uri: string, relationId: number): Promise<void> {
  const known = juju.stored(KEY, granted) ?? {};
  if (known[relationId] === uri) return;
  await juju.secrets.grant(uri, { endpoint: 's3', id: relationId });
  const ids = (await juju.relations('s3')).map(({ id }) => String(id));
  const live = Object.entries(known).filter(([id]) => ids.includes(id));
  juju.store(KEY, { ...Object.fromEntries(live), [relationId]: uri });
}
