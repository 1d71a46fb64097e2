/** Errors the command line makes itself. Both print as `ERROR <message>`; the class decides the exit code. */

/** The request was understood and failed: exit code 1. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: number = 1;
}

/** The words could not be understood: exit code 2. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  override readonly exitCode = 2;
}
