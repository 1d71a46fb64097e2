/** Ends a dispatch in the middle, as `kill -9` would. */

export interface KillAt {
  /** After so many hook-tool calls. */
  readonly killAfterToolCall?: number;
  /** After so many hook-tool calls and Pebble calls together. */
  readonly killAfterEffect?: number;
}

/**
 * Counts what a dispatch does to the outside. At the given count nothing ever answers it again: its promises
 * stay open, so that not even its `finally` blocks run, and what it does later reaches nobody.
 */
export class Killer {
  readonly #at: KillAt;
  readonly #death = Promise.withResolvers<'killed'>();
  #toolCalls = 0;
  #effects = 0;
  #isDead = false;

  /** @internal */
  constructor(at: KillAt) {
    this.#at = at;
  }

  /** Settles when the dispatch is dead. */
  get death(): Promise<'killed'> {
    return this.#death.promise;
  }

  /**
   * Does the call and counts it, in one step that nothing comes between. The call's effect stays, even when its
   * answer arrives nowhere.
   */
  async through<T>(kind: 'tool' | 'pebble', call: () => T): Promise<T> {
    if (this.#isDead) return forever();
    try {
      return call();
    } finally {
      this.#count(kind);
      if (this.#isDead) await forever();
    }
  }

  #count(kind: 'tool' | 'pebble'): void {
    this.#effects += 1;
    if (kind === 'tool') this.#toolCalls += 1;
    const { killAfterToolCall, killAfterEffect } = this.#at;
    const isDue =
      (kind === 'tool' && this.#toolCalls === killAfterToolCall) || this.#effects === killAfterEffect;
    if (!isDue) return;
    this.#isDead = true;
    this.#death.resolve('killed');
  }
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
