/** Files of the workload container. */
import { PathError, type Pebble } from 'charmwright/pebble';

/** Undefined when the file is not there. */
export async function readIfThere(pebble: Pebble, path: string): Promise<string | undefined> {
  try {
    return await pebble.pullText(path);
  } catch (error) {
    if (error instanceof PathError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
