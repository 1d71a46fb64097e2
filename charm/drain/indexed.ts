/** Since when blocks are known to be in their tenants' indexes: kept on the volume, so that a drain that is killed goes on. */
import { parseJson } from 'charmwright';
import type { Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import { readIfThere } from '../pebble-files.ts';
import { DRAIN_FILE } from '../plan/paths.ts';

const indexedSchema = z.object({
  /** In milliseconds since 1970. */
  since: z.number(),
  /** Their ULIDs. */
  blocks: z.array(z.string()),
});
export type Indexed = z.infer<typeof indexedSchema>;

export interface IndexedMemory {
  recall(): Promise<Indexed | undefined>;
  remember(indexed: Indexed): Promise<void>;
}

export function onVolume(pebble: Pebble): IndexedMemory {
  return {
    async recall() {
      const text = await readIfThere(pebble, DRAIN_FILE);
      const read = z.safeParse(indexedSchema, text === undefined ? undefined : parseJson(text));
      return read.success ? read.data : undefined;
    },
    async remember(indexed) {
      await pebble.push(DRAIN_FILE, `${JSON.stringify(indexed)}\n`, { makeDirs: true, permissions: 0o600 });
    },
  };
}

/** Of all these blocks. Undefined: not of all of them, or by a clock that was ahead. */
export function sinceWhen(indexed: Indexed | undefined, ids: readonly string[]): number | undefined {
  if (indexed === undefined || indexed.since > Date.now()) return undefined;
  const known = new Set(indexed.blocks);
  return ids.every((id) => known.has(id)) ? indexed.since : undefined;
}
