/**
 * The model on disk: one JSON file, replaced whole (temporary file, fsync, rename) after changes. In memory it is an
 * immutable value; `update` runs a transition on a draft of it, and a transition that throws changes nothing.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { current, type Draft, isDraft, produce } from 'immer';
import { type Model, modelSchema, newModel } from './state.ts';

/** The file on disk is not a model this version can read. */
export class StoreError extends Error {
  override name = 'StoreError';
}

export class Store {
  #model: Model;
  #generation = 0;
  #saved = 0;
  #saving: Promise<void> | undefined;
  #closed = false;
  readonly #file: string;
  readonly #listeners = new Set<() => void>();

  private constructor(file: string, model: Model) {
    this.#file = file;
    this.#model = model;
  }

  /** Reads the model of this folder, or makes a new one. */
  static async open(dir: string, file: string, name: string): Promise<Store> {
    await mkdir(dir, { recursive: true });
    const path = join(dir, file);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const fresh = () => newModel(name, randomUUID(), new Date().toISOString());
    const store = new Store(path, text === undefined ? fresh() : parse(path, text));
    store.#generation = 1;
    await store.flushed();
    return store;
  }

  get model(): Model {
    return this.#model;
  }

  /** Grows with every change. */
  get generation(): number {
    return this.#generation;
  }

  /** Runs a transition; tells whoever listens; the write to disk follows (`flushed` waits for it). */
  update<T>(transition: (model: Model) => T): T {
    let result: { value: T } | undefined;
    const next = produce(this.#model, (draft: Model) => {
      const value = transition(draft);
      result = { value: snapshot(value) };
    });
    if (result === undefined) throw new Error('a transition did not run');
    if (next === this.#model) return result.value;
    this.#model = next;
    this.#generation += 1;
    void this.#save();
    for (const listener of [...this.#listeners]) listener();
    return result.value;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the predicate holds, or after so many seconds; checked at every change. */
  async until(holds: (model: Model) => boolean, seconds: number): Promise<void> {
    if (holds(this.#model)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      const stop = this.onChange(() => {
        if (holds(this.#model)) done();
      });
    });
  }

  /** Resolves when everything up to now is on disk. */
  async flushed(): Promise<void> {
    const wanted = this.#generation;
    while (this.#saved < wanted && !this.#closed) await this.#save();
  }

  /** Nothing is written any more: the model's folder is about to go. */
  close(): void {
    this.#closed = true;
  }

  #save(): Promise<void> {
    this.#saving ??= this.#write().finally(() => {
      this.#saving = undefined;
    });
    // A failed write is met again, and reported, by whoever waits in flushed().
    this.#saving.catch(() => {});
    return this.#saving;
  }

  async #write(): Promise<void> {
    while (this.#saved < this.#generation && !this.#closed) {
      const generation = this.#generation;
      const temporary = `${this.#file}.new`;
      const handle = await open(temporary, 'w', 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(this.#model)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.#file);
      this.#saved = generation;
    }
  }
}

/** What a transition returns may be a piece of the draft, which does not outlive it. */
function snapshot<T>(value: T): T {
  return isDraft(value) ? current<T>(value as Draft<T>) : value;
}

function parse(path: string, text: string): Model {
  try {
    return modelSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreError(`cannot read ${path}: ${String(error)}; move the folder away to begin a new model`);
  }
}
