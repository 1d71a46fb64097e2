/** Stories of hooks that are killed at every call they make to Juju or Pebble, and run again. */
import { crashTest, type EventInput, type State } from 'charmwright/testing';
import { expect, test } from 'vitest';
import { mimir } from '../../charm/charm.ts';
import type { Spec } from '../../charm/generated.ts';

export interface KilledStory {
  readonly event: EventInput<Spec>;
  readonly before: () => Promise<State>;
  /** How often Mimir may be started, at most: once more than without the kill. */
  readonly starts: number;
}

/** A notice may be given once more. */
function withoutCounts(state: State): State {
  const containers = Object.entries(state.containers).map(([name, container]) => {
    const notices = container.notices.map((notice) => ({ ...notice, occurrences: 1 }));
    return [name, { ...container, notices }] as const;
  });
  return { ...state, containers: Object.fromEntries(containers) };
}

/** A test for each of them, by name: the end is the one of a hook that nobody killed. */
export function endAsUnkilled(stories: Readonly<Record<string, KilledStory>>): void {
  test.each(Object.entries(stories))('%s', async (_name, { event, before, starts }) => {
    const killed = await crashTest(mimir, event, await before(), { ignore: withoutCounts });
    expect(killed.problems).toEqual([]);
    expect(killed.calls).toBeGreaterThan(1);
    expect(killed.mostStarts).toBeLessThanOrEqual(starts);
  });
}
