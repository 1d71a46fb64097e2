/** The charm wakes itself, where nobody else would tell it that it is time to look again. */
import type { Juju } from 'charmwright';
import { PebbleError } from 'charmwright/pebble';
import type { Spec } from './generated.ts';
import { CONTAINER } from './plan/paths.ts';

const NOTICE = 'mimir-k8s-charm.local/copies';

export async function wakeLater(juju: Juju<Spec>): Promise<void> {
  try {
    await juju.container(CONTAINER).notify(NOTICE);
  } catch (error) {
    // Its next event will do.
    if (!(error instanceof PebbleError)) throw error;
  }
}
