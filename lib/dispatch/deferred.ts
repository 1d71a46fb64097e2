/** The queue of deferred events, oldest first, in the unit's memory. */
import * as z from 'zod/mini';
import { CHARM_OBSERVER } from '../charm.ts';
import { type CharmEvent, hookName } from '../events/event.ts';
import type { Log } from '../log.ts';
import type { Memory } from '../model/memory.ts';
import { stableJson } from '../model/relation.ts';

const KEY = 'charmwright.deferred';

/** One event for one observer: the charm itself, or one of its parts. As a notice in ops. */
export interface Notice {
  readonly observer: string;
  readonly event: CharmEvent;
}

/**
 * Events are written by this very file; what is checked is that the text is a list of things with a kind. One of an
 * endpoint that a newer charm has lost is harmless: there is no handler of that name, so it leaves the queue.
 */
const queueShape = z.array(z.looseObject({ kind: z.string(), observer: z.optional(z.string()) }));

export class DeferredQueue {
  readonly #memory: Memory;
  #notices: readonly Notice[];

  constructor(memory: Memory, log: Log) {
    this.#memory = memory;
    this.#notices = read(memory.get(KEY), log);
  }

  /** Oldest first. */
  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** Whether the observer has this very event in the queue already. */
  has({ observer, event }: Notice): boolean {
    const same = identity(event);
    return this.#notices.some((known) => known.observer === observer && identity(known.event) === same);
  }

  add(notice: Notice): void {
    this.#notices = [...this.#notices, notice];
  }

  remove(notice: Notice): void {
    this.#notices = this.#notices.filter((known) => known !== notice);
  }

  save(): void {
    const entries = this.#notices.map(({ observer, event }) => ({
      ...event,
      ...(observer === CHARM_OBSERVER ? {} : { observer }),
    }));
    this.#memory.set(KEY, entries.length === 0 ? undefined : JSON.stringify(entries));
  }
}

function identity(event: CharmEvent): string {
  return `${hookName(event)} ${stableJson(event)}`;
}

function read(text: string | undefined, log: Log): readonly Notice[] {
  if (text === undefined) return [];
  try {
    return queueShape.parse(JSON.parse(text)).map(({ observer = CHARM_OBSERVER, ...event }) => ({
      observer,
      event: event as unknown as CharmEvent,
    }));
  } catch {
    // A queue that stays unreadable would fail every hook from now on.
    log.error('cannot read the queue of deferred events: they are dropped');
    return [];
  }
}
