/** Ends the gateway where nobody needs it any more. */
import type { Juju } from 'charmwright';
import { type Pebble, PebbleError, TimeoutError } from 'charmwright/pebble';
import { forgetForRestarts } from './gateway-not-yet.ts';
import type { Spec } from './generated.ts';
import {
  GATEWAY_CHECK,
  GATEWAY_CONTAINER,
  GATEWAY_KEY,
  GATEWAY_LABEL,
  GATEWAY_SERVED,
  GATEWAY_SERVICE,
} from './plan/gateway-parts.ts';

const IDLE = { override: 'merge', startup: 'disabled' } as const;

/** Nobody needs it any more, or has ever: Mimir itself is addressed. */
export async function takeDownGateway(juju: Juju<Spec>): Promise<void> {
  const pebble = juju.container(GATEWAY_CONTAINER);
  try {
    const { services, checks } = await pebble.plan();
    const service = services?.[GATEWAY_SERVICE];
    // An image may bring the check.
    const check = checks?.[GATEWAY_CHECK];
    if (service !== undefined || check !== undefined) {
      const idle = {
        services: service === undefined ? {} : { [GATEWAY_SERVICE]: IDLE },
        checks: check === undefined ? {} : { [GATEWAY_CHECK]: IDLE },
      };
      await pebble.addLayer(GATEWAY_LABEL, idle, { combine: true });
      if (check !== undefined) await pebble.stopChecks([GATEWAY_CHECK]);
      await forgetForRestarts(pebble);
      const [running] = await pebble.services([GATEWAY_SERVICE]);
      if (running !== undefined && running.current !== 'inactive') await endInTime(pebble);
    }
    juju.store(GATEWAY_KEY, undefined);
    juju.store(GATEWAY_SERVED, undefined);
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    juju.log.warn(`the gateway does not end: ${error.message}`);
    // The next hook tries again.
    juju.store(GATEWAY_KEY, true);
  }
}

/** Long queries are answered before nginx ends, and nobody need wait for them. */
async function endInTime(pebble: Pebble): Promise<void> {
  try {
    await pebble.stop([GATEWAY_SERVICE], { timeoutMs: 10_000 });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}
