/** Stands for `charm/drain/drain.ts`: what it asks of a bucket is asked of a real one in test/interop. */
import { takeNoWrites } from '../../charm/drain/ingester-api.ts';
import type { MimirApi } from '../../charm/mimir-api.ts';
import { MimirError } from '../../charm/mimir-errors.ts';

export async function drainIngester({ api }: { readonly api: MimirApi }) {
  try {
    await takeNoWrites(api);
    await api.flush(undefined, 1000);
    return { kind: 'drained', series: 0, blocks: 0 };
  } catch (error) {
    if (!(error instanceof MimirError)) throw error;
    return { kind: 'stuck', reason: error.message };
  }
}
