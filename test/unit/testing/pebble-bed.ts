import type { Pebble } from 'charmwright/pebble';

/** A container of the case's own, and a folder in it that exists and is empty. */
export interface Bed {
  readonly pebble: Pebble;
  readonly dir: string;
}

/** What a charm may expect of Pebble; run on the simulated one and on the real one, so that the former cannot drift. */
export interface PebbleCase {
  readonly name: string;
  readonly run: (bed: Bed) => Promise<void>;
}

/** What a call fails with: the error's fields and its name. */
export async function failure(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return { ...error, name: error.name };
  }
  throw new Error('the call did not fail');
}
