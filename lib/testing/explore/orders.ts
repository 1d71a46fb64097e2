/** Two events in either order: the ends are compared. */
import { stableJson } from '../../model/relation.ts';
import type { State } from '../state.ts';
import { agendaKey, type Move } from './agenda.ts';
import { comparable, outsideOf } from './canonical.ts';
import { differences } from './differences.ts';
import { atRest, type Found } from './graph.ts';

export interface Comparison {
  /**
   * Leaves out what may differ: gives the world without it. Logs, the history of statuses and Juju's numbering of
   * secrets are never compared. `activeOnly` is one for charms that keep what they have while something is missing.
   */
  readonly ignore?: (state: State) => State;
  /** Another way to compare two ends. */
  readonly equal?: (one: State, other: State) => boolean;
}

export interface OrderDifference {
  readonly found: Found;
  readonly first: Move;
  readonly second: Move;
  /** Where the ends differ: "first, then second" or "second, then first". */
  readonly differences: readonly string[];
}

/** All pairs, at the places that are reached first. */
export function orderDifferences(places: readonly Found[], comparison: Comparison): OrderDifference[] {
  const judge = judgeOf(comparison);
  return places.flatMap((found) => {
    const edges = [...found.edges.values()];
    return edges.flatMap(({ move: first, to: afterFirst }, index) =>
      edges.slice(index + 1).flatMap(({ move: second, to: afterSecond }) => {
        const one = afterFirst?.edges.get(second.name)?.to;
        const other = afterSecond?.edges.get(first.name)?.to;
        if (one === undefined || other === undefined || one === other) return [];
        const seen = judge(one, other);
        return seen.length === 0 ? [] : [{ found, first, second, differences: seen }];
      }),
    );
  });
}

/** Ends are seen when Juju owes nothing more; they are compared when the world around the unit is the same. */
function judgeOf({ ignore = (state) => state, equal }: Comparison) {
  const seen = new Map<
    number,
    { readonly outside: string; readonly inside: unknown; readonly text: string }
  >();
  const look = (end: Found) => {
    const known = seen.get(end.number);
    if (known !== undefined) return known;
    const inside = comparable(ignore(end.state));
    const outside = `${agendaKey(end.agenda)} ${stableJson(outsideOf(end.state))}`;
    const looked = { outside, inside, text: stableJson(inside) };
    seen.set(end.number, looked);
    return looked;
  };
  return (one: Found, other: Found): readonly string[] => {
    const [endOfOne, endOfOther] = [atRest(one), atRest(other)];
    if (endOfOne === undefined || endOfOther === undefined || endOfOne === endOfOther) return [];
    const [a, b] = [look(endOfOne), look(endOfOther)];
    if (a.outside !== b.outside || a.text === b.text) return [];
    if (equal?.(endOfOne.state, endOfOther.state) === true) return [];
    return differences(a.inside, b.inside);
  };
}
