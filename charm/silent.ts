/** Whether this unit's Mimir has stopped answering, as the others of its cluster should know. */
import type { Juju } from 'charmwright';
import { PebbleError } from 'charmwright/pebble';
import type { Spec } from './generated.ts';
import { READY_CHECK } from './plan/layer.ts';
import { CONTAINER } from './plan/paths.ts';

/**
 * Pebble has asked it in vain for a while. It is then sent no requests, which it might keep waiting: a Mimir that starts
 * without object storage takes them and says nothing for minutes.
 */
export async function isSilent(juju: Juju<Spec>): Promise<boolean> {
  try {
    const [check] = await juju.container(CONTAINER).checks({ names: [READY_CHECK] });
    return check?.status === 'down';
  } catch (error) {
    if (error instanceof PebbleError) return false;
    throw error;
  }
}
