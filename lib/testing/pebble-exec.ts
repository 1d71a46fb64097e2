/** A command of the workload that a test has an answer for. */
import { PassThrough, Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ApiError, ExecError } from '../pebble/errors.ts';
import type { ExecOptions, ExecOutput, ExecProcess } from '../pebble/pebble.ts';
import type { ContainerState, ExecAnswer, ExecResult } from './state.ts';

/** The answer with the longest beginning of the command. */
function answerFor(container: ContainerState, command: readonly string[]): ExecAnswer | undefined {
  return container.execs
    .filter((answer) => answer.command.every((word, index) => word === command[index]))
    .toSorted((a, b) => b.command.length - a.command.length)[0];
}

/** @throws ApiError in Pebble's words when the image has no such program. */
export function checkProgram(container: ContainerState, command: readonly string[]): void {
  if (answerFor(container, command)?.result !== 'missing') return;
  throw new ApiError(400, '', `cannot find executable "${command[0]}" in $PATH`);
}

/** A command without an answer ends with 127, as a shell says it. */
export class SimulatedProcess implements ExecProcess {
  readonly changeId = '1';
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly #command: readonly string[];
  readonly #result: Promise<Required<ExecResult>>;
  readonly #input: Promise<string>;

  constructor(container: ContainerState, command: readonly string[], options: ExecOptions) {
    const input = new PassThrough();
    this.stdin = input;
    this.#command = command;
    this.#input = text(input);
    this.#input.catch(() => undefined);
    this.#result = run(container, command, options, this.#input);
    // Whoever asks for the result gets the error; a process that nobody waits for must not end the test.
    this.#result.catch(() => undefined);
    const { combineStderr = options.terminal ?? false } = options;
    this.stdout = late(this.#result.then(({ stdout, stderr }) => (combineStderr ? stdout + stderr : stdout)));
    this.stderr = combineStderr ? null : late(this.#result.then(({ stderr }) => stderr));
    if (options.stdin instanceof Readable) options.stdin.pipe(input);
    else if (options.stdin !== undefined) input.end(options.stdin);
  }

  /** What it was given, once its input has ended. */
  input(): Promise<string> {
    return this.#input;
  }

  async wait(): Promise<void> {
    await this.#endInput();
    const { code } = await this.#result;
    if (code !== 0) throw new ExecError(this.#command, code, null, null);
  }

  async output(): Promise<ExecOutput> {
    await this.#endInput();
    const { code } = await this.#result;
    const [stdout, stderr] = await Promise.all([
      text(this.stdout),
      this.stderr === null ? null : text(this.stderr),
    ]);
    if (code !== 0) throw new ExecError(this.#command, code, stdout, stderr);
    return { stdout, stderr: stderr ?? '' };
  }

  async #endInput(): Promise<void> {
    if (!this.stdin.writableEnded) this.stdin.end();
    await this.#input;
  }

  /** It ends by itself anyway. */
  sendSignal(_signal: string | number): void {}

  resize(_width: number, _height: number): void {}
}

async function run(
  container: ContainerState,
  command: readonly string[],
  options: ExecOptions,
  stdin: Promise<string>,
): Promise<Required<ExecResult>> {
  const answer = answerFor(container, command);
  if (answer === undefined || answer.result === 'missing') {
    const stderr = `no answer for ${JSON.stringify(command)}: give container "${container.name}" execs: [exec([${JSON.stringify(command[0])}], { stdout: '…' })]`;
    return { code: 127, stdout: '', stderr };
  }
  const given = answer.result;
  const result = typeof given === 'function' ? given({ command, options, stdin: await stdin }) : given;
  const { code = 0, stdout = '', stderr = '' } = result;
  return { code, stdout, stderr };
}

function late(content: Promise<string>): Readable {
  return Readable.from(
    (async function* () {
      const whole = await content;
      if (whole !== '') yield Buffer.from(whole);
    })(),
  );
}
