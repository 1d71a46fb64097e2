/**
 * A new pod whose nginx does not serve yet is to get no requests, and a rolling update is to wait for it. To Pebble a
 * container of which it has been told nothing is ready, so it is told first of all.
 */
import type { Juju } from 'charmwright';
import type { Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import type { Spec } from './generated.ts';
import { GATEWAY_CHECK, GATEWAY_SERVED, NOT_YET_FILE } from './plan/gateway-parts.ts';
import type { Inputs } from './plan/inputs.ts';
import { NOT_YET_LAYER } from './plan/nginx-process.ts';

const LABEL = 'gateway-not-yet';

/**
 * Whether the pod is to be ready only when its nginx is. Not so where Mimir serves already and the gateway is an addition:
 * those who ask Mimir itself must not lose it for an nginx that does not start.
 */
export function waitsForNginx(juju: Juju<Spec>, { container }: Inputs): boolean {
  return juju.stored(GATEWAY_SERVED, z.boolean()) === true || container.service?.current !== 'active';
}

/** A check that Pebble has stays as it is, whoever it is from: another one would begin with "up". */
export async function holdBack(pebble: Pebble): Promise<void> {
  const { checks } = await pebble.plan();
  if (checks?.[GATEWAY_CHECK] === undefined) await pebble.addLayer(LABEL, NOT_YET_LAYER, { combine: true });
}

/** When Pebble is started again, it knows nothing but what is in its folder: nginx is not started before the charm says so. */
export async function keepForRestarts(pebble: Pebble): Promise<void> {
  await pebble.push(NOT_YET_FILE, JSON.stringify(NOT_YET_LAYER), { permissions: 0o600, makeDirs: true });
}

export async function forgetForRestarts(pebble: Pebble): Promise<void> {
  await pebble.remove(NOT_YET_FILE, { recursive: true });
}
