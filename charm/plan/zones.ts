/**
 * Zone awareness: Mimir keeps the copies of a series in different zones, so that a whole zone may fail. It is chosen once,
 * with the replication factor: other places for the copies of what is there already would hide it from queries.
 */
import { leadsCluster } from './cluster.ts';
import type { Inputs } from './inputs.ts';

/** `unknown`: not all units have said where they are. */
export function decideZones(
  inputs: Pick<Inputs, 'agreement' | 'leader' | 'zones' | 'plannedUnits' | 'neighbours'>,
  replicationFactor: number,
): boolean | 'unknown' {
  const { agreement, leader, zones, plannedUnits } = inputs;
  if (agreement?.replicationFactor !== undefined) return agreement.zoneAware === true;
  if (zones === undefined || replicationFactor === 1 || leadsCluster(inputs)) return false;
  if (!leader) return 'unknown';
  const { own, others = [] } = zones;
  if (others.includes('silent') || others.length + 1 < plannedUnits) return 'unknown';
  if (others.includes(undefined)) return false;
  return new Set([own, ...others]).size >= replicationFactor;
}

/** The part of a ring's settings that is about zones. */
export function zoneSettings(zoneAware: boolean | undefined) {
  return zoneAware === true ? { zone_awareness_enabled: true } : {};
}

/** Whether a Mimir that is started with this configuration is to be told its zone. */
export function isZoneAware(configuration: string | undefined): boolean {
  return /^\s+zone_awareness_enabled: true$/m.test(configuration ?? '');
}

/** The rings that know zones, of which each unit is told its own: it is the one thing here that units differ in. */
export const ZONE_FLAGS = [
  'alertmanager.sharding-ring.instance-availability-zone',
  'ingester.ring.instance-availability-zone',
  'store-gateway.sharding-ring.instance-availability-zone',
] as const;
