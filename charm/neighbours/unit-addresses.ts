/** What every unit on the other side says of itself. */
import type { Bag, Relation } from 'charmwright';
import type { KeyProblem } from '../../relations/bag.ts';
import type { NeighbourProblem } from '../plan/inputs.ts';
import { problemsOf } from './neighbour.ts';

/** Absent address: the unit has not said it yet, which is no fault and keeps no other from being used. */
export type UnitAddress<T> =
  | { readonly ok: true; readonly address?: T }
  | { readonly ok: false; readonly problems: readonly KeyProblem[] };

export async function unitAddresses<T>(
  relations: readonly Relation[],
  read: (unit: Bag) => UnitAddress<T> | Promise<UnitAddress<T>>,
): Promise<{ readonly addresses: readonly T[]; readonly problems: readonly NeighbourProblem[] }> {
  const all = await Promise.all(
    relations.map(async (relation) => {
      const units = await relation.units();
      const each = await Promise.all(units.map(async (unit) => read(await relation.remoteUnitData(unit))));
      return each.map((said) => ({ relation, said }));
    }),
  );
  return {
    addresses: all
      .flat()
      .flatMap(({ said }) => (said.ok && said.address !== undefined ? [said.address] : [])),
    problems: all
      .flat()
      .flatMap(({ relation, said }) => (said.ok ? [] : problemsOf(relation, said.problems))),
  };
}

/** Each once, in an order of their own: the order in which units came must not restart Mimir. */
export function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
