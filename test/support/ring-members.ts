/** Who is in a ring, as one unit's Mimir sees it. */
import { request } from 'undici';
import { z } from 'zod';

const ring = z.object({ shards: z.nullable(z.array(z.object({ id: z.string(), state: z.string() }))) });

/** `write-0 ACTIVE`, sorted. @param page such as `/ingester/ring` */
export async function ringMembers(url: string, page: string): Promise<readonly string[]> {
  const { body } = await request(`${url}${page}`, { headers: { accept: 'application/json' } });
  const { shards } = ring.parse(await body.json());
  return (shards ?? []).map(({ id, state }) => `${id} ${state}`).toSorted();
}
