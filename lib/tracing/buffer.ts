/**
 * Traces that wait for their collector, in files of the charm's folder.
 *
 * A file `50-1764113754123456.jsonl` holds traces of one priority, one a line, and is one request to the collector.
 * The newest of each priority, `50-open.jsonl`, is added to until it is large enough to be closed. So keeping a trace
 * costs one write whatever is there already, and the folder never has more than about a hundred files.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../json.ts';
import { now } from './clock.ts';

/** In the charm's folder. */
export const BUFFER_FOLDER = '.charmwright-traces';

/** Of all files together. */
export const LARGEST_BUFFER = 40 * 1024 * 1024;
/** A file of this size is closed; a request to the collector is hardly larger. */
const LARGEST_FILE = 512 * 1024;
/** How a disk counts. */
const BLOCK = 4096;

/** As ops ranks them: a dispatch whose event somebody handles, above one that is only passing by. */
export type Priority = 10 | 50;
const PRIORITIES: readonly Priority[] = [10, 50];

export class TraceBuffer {
  readonly #folder: string;

  constructor(charmFolder: string) {
    this.#folder = join(charmFolder, BUFFER_FOLDER);
  }

  /** Adds a trace. @throws Node's error when the disk is full or may not be written to */
  add(trace: string, priority: Priority): void {
    const path = this.#open(priority);
    const file = this.#openFile(path);
    try {
      // The newline in front: a dispatch that was killed here has perhaps left half a line.
      writeSync(file, `\n${trace}\n`);
      if (fstatSync(file).size < LARGEST_FILE) return;
    } finally {
      closeSync(file);
    }
    this.#close(priority);
    this.#makeRoom();
  }

  /**
   * Closes all open files and names the closed ones, in the order in which they are to be sent: what matters most
   * first, and of that the oldest.
   */
  closed(): readonly string[] {
    for (const priority of PRIORITIES) this.#close(priority);
    const names = this.#names();
    return PRIORITIES.toReversed().flatMap((priority) =>
      names.filter((name) => name.startsWith(`${priority}-`)),
    );
  }

  /** The traces in a closed file; what is not JSON any more is left out. Empty when the file is gone. */
  read(name: string): readonly string[] {
    try {
      const lines = readFileSync(join(this.#folder, name), 'utf8').split('\n');
      return lines.filter((line) => line !== '' && typeof parseJson(line) === 'object');
    } catch {
      return [];
    }
  }

  remove(name: string): void {
    rmSync(join(this.#folder, name), { force: true });
  }

  /** The folder is there but for the first time. */
  #openFile(path: string): number {
    try {
      return openSync(path, 'a', 0o600);
    } catch {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      return openSync(path, 'a', 0o600);
    }
  }

  /** What is less important goes first, and of that the oldest. */
  #makeRoom(): void {
    const files = this.#names().map((name) => ({ name, size: this.#size(name) }));
    let total = files.reduce((sum, { size }) => sum + size, 0) + PRIORITIES.length * LARGEST_FILE;
    for (const { name, size } of files) {
      if (total <= LARGEST_BUFFER) return;
      this.remove(name);
      total -= size;
    }
  }

  /** Closed files, sorted by priority, then age. */
  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => /^\d\d-\d{16}\.jsonl$/.test(name))
        .toSorted();
    } catch {
      return [];
    }
  }

  #size(name: string): number {
    try {
      return Math.ceil(statSync(join(this.#folder, name)).size / BLOCK) * BLOCK;
    } catch {
      return 0; // sent meanwhile
    }
  }

  #close(priority: Priority): void {
    const microseconds = Math.round(now() * 1000);
    try {
      renameSync(this.#open(priority), join(this.#folder, `${priority}-${microseconds}.jsonl`));
    } catch {
      // there is none
    }
  }

  #open(priority: Priority): string {
    return join(this.#folder, `${priority}-open.jsonl`);
  }
}
