/** What the databag readers share. */
import type * as z from 'zod/mini';

/** One key that is missing or wrong. `problem` never holds the value of a credential. */
export interface KeyProblem {
  readonly key: string;
  readonly problem: string;
}

/** The faults that zod found in a databag, by key. */
export function keyProblems(error: z.core.$ZodError): readonly KeyProblem[] {
  return error.issues.map(({ path, message }) => ({ key: String(path[0] ?? ''), problem: message }));
}
