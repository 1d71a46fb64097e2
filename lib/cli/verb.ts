/** What a verb of the command line is. */
import { CharmwrightError } from '../errors.ts';

export interface Verb {
  /** What may follow the verb: `[FOLDER ...] [--check]`. */
  readonly usage: string;
  /** What `charmwright VERB --help` tells after the usage: whole sentences, lines of up to 100 characters. */
  readonly details: string;
  /**
   * Does it, and gives the exit code. `--help` never comes here.
   * @throws CharmwrightError, which is shown without its stack, or what `parseArgs` of node:util throws.
   */
  run(args: readonly string[]): Promise<number>;
}

/** The words of a command line make no sense together. */
export class UsageError extends CharmwrightError {
  override name = 'UsageError';
}
