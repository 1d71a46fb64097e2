/** Alertmanagers outside this application, which the ruler notifies instead of its own. */
import type { Relation } from 'charmwright';
import { readAlertmanager } from '../../relations/alertmanager.ts';
import type { NeighbourProblem } from '../plan/inputs.ts';
import { type Neighbour, problemOf } from './neighbour.ts';

export const alertmanager: Neighbour = {
  async observe(_juju, relations) {
    const read = await Promise.all(relations.map(readRelation));
    const found = read.flatMap(({ urls }) => urls);
    // Sorted, and each once: the order in which units came must not restart Mimir.
    const alertmanagers = [...new Set(found)].toSorted();
    return {
      neighbours: alertmanagers.length === 0 ? {} : { alertmanagers },
      problems: read.flatMap(({ problems }) => problems),
    };
  },
};

async function readRelation(
  relation: Relation,
): Promise<{ readonly urls: readonly string[]; readonly problems: readonly NeighbourProblem[] }> {
  const units = await relation.units();
  const read = await Promise.all(
    units.map(async (unit) => readAlertmanager(await relation.remoteUnitData(unit))),
  );
  return {
    urls: read.flatMap((each) => (each.ok && each.url !== undefined ? [each.url] : [])),
    problems: read.flatMap((each) =>
      each.ok ? [] : [problemOf(relation, each.problem.key, each.problem.problem)],
    ),
  };
}
