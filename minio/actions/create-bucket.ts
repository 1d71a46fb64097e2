import { type ActionContext, ActionFailed, type ActionReturn } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { bucketProblem, shown } from '../charm/plan/bucket.ts';
import type { s3Provider } from '../relations/s3.ts';
import { withMinio } from './with-minio.ts';

type Context = ActionContext<Spec, 'create-bucket', { readonly s3: typeof s3Provider }>;

export async function createBucket({ juju, params }: Context): Promise<ActionReturn<Spec, 'create-bucket'>> {
  const { name } = params;
  const problem = bucketProblem(name);
  if (problem !== undefined) throw new ActionFailed(`bucket ${shown(name)}: the name ${problem}`);
  const created = await withMinio(juju, (api) => api.createBucket(name));
  return { bucket: name, created };
}
