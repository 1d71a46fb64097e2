/** A unit that the action `drain` has emptied takes no writes until it is told to: a restart alone does not change it. */
import { active, type Juju, type Status } from 'charmwright';
import type { Spec } from '../generated.ts';
import { mimirAt } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import type { Inputs } from '../plan/inputs.ts';
import { runningTrust } from '../plan/tls.ts';
import { takeNoWrites } from './ingester-api.ts';

/** What is stored of it: `true`. */
export const BY_HAND = 'drained';

export async function stayDrained(juju: Juju<Spec>, inputs: Inputs): Promise<Status> {
  const { ip } = inputs.address;
  try {
    if (ip !== undefined) await takeNoWrites(mimirAt(ip, runningTrust(inputs.container.files ?? {}, inputs)));
  } catch (error) {
    // It does not serve yet; there will be another event when it does.
    if (!(error instanceof MimirError)) throw error;
    juju.log.debug(error.message);
  }
  return active(`[drain] takes no writes: juju run ${juju.unit} drain resume=true`);
}
