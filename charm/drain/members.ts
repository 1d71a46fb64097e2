/** Which members of the rings are this unit, its siblings, and those that stay. */
import type { Juju } from 'charmwright';
import type { Spec } from '../generated.ts';
import type { Member } from './ring-api.ts';

/** Mimir's id of a unit is the host name of its pod. */
export function podOf(unit: string): string {
  return unit.replace('/', '-');
}

export function ipOf({ address }: Pick<Member, 'address'>): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** The application's units as Juju knows them: pods, and whether each is on its way out. */
export async function unitsByPod(juju: Juju<Spec>): Promise<ReadonlyMap<string, 'stays' | 'goes'>> {
  const { units } = await juju.goalState();
  return new Map(
    Object.entries(units)
      .filter(([name]) => name.startsWith(`${juju.app}/`))
      .map(([name, { status }]) => [podOf(name), status === 'dying' ? 'goes' : 'stays']),
  );
}

/** Members that are there and stay when this unit is not counted. @param ip this unit's. */
export async function othersThatStay(
  juju: Juju<Spec>,
  members: readonly Member[],
  ip: string,
): Promise<readonly Member[]> {
  const units = await unitsByPod(juju);
  return members.filter(
    (member) => member.state === 'ACTIVE' && ipOf(member) !== ip && units.get(member.id) !== 'goes',
  );
}
