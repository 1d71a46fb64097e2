/** Of the peer relation what is read only where zones are to be chosen, or are in use. */
import type { Bag } from 'charmwright';
import * as z from 'zod/mini';
import { zoneShape } from './peers.ts';

/** Where a unit says that it is; undefined while it has said nothing at all. */
export function peerZone(bag: Bag): { readonly zone?: string | undefined } | undefined {
  return bag.hostname === undefined ? undefined : { zone: z.safeParse(zoneShape, bag.zone).data };
}
