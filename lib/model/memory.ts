/**
 * What a unit remembers from one dispatch to the next. Read once, written once, only what changed.
 *
 * By default it is in Juju's own charm state (`state-get`): it survives the pod, and is written in the same
 * transaction as the databags. A charm with `memory: 'file'` keeps it in a file of its folder, as ops does by default.
 */

import { CharmwrightError } from '../errors.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { stateDelete, stateGet, stateSet } from '../hook-tools/unit.ts';
import { parseJson } from '../json.ts';
import { textMap } from '../shapes.ts';
import { type CharmFiles, STATE_FILE } from './charm-files.ts';

/** Juju's limit for one value of charm state; a file keeps to it as well, so that a charm can move from one to the other. */
const LIMIT_BYTES = 64 * 1024;

type Values = Readonly<Record<string, string>>;

interface Backend {
  load(): Promise<Values>;
  save(changed: Values, gone: readonly string[], all: Values): Promise<void>;
}

export class Memory {
  readonly #backend: Backend;
  readonly #saved: ReadonlyMap<string, string>;
  readonly #now: Map<string, string>;

  static async inJuju(tools: ToolRunner): Promise<Memory> {
    return Memory.#load(jujuBackend(tools));
  }

  /** @throws CharmwrightError when the file is there and is not one that this class wrote. */
  static async inFile(files: CharmFiles): Promise<Memory> {
    return Memory.#load(fileBackend(files));
  }

  /** For hooks in which Juju does not hand out its state. */
  static empty(tools: ToolRunner): Memory {
    return new Memory(jujuBackend(tools), new Map());
  }

  static async #load(backend: Backend): Promise<Memory> {
    return new Memory(backend, new Map(Object.entries(await backend.load())));
  }

  private constructor(backend: Backend, saved: ReadonlyMap<string, string>) {
    this.#backend = backend;
    this.#saved = saved;
    this.#now = new Map(saved);
  }

  get(key: string): string | undefined {
    return this.#now.get(key);
  }

  /** The keys that begin with `prefix`. */
  keys(prefix: string): readonly string[] {
    return [...this.#now.keys()].filter((key) => key.startsWith(prefix));
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
    if (changed.length === 0 && gone.length === 0) return;
    await this.#backend.save(sorted(changed), gone, sorted([...this.#now]));
  }
}

function sorted(entries: readonly (readonly [string, string])[]): Values {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function jujuBackend(tools: ToolRunner): Backend {
  return {
    load: () => stateGet(tools),
    async save(changed, gone) {
      if (Object.keys(changed).length > 0) await stateSet(tools, changed);
      for (const key of gone) await stateDelete(tools, key);
    },
  };
}

function fileBackend(files: CharmFiles): Backend {
  return {
    async load() {
      const text = files.read(STATE_FILE);
      if (text === undefined) return {};
      const result = textMap.safeParse(parseJson(text));
      if (result.success) return result.data;
      throw new CharmwrightError(
        `cannot read ${STATE_FILE} in the charm's folder: it is not what this charm wrote; mend it, or remove it to begin with nothing stored`,
      );
    },
    async save(_changed, _gone, all) {
      files.write(STATE_FILE, JSON.stringify(all));
    },
  };
}
