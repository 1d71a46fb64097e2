/** The model's log: `unit-mimir-k8s-0: 10:20:30 INFO unit.mimir-k8s/0.juju-log text`, in a file and to followers. */
import { createReadStream, createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEBUG_LOG } from './files.ts';

export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogFilter {
  readonly limit: number | null;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly includeModule: readonly string[];
  readonly level: LogLevel;
}

const ROTATE_BYTES = 50_000_000;

export class DebugLog {
  readonly #path: string;
  readonly #followers = new Set<(line: string) => void>();
  #file: WriteStream;
  #bytes: number;

  constructor(dir: string) {
    this.#path = join(dir, DEBUG_LOG);
    this.#file = open(this.#path);
    this.#bytes = sizeOf(this.#path);
  }

  /** `entity` is `unit-mimir-k8s-0`; each line of the text becomes one line of the log. */
  write(entity: string, level: LogLevel, module: string, text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    for (const line of text.replace(/\n+$/, '').split('\n')) {
      const entry = `${entity}: ${time} ${level} ${module} ${line}`;
      this.#file.write(`${entry}\n`);
      this.#bytes += Buffer.byteLength(entry) + 1;
      for (const follower of this.#followers) follower(entry);
    }
    if (this.#bytes > ROTATE_BYTES) this.#rotate();
  }

  /** Past lines, the last `limit` of those that pass the filter; `fresh` gets all that come after them. */
  async read(
    filter: LogFilter,
    fresh: ((line: string) => void) | undefined,
  ): Promise<{ lines: string[]; stop: () => void }> {
    while (this.#file.writableLength > 0)
      await new Promise<void>((resolve) => void this.#file.write('', () => resolve()));
    // Nothing can be written between these two: they are one tick.
    const size = sizeOf(this.#path);
    const stop = fresh === undefined ? () => {} : this.#follow(filter, fresh);
    const lines: string[] = [];
    if (size === 0) return { lines, stop };
    for await (const line of createInterface({ input: createReadStream(this.#path, { end: size - 1 }) })) {
      if (!passes(line, filter)) continue;
      lines.push(line);
      if (filter.limit !== null && lines.length > filter.limit) lines.shift();
    }
    return { lines, stop };
  }

  #follow(filter: LogFilter, line: (text: string) => void): () => void {
    const follower = (text: string) => {
      if (passes(text, filter)) line(text);
    };
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #rotate(): void {
    this.#file.end();
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = open(this.#path);
    this.#bytes = 0;
  }
}

function open(path: string): WriteStream {
  return createWriteStream(path, { flags: 'a', mode: 0o600 });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function unitEntity(unit: string): string {
  return `unit-${unit.replace('/', '-')}`;
}

function passes(line: string, filter: LogFilter): boolean {
  const match = /^(\S+): \S+ (\w+) (\S+) /.exec(`${line} `);
  if (match === null) return false;
  const [, entity = '', level = '', module = ''] = match;
  const names = (wanted: string) =>
    entity === wanted ||
    entity === unitEntity(wanted) ||
    entity.replace(/-\d+$/, '') === `unit-${wanted}` ||
    (wanted.endsWith('*') && entity.startsWith(wanted.slice(0, -1)));
  const levels: readonly string[] = LOG_LEVELS;
  if (levels.indexOf(level) < levels.indexOf(filter.level)) return false;
  if (filter.include.length > 0 && !filter.include.some(names)) return false;
  if (filter.exclude.some(names)) return false;
  return (
    filter.includeModule.length === 0 || filter.includeModule.some((prefix) => module.startsWith(prefix))
  );
}
