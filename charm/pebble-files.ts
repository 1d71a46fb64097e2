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

/** By path, those that are there. */
export async function readThoseThere(
  pebble: Pebble,
  paths: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const read = await Promise.all(paths.map(async (path) => [path, await readIfThere(pebble, path)] as const));
  return Object.fromEntries(read.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
