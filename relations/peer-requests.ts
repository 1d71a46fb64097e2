/** Of the peer relation what is read only while Mimirs take turns to restart. */
import type { Bag } from 'charmwright';
import * as z from 'zod/mini';
import { jsonOf, type Requests, requestsShape } from './peers.ts';

const unitSchema = z.object({ restart: jsonOf(requestsShape) });

/** What a unit's databag says of its restarts. */
export function unitRequests(bag: Bag): Requests | undefined {
  return unitSchema.parse(bag).restart;
}
