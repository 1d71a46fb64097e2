/** Notes what a dispatch does, for the outcome. */
import type { Delivered } from '../dispatch/deliver.ts';
import { hookName } from '../events/event.ts';
import type { Trace } from '../model/tracer.ts';
import type { ExecOptions } from '../pebble/pebble.ts';
import type { ExecutedCommand, Outcome, ToolUse } from './outcome.ts';
import type { PebbleCall, PebbleWitness } from './simulated-pebble.ts';

type Recorded = Pick<
  Outcome,
  'handled' | 'hookTools' | 'pebbleCalls' | 'executed' | 'serviceStarts' | 'stderr' | 'trace'
>;

export class Recorder implements PebbleWitness {
  readonly #delivered: Delivered[] = [];
  readonly #tools: ToolUse[] = [];
  readonly #pebbleCalls: PebbleCall[] = [];
  readonly #executed: (Omit<ExecutedCommand, 'stdin'> & { stdin: string })[] = [];
  readonly #starts: string[] = [];
  readonly #errors: string[] = [];
  #trace: Trace | undefined;

  delivering(delivered: Delivered): void {
    this.#delivered.push(delivered);
  }

  tool(use: ToolUse): void {
    this.#tools.push(use);
  }

  call(call: PebbleCall): void {
    this.#pebbleCalls.push(call);
  }

  serviceStarted(container: string, service: string): void {
    this.#starts.push(`${container}/${service}`);
  }

  executed(
    container: string,
    command: readonly string[],
    options: ExecOptions,
    input: Promise<string>,
  ): void {
    const record = { container, command, options, stdin: '' };
    this.#executed.push(record);
    input.then(
      (stdin) => {
        record.stdin = stdin;
      },
      () => undefined,
    );
  }

  stderr(text: string): void {
    this.#errors.push(text);
  }

  keepTrace(trace: Trace): void {
    this.#trace ??= trace;
  }

  /** As it stands: what a dead dispatch still does is not in it. */
  recorded(): Recorded {
    return {
      handled: this.#delivered.map(({ observer, event, isAgain, isDeferred }) => {
        return { name: hookName(event), observer, event, again: isAgain, deferred: isDeferred };
      }),
      hookTools: [...this.#tools],
      pebbleCalls: [...this.#pebbleCalls],
      executed: this.#executed.map((record) => ({ ...record })),
      serviceStarts: [...this.#starts],
      stderr: this.#errors.join(''),
      ...(this.#trace === undefined ? {} : { trace: this.#trace }),
    };
  }
}
