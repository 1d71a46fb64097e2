/** Mimir's caches, all on the same memcacheds: their keys do not meet. */
import type { Inputs } from './inputs.ts';

/** Of a memcached that was told nothing else (`-I`); bigger items are not kept. */
const LARGEST_ITEM = 1024 * 1024;

type Cache = ReturnType<typeof memcached>;

export interface Caches {
  readonly frontend?: { readonly cache_results: true; readonly results_cache: Cache };
  readonly bucketStore?: {
    readonly index_cache: Cache;
    readonly chunks_cache: Cache;
    readonly metadata_cache: Cache;
  };
}

/** Without memcacheds Mimir's own: the index in memory, the rest nowhere. */
export function cacheSettings({ neighbours }: Pick<Inputs, 'neighbours'>): Caches {
  if (neighbours.caches === undefined) return {};
  const cache = memcached(neighbours.caches);
  return {
    frontend: { cache_results: true, results_cache: cache },
    bucketStore: { index_cache: cache, chunks_cache: cache, metadata_cache: cache },
  };
}

function memcached(addresses: readonly string[]) {
  return {
    backend: 'memcached',
    memcached: {
      addresses: addresses.join(','),
      // A cache that is slower than this is worse than none; Mimir's 200 ms are short for a busy machine.
      timeout: '500ms',
      connect_timeout: '200ms',
      max_item_size: LARGEST_ITEM,
    },
  };
}
