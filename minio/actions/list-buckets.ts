import type { ActionContext, ActionReturn } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import type { s3Provider } from '../relations/s3.ts';
import { withMinio } from './with-minio.ts';

type Context = ActionContext<Spec, 'list-buckets', { readonly s3: typeof s3Provider }>;

/** `buckets` is JSON text, since a bucket's name may hold dots, and keys of results may not. */
export async function listBuckets({ juju }: Context): Promise<ActionReturn<Spec, 'list-buckets'>> {
  const buckets = await withMinio(juju, (api) => api.buckets());
  return { count: buckets.length, buckets: JSON.stringify(buckets) };
}
