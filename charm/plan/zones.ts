/**
 * Zone awareness: Mimir keeps the copies of a series in different zones, so that a whole zone may fail. It is chosen with the
 * replication factor, and anew with another one: other places for the copies of what is there already would hide it from
 * queries.
 */
import type { ZoneRing } from '../../relations/peers.ts';
import type { Inputs } from './inputs.ts';

/** The rings that know zones. `unknown`: not all units have said where they are. */
export function decideZones(
  { agreement, leader, zones }: Pick<Inputs, 'agreement' | 'leader' | 'zones'>,
  replicationFactor: number,
): readonly ZoneRing[] | 'unknown' {
  if (agreement?.replicationFactor !== undefined) return agreement.zoneAware ?? [];
  const { own, rings } = zones ?? {};
  if (replicationFactor === 1 || (!leader && own === undefined)) return [];
  if (!leader || (rings?.silent ?? []).length > 0) return 'unknown';
  return rings?.byCopies[replicationFactor] ?? [];
}

/** The part of a ring's settings that is about zones. */
export function zoneSettings(zoneAware: readonly ZoneRing[] | undefined, ring: ZoneRing) {
  return zoneAware?.includes(ring) ? { zone_awareness_enabled: true } : {};
}

/** Whether a Mimir that is started with this configuration is to be told its zone. */
export function isZoneAware(configuration: string | undefined): boolean {
  return /^\s+zone_awareness_enabled: true$/m.test(configuration ?? '');
}

/** Flags of the rings that know zones. Each unit is told its own: it is the one thing here that units differ in. */
export const ZONE_FLAGS = [
  'alertmanager.sharding-ring.instance-availability-zone',
  'ingester.ring.instance-availability-zone',
  'store-gateway.sharding-ring.instance-availability-zone',
] as const;
