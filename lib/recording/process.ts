/** A command in a container, while it is recorded: the charm reads as ever, and what it reads is kept. */
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { ExecError } from '../pebble/errors.ts';
import type { ExecOutput, ExecProcess } from '../pebble/pebble.ts';

/** What became of it; `code` is absent while nobody has waited for its end. */
export interface RecordedEnd {
  readonly stdout: string;
  readonly stderr: string | null;
  readonly code?: number;
}

export class RecordedProcess implements ExecProcess {
  readonly changeId: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly #process: ExecProcess;
  readonly #command: readonly string[];
  readonly #isFed: boolean;
  readonly #ended: (end: RecordedEnd) => void;
  #code: number | undefined;
  #out = '';
  #err = '';

  /** What a client's `exec` gave, wrapped; its arguments are the command and the options. */
  static around(process: unknown, args: readonly unknown[], ended: (end: RecordedEnd) => void): unknown {
    const [command, options] = args;
    const words = Array.isArray(command) ? command.map(String) : [];
    const isFed = typeof options === 'object' && options !== null && 'stdin' in options;
    // The interface says so of `exec`, and a proxy cannot know which of its methods it stands for.
    return new RecordedProcess(process as ExecProcess, words, isFed, ended);
  }

  private constructor(
    process: ExecProcess,
    command: readonly string[],
    isFed: boolean,
    ended: (end: RecordedEnd) => void,
  ) {
    this.#process = process;
    this.#command = command;
    this.#isFed = isFed;
    this.#ended = ended;
    this.changeId = process.changeId;
    this.stdin = process.stdin;
    this.stdout = this.#kept(process.stdout, (text) => {
      this.#out += text;
    });
    this.stderr =
      process.stderr === null
        ? null
        : this.#kept(process.stderr, (text) => {
            this.#err += text;
          });
    this.#tell();
  }

  async wait(): Promise<void> {
    const code = await this.#end();
    if (code !== 0) throw new ExecError(this.#command, code, null, null);
  }

  async output(): Promise<ExecOutput> {
    if (!this.#isFed) this.stdin.end();
    const texts = Promise.all([readAll(this.stdout), this.stderr === null ? null : readAll(this.stderr)]);
    const code = await this.#end();
    const [stdout, stderr] = await texts;
    this.#tell();
    if (code !== 0) throw new ExecError(this.#command, code, stdout, stderr);
    return { stdout, stderr: stderr ?? '' };
  }

  sendSignal(signal: string | number): void {
    this.#process.sendSignal(signal);
  }

  resize(width: number, height: number): void {
    this.#process.resize(width, height);
  }

  async #end(): Promise<number> {
    try {
      await this.#process.wait();
      this.#code = 0;
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      this.#code = error.exitCode;
    }
    this.#tell();
    return this.#code;
  }

  #kept(source: Readable, keep: (text: string) => void): Readable {
    const copy = new PassThrough();
    source.on('data', (chunk: Buffer) => keep(chunk.toString('utf8')));
    source.on('end', () => this.#tell());
    source.pipe(copy);
    return copy;
  }

  #tell(): void {
    const stderr = this.stderr === null ? null : this.#err;
    this.#ended({ stdout: this.#out, stderr, ...(this.#code === undefined ? {} : { code: this.#code }) });
  }
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
