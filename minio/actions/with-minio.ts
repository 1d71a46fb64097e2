import { ActionFailed } from 'charmwright';
import { minioApi } from '../charm/apply.ts';
import type { MinioJuju } from '../charm/juju.ts';
import { type MinioApi, MinioError } from '../charm/minio-api.ts';
import { look } from '../charm/reconcile.ts';

/** Does something with MinIO for an action. What MinIO refuses fails the action with MinIO's reason. */
export async function withMinio<T>(juju: MinioJuju, use: (api: MinioApi) => Promise<T>): Promise<T> {
  const { planned, root } = await look(juju);
  if (root === undefined) throw new ActionFailed('MinIO was never started: see juju status');
  try {
    return await use(minioApi(planned, root));
  } catch (error) {
    if (error instanceof MinioError) throw new ActionFailed(error.message);
    throw error;
  }
}
