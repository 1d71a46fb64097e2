/** The same world with everything in another order, where order means nothing. */
import type { State } from 'charmwright/testing';

/** Chance that comes again: the same seed gives the same order. */
export function chance(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** Keys in another order, at every depth. Lists stay as they are: their order may mean something. */
export function withKeysShuffled<T>(value: T, random: () => number): T {
  return structuredCloneWith(value, random) as T; // the same keys with the same values, in another order
}

function structuredCloneWith(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((each) => structuredCloneWith(each, random));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const entries = shuffled(Object.entries(value), random);
  return Object.fromEntries(entries.map(([key, inner]) => [key, structuredCloneWith(inner, random)]));
}

/** Relations, secrets, storage and all keys of a state; layers stay in their order. */
export function shuffledWorld(state: State, seed: number): State {
  const random = chance(seed);
  const { containers, ...rest } = state;
  const others = withKeysShuffled(rest, random);
  return {
    ...others,
    relations: shuffled(others.relations, random),
    secrets: shuffled(others.secrets, random),
    storages: shuffled(others.storages, random),
    containers: Object.fromEntries(
      shuffled(Object.entries(containers), random).map(([name, { layers, execs, ...container }]) => [
        name,
        { ...withKeysShuffled(container, random), layers, execs },
      ]),
    ),
  };
}
