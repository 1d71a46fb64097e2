/** Of the peer relation what is read only while another number of copies is to come. */
import type { Bag } from 'charmwright';
import * as z from 'zod/mini';
import { copiesText, type PeerWords } from './peers.ts';

/** For how many copies a unit is ready, by its databag: has flushed, and takes no writes. */
export function unitPrepared(bag: Bag): Pick<PeerWords, 'flushedFor' | 'heldFor'> {
  const copies = (text: string | undefined) => z.safeParse(copiesText, text).data;
  return { flushedFor: copies(bag['flushed-for']), heldFor: copies(bag['held-for']) };
}
