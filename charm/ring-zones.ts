/** The zones of all units, as the leader sees them. Loaded where zones are to be chosen, or are in use. */
import type { Juju } from 'charmwright';
import { peerZone } from '../relations/peer-zone.ts';
import type { Spec } from './generated.ts';
import type { RingZones } from './plan/inputs.ts';
import { ringZones } from './plan/ring-zones.ts';

export { zoneStatuses } from './plan/ring-zones.ts';

/** @param own this unit's zone */
export async function observeRings(
  juju: Juju<Spec>,
  own: string | undefined,
  seen: Parameters<typeof ringZones>[0],
): Promise<RingZones> {
  const peers = await juju.relation('mimir-peers');
  const units = (await peers?.units()) ?? [];
  const said = await Promise.all(
    units.map(async (unit) => peerZone((await peers?.remoteUnitData(unit)) ?? {})),
  );
  return ringZones(seen, [{ zone: own }, ...said.filter((each) => each !== undefined)]);
}
