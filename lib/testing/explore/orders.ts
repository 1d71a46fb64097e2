/** Two events in either order, or two ways into the same world: the ends are compared. */
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

/** Two ways into the same world that end differently. */
export interface WayDifference {
  readonly one: Found;
  readonly other: Found;
  readonly differences: readonly string[];
}

/** Compares ends: places where Juju owes nothing more, in worlds that are the same around the unit. */
export class Judge {
  readonly #ignore: (state: State) => State;
  readonly #equal: Comparison['equal'];
  readonly #looked = new Map<number, Look>();

  constructor({ ignore = (state) => state, equal }: Comparison) {
    this.#ignore = ignore;
    this.#equal = equal;
  }

  /** Two events in either order: all pairs, at the places that are reached first. */
  orders(places: readonly Found[]): OrderDifference[] {
    return places.flatMap((found) => {
      const edges = [...found.edges.values()];
      return edges.flatMap(({ move: first, to: afterFirst }, index) =>
        edges.slice(index + 1).flatMap(({ move: second, to: afterSecond }) => {
          const one = afterFirst?.edges.get(second.name)?.to;
          const other = afterSecond?.edges.get(first.name)?.to;
          if (one === undefined || other === undefined || one === other) return [];
          const [endOfOne, endOfOther] = [atRest(one), atRest(other)];
          if (endOfOne === undefined || endOfOther === undefined) return [];
          const seen = this.#compare(endOfOne, endOfOther);
          return seen.length === 0 ? [] : [{ found, first, second, differences: seen }];
        }),
      );
    });
  }

  /** Any ways: each end is compared with the first one in the same world. */
  ways(places: readonly Found[]): WayDifference[] {
    const firsts = new Map<string, Found>();
    return places.flatMap((other) => {
      if (Object.keys(other.agenda.owed).length > 0 || other.agenda.gone) return [];
      const { outside } = this.#look(other);
      const one = firsts.get(outside);
      if (one === undefined) {
        firsts.set(outside, other);
        return [];
      }
      const seen = this.#compare(one, other);
      return seen.length === 0 ? [] : [{ one, other, differences: seen }];
    });
  }

  #compare(one: Found, other: Found): readonly string[] {
    if (one === other) return [];
    const [a, b] = [this.#look(one), this.#look(other)];
    if (a.outside !== b.outside || a.text === b.text) return [];
    if (this.#equal?.(one.state, other.state) === true) return [];
    return differences(a.inside, b.inside);
  }

  #look(end: Found): Look {
    const known = this.#looked.get(end.number);
    if (known !== undefined) return known;
    const inside = comparable(this.#ignore(end.state));
    const outside = `${agendaKey({ ...end.agenda, usedIds: [] })} ${stableJson(outsideOf(end.state))}`;
    const looked = { outside, inside, text: stableJson(inside) };
    this.#looked.set(end.number, looked);
    return looked;
  }
}

interface Look {
  readonly outside: string;
  readonly inside: unknown;
  readonly text: string;
}
