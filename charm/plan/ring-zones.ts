/** Where the units of each ring are, as the leader sees it. Loaded where zones are to be chosen, or are in use. */
import type { Status } from 'charmwright';
import { ZONE_RINGS, type ZoneRing } from '../../relations/peers.ts';
import { clusterCounts, ownRoles } from './cluster.ts';
import type { Inputs, RingZones, Zone } from './inputs.ts';
import { READERS } from './mimir-config.ts';
import { active, blocked, waiting } from './statuses.ts';
import { writeQuorum } from './storage.ts';

type Seen = Pick<Inputs, 'app' | 'options' | 'agreement' | 'neighbours' | 'plannedUnits'>;

/** @param own units of this application that have said where they are, this one among them. */
export function ringZones(inputs: Seen, own: readonly Zone[]): RingZones {
  const { members = [] } = inputs.neighbours;
  const applications = [
    { app: inputs.app, roles: ownRoles(inputs), planned: inputs.plannedUnits, units: own },
    ...members.map(({ app, roles, plannedUnits: planned, units }) => ({ app, roles, planned, units })),
  ];
  const concerned = applications.filter(({ roles }) => ZONE_RINGS.some((ring) => roles.includes(ring)));
  const zonesOf = (ring: ZoneRing) => {
    const units = concerned.filter(({ roles }) => roles.includes(ring)).flatMap((each) => each.units);
    const known = units.flatMap(({ zone }) => zone ?? []);
    return { zones: new Set(known).size, homeless: units.length - known.length };
  };
  const isOff = inputs.options['zone-awareness'] === 'off';
  const isZoned = applications.some(({ units }) => units.some(({ zone }) => zone !== undefined));
  const isAwaited = isZoned && !isOff;
  // One in fewer zones than copies finds no place for a copy.
  const fit = (copies: number) =>
    ZONE_RINGS.filter((ring) => {
      if (isOff) return false;
      const { zones, homeless } = zonesOf(ring);
      return homeless === 0 && zones >= (ring === 'store-gateway' ? READERS : copies);
    });
  const ingesters = zonesOf('ingester');
  const byCopies = { 3: fit(3), 5: fit(5) };
  return {
    silent: concerned
      .filter(({ planned, units }) => isAwaited && units.length < planned)
      .map(({ app }) => app),
    byCopies,
    copiesToCome: placesToCome(inputs, byCopies),
    ingesters: ingesters.zones + ingesters.homeless,
  };
}

/**
 * What stands for the number when it stays, and copies come to be in different zones, or cease to. It is even, and no number
 * of copies that is allowed.
 */
function placesToCome({ options, agreement }: Seen, byCopies: RingZones['byCopies']): number | undefined {
  const { replicationFactor: copies = 1, zoneAware = [], holdWrites } = agreement ?? {};
  const elsewhere = copies + 1;
  // One change after the other.
  if (copies === 1 || (holdWrites !== undefined && holdWrites !== elsewhere)) return undefined;
  const isWanted = options['zone-awareness'];
  const comes =
    isWanted === 'on'
      ? !zoneAware.includes('ingester') && byCopies[copies]?.includes('ingester')
      : isWanted === 'off' && zoneAware.length > 0;
  return comes ? elsewhere : undefined;
}

/** Mimir puts no two copies into one zone: with too few of them it refuses writes. */
export function zoneStatuses(inputs: Inputs): readonly Status[] {
  const { app, agreement, options, zones } = inputs;
  const { zoneAware, replicationFactor: copies = 1 } = agreement ?? {};
  const { ingesters: count, byCopies } = zones?.rings ?? {};
  if (count === undefined || byCopies === undefined) return [];
  if (!zoneAware?.includes('ingester')) {
    const waits = options['zone-awareness'] === 'on' && copies > 1 && !byCopies[copies]?.includes('ingester');
    return waits
      ? [
          waiting(
            `[zone-awareness] on, and waits for ingesters to be in ${copies} zones, and none outside of one`,
          ),
        ]
      : [];
  }
  // More units are what helps then, and another status says so.
  if (clusterCounts(inputs).ingester < copies) return [];
  if (count >= copies) return [];
  const where = `ingesters are in ${count} ${count === 1 ? 'zone' : 'zones'} for ${copies} copies`;
  if (count >= writeQuorum(copies)) return [active(`${where}: no zone may fail`)];
  return [
    blocked(
      `[replication-factor] writes fail: ${where}: bring units to nodes in other zones, or juju config ${app} zone-awareness=off`,
    ),
  ];
}
