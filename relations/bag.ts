/** What the databag readers share. */
import * as z from 'zod/mini';

/** One key that is missing or wrong. `problem` never holds the value of a credential. */
export interface KeyProblem {
  readonly key: string;
  readonly problem: string;
}

/** As it is kept from one dispatch to the next. */
export const keyProblemShape = z.object({ key: z.string(), problem: z.string() });

/** The faults that zod found in a databag, by key. */
export function keyProblems(error: z.core.$ZodError): readonly KeyProblem[] {
  return error.issues.map(({ path, message }) => ({ key: String(path[0] ?? ''), problem: message }));
}
