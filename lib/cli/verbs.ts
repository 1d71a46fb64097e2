/** All verbs. A verb's code is loaded when it is asked for. */
import type { Verb } from './verb.ts';

interface Entry {
  /** One line of `charmwright --help`. */
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

export const VERBS: Readonly<Record<string, Entry>> = {
  init: {
    summary: 'Makes a new charm, with tests, that can be packed and deployed as it is',
    load: async () => (await import('./verbs/init.ts')).init,
  },
  generate: {
    summary: "Writes a charm's names and types from its YAML files",
    load: async () => (await import('./verbs/generate.ts')).generate,
  },
  replay: {
    summary: 'Runs a recorded dispatch of a live unit again',
    load: async () => (await import('./verbs/replay.ts')).replay,
  },
  snapshot: {
    summary: 'Writes a live unit as a file that a test loads',
    load: async () => (await import('./verbs/snapshot.ts')).snapshot,
  },
};
