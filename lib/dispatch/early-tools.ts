/** Hook tools for a dispatch of which it is not yet known whether it is traced. */
import type { ToolResult, ToolRunner } from '../hook-tools/runner.ts';
import type { Tracer } from '../model/tracer.ts';

/**
 * The first question to Juju need not wait until the tracer is loaded: they take as long as each other. What was asked
 * until then is traced afterwards.
 */
export class EarlyTools implements ToolRunner {
  readonly #tools: ToolRunner;
  readonly #opening: Promise<Tracer | undefined>;
  #traced: ToolRunner | undefined;

  constructor(tools: ToolRunner, opening: Promise<Tracer | undefined>) {
    this.#tools = tools;
    this.#opening = opening;
  }

  /** From now on, these are used. */
  follow(tools: ToolRunner): void {
    this.#traced = tools;
  }

  run(tool: string, args: readonly string[], stdin?: string): Promise<ToolResult> {
    if (this.#traced !== undefined) return this.#traced.run(tool, args, stdin);
    const begun = performance.now();
    const result = this.#tools.run(tool, args, stdin);
    void this.#opening.then((tracer) => tracer?.began(begun, tool, args, result));
    return result;
  }
}
