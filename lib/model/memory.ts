/**
 * What a unit remembers from one dispatch to the next, in Juju's own charm state (`state-get`): it survives the
 * pod, and is written in the same transaction as the databags. Read once, written once, only what changed.
 */

import { CharmwrightError } from '../errors.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { stateDelete, stateGet, stateSet } from '../hook-tools/unit.ts';

/** Juju's limit for one value of charm state. */
const LIMIT_BYTES = 64 * 1024;

export class Memory {
  readonly #tools: ToolRunner;
  readonly #saved: ReadonlyMap<string, string>;
  readonly #now: Map<string, string>;

  static async load(tools: ToolRunner): Promise<Memory> {
    return new Memory(tools, new Map(Object.entries(await stateGet(tools))));
  }

  /** For hooks in which Juju does not hand out its state. */
  static empty(tools: ToolRunner): Memory {
    return new Memory(tools, new Map());
  }

  private constructor(tools: ToolRunner, saved: ReadonlyMap<string, string>) {
    this.#tools = tools;
    this.#saved = saved;
    this.#now = new Map(saved);
  }

  get(key: string): string | undefined {
    return this.#now.get(key);
  }

  /** `undefined` forgets the key. */
  set(key: string, value: string | undefined): void {
    if (value === undefined) {
      this.#now.delete(key);
      return;
    }
    const size = Buffer.byteLength(value);
    if (size > LIMIT_BYTES) {
      throw new CharmwrightError(
        `cannot store "${key}": ${size} bytes, and Juju keeps at most ${LIMIT_BYTES} for one key; store less, or use a file on a storage`,
      );
    }
    this.#now.set(key, value);
  }

  async commit(): Promise<void> {
    const changed = [...this.#now].filter(([key, value]) => this.#saved.get(key) !== value);
    const gone = [...this.#saved.keys()].filter((key) => !this.#now.has(key));
    if (changed.length > 0) await stateSet(this.#tools, Object.fromEntries(changed.toSorted(byKey)));
    for (const key of gone) await stateDelete(this.#tools, key);
  }
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
