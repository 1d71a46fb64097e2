/**
 * Applications that have joined a cluster put their metrics into a bucket that only the one that leads is related to: when
 * it goes, its provider takes the keys back. So it goes after their ingesters.
 */
import { type Juju, waiting } from 'charmwright';
import { readMemberApp } from '../../relations/mimir-cluster.ts';
import type { Spec } from '../generated.ts';
import { within } from '../patience.ts';
import { componentsOf } from '../plan/roles.ts';
import { unitsByPod } from './members.ts';

const ENDPOINT = 'mimir-cluster';

/** @returns why this unit stays. */
export async function untilLedHaveGone(juju: Juju<Spec>, patienceMs: number): Promise<string | undefined> {
  const relations = await juju.relations(ENDPOINT);
  if (relations.length === 0 || [...(await unitsByPod(juju)).values()].includes('stays')) return undefined;
  const said = relations.map(async (relation) => {
    const { role = '' } = readMemberApp(await relation.remoteAppData()).said;
    return componentsOf(role)?.includes('ingester') ? [relation.remoteApp] : [];
  });
  const apps = (await Promise.all(said)).flat();
  if (apps.length === 0) return undefined;
  const left = () => unitsOf(juju, apps);
  const first = await left();
  if (first.length === 0) return undefined;
  await juju.showStatus(waiting(reasonFor(juju, first)));
  const last = await within(patienceMs, left, (units) => units.length === 0);
  return last.length === 0 ? undefined : reasonFor(juju, last);
}

async function unitsOf(juju: Juju<Spec>, apps: readonly string[]): Promise<readonly string[]> {
  const { relations } = await juju.goalState({ fresh: true });
  const isUnit = (name: string) => apps.some((app) => name.startsWith(`${app}/`));
  return Object.keys(relations[ENDPOINT] ?? {})
    .filter(isUnit)
    .toSorted();
}

function reasonFor({ app }: Juju<Spec>, units: readonly string[]): string {
  const theirs = [...new Set(units.map((unit) => unit.slice(0, unit.indexOf('/'))))].join(' ');
  return `[drain] stays until ${units.join(', ')} have gone, who need the bucket of ${app}: juju remove-application ${theirs}`;
}
