/** Files of the workload container. */
import { PathError, type Pebble } from 'charmwright/pebble';

/** Undefined when the file is not there. */
export async function readIfThere(pebble: Pebble, path: string): Promise<string | undefined> {
  return (await readThoseThere(pebble, [path]))[path];
}

/** By path, those that are there. One request. */
export async function readThoseThere(
  pebble: Pebble,
  paths: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const present: Record<string, string> = {};
  for (const [path, content] of await pebble.pullEach(paths)) {
    if (!(content instanceof PathError)) present[path] = content.toString('utf8');
    else if (content.kind !== 'not-found') throw content;
  }
  return present;
}
