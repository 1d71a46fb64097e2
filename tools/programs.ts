/** The programs that a local model runs, built on first use. */
import { join } from 'node:path';
import { built, type Recipe } from './build.ts';

export const PROGRAMS = {
  pebble: { package: 'github.com/canonical/pebble/cmd/pebble' },
  podbox: { package: '.' },
  jujuc: { package: '.' },
} as const satisfies Record<string, Recipe>;

/**
 * The absolute path of a program's binary; builds it first when the cache has none.
 * @throws PeerError when Go is missing or too old, or the build fails.
 */
export async function program(name: keyof typeof PROGRAMS): Promise<string> {
  return join(await built(name, PROGRAMS[name]), 'bin', name);
}
