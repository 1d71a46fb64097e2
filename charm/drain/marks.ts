/** What a unit remembers of drains; every dispatch looks for it, and loads the rest where there is some. */
import type { Juju } from 'charmwright';
import * as z from 'zod/mini';
import type { Spec } from '../generated.ts';

/** That the action `drain` has emptied it: `true`. */
export const BY_HAND = 'drained';
/** That its ingester is to end, since when, and whether it is empty. */
export const ENDS = 'ingester-ends';
/** The pods of all units that have ever departed. */
export const GONE = 'gone';
/** From the hook on that has emptied it for good: where its metrics are. */
export const LEFT = 'left';
/** What an action stores is lost when it is killed. This notice wakes the charm after an action `drain`, however it ends. */
export const DRAIN_NOTICE = 'mimir-k8s-charm.local/drain';

export function isDrainedByHand(juju: Juju<Spec>): boolean {
  return juju.stored(BY_HAND, z.boolean()) === true;
}

export function isToEndIngester(juju: Juju<Spec>): boolean {
  return juju.stored(ENDS, z.looseObject({})) !== undefined;
}
