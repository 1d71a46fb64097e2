/** The zones that units are in: those of the nodes that Kubernetes has put their pods on. */
import type { Juju } from 'charmwright';
import * as z from 'zod/mini';
import { zoneShape } from '../relations/peers.ts';
import type { Spec } from './generated.ts';
import type { Inputs, ZoneInputs } from './plan/inputs.ts';

type MimirJuju = Juju<Spec>;

/** @param seen there where this unit is to know where all are: to choose by it, or to say what has become of it. */
export async function observeZones(
  juju: MimirJuju,
  seen: Pick<Inputs, 'app' | 'options' | 'agreement' | 'neighbours' | 'plannedUnits'> | undefined,
): Promise<ZoneInputs> {
  const own = await ownZone(juju);
  if (seen === undefined) return { own };
  return { own, rings: await (await import('./ring-zones.ts')).observeRings(juju, own, seen) };
}

const rememberedShape = z.object({
  zone: z.optional(zoneShape),
  /** Kubernetes has said so. */
  sure: z.boolean(),
});

/** A pod stays on its node, and its successor may come to another. What may not be read yet may be with trust. */
async function ownZone(juju: MimirJuju): Promise<string | undefined> {
  const known = juju.stored('zone', rememberedShape);
  const { kind } = juju.event;
  const isDue =
    kind === 'start' || kind === 'upgrade-charm' || (kind === 'config-changed' && known?.sure === false);
  if (known !== undefined && !isDue) return known.zone;
  const account = await juju.serviceAccount();
  if (account === undefined) return undefined;
  const { readZone } = await import('./read-zone.ts');
  const found = await readZone(account, juju.unit.replace('/', '-'));
  if (found.kind === 'unknown') juju.log.debug(`the zone of this unit is not known: ${found.reason}`);
  // A cluster that does not answer now has not moved the pod.
  const zone = found.kind === 'unknown' ? known?.zone : found.zone;
  juju.store('zone', { sure: found.kind === 'known', ...(zone !== undefined && { zone }) });
  return zone;
}
