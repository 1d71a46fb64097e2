/** The queue of deferred events, oldest first, in the unit's memory. */
import * as z from 'zod';
import { hookName, type JujuEvent } from '../events/event.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../model/memory.ts';
import { stableJson } from '../model/relation.ts';
import type { CharmSpec } from '../spec/spec.ts';

const KEY = 'charmwright.deferred';

/**
 * Events are written by this very file; what is checked is that the text is a list of things with a kind. One of an
 * endpoint that a newer charm has lost is harmless: there is no handler of that name, so it leaves the queue.
 */
const queueShape = z.array(z.looseObject({ kind: z.string() }));

export function readDeferred<S extends CharmSpec>(memory: Memory, log: Log): JujuEvent<S>[] {
  const text = memory.get(KEY);
  if (text === undefined) return [];
  try {
    return queueShape.parse(JSON.parse(text)) as unknown as JujuEvent<S>[];
  } catch {
    // A queue that stays unreadable would fail every hook from now on.
    log.error('cannot read the queue of deferred events: they are dropped');
    return [];
  }
}

/** Equal events are kept once, in the place of the oldest. */
export function writeDeferred(memory: Memory, events: readonly JujuEvent[]): void {
  const unique = new Map(events.map((event) => [`${hookName(event)} ${stableJson(event)}`, event]));
  memory.set(KEY, unique.size === 0 ? undefined : JSON.stringify([...unique.values()]));
}
