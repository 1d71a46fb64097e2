/**
 * Shapes that several doors have. Made with zod's small half: what a schema of the large one takes to be made is time
 * in which a hook has done nothing yet (docs/explanation/start-up.md). Both check alike; a charm may use either.
 */
import * as z from 'zod/mini';

export const texts = z.array(z.string());
export const textMap = z.record(z.string(), z.string());

/** Juju writes `null` for a list or a map with nothing in it. */
export function orEmpty<S extends z.core.$ZodType, E extends z.output<S>>(schema: S, empty: E) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value): z.output<S> => value ?? empty),
  );
}

/** What the first issue says, without the value: it may be secret. */
export function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.join('.') || 'the whole';
  if (issue === undefined) return `${where}: not as expected`;
  return `${where}: ${'expected' in issue ? `expected ${issue.expected}` : issue.message}`;
}
