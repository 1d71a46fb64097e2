/** Interface `memcache`, requirer: each unit of a memcached says where it listens, in bare texts. We say nothing. */
import type { Bag } from 'charmwright';
import * as z from 'zod/mini';
import { type KeyProblem, keyProblems } from './bag.ts';

export interface CacheServer {
  /** An IP address or a name. */
  readonly host: string;
  readonly port: number;
}

export type CacheAddress =
  /** Absent while the unit has not said it. */
  | { readonly ok: true; readonly address?: CacheServer }
  | { readonly ok: false; readonly problems: readonly KeyProblem[] };

const MEMCACHED_PORT = '11211';
const PORT = 'must be a port from 1 to 65535';
const HOST = 'must be an IP address or a host name';

const shape = z.object({
  host: z
    .string()
    .check(z.maxLength(253, HOST), z.regex(/^(?:[A-Za-z0-9][\w.-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+)$/, HOST)),
  port: z.pipe(
    z.string().check(z.regex(/^[1-9]\d{0,4}$/, PORT)),
    z.pipe(z.transform(Number), z.int().check(z.lte(65_535, PORT))),
  ),
});

/** One unit's databag. */
export function readCache({ host = '', port = '' }: Bag): CacheAddress {
  if (host === '') return { ok: true };
  const parsed = shape.safeParse({ host, port: port || MEMCACHED_PORT });
  return parsed.success
    ? { ok: true, address: parsed.data }
    : { ok: false, problems: keyProblems(parsed.error) };
}
