/** From nothing to a Mimir on object storage, in the local model. */
import { image } from '../../tools/peers.ts';
import type { Model } from './model.ts';

/**
 * @param options more flags of the `deploy` of Mimir.
 * @returns seconds from the first `deploy` until both applications are active. The peers must be built.
 */
export async function deployToActive(
  model: Model,
  charms: { readonly mimir: string; readonly minio: string },
  options: readonly string[] = [],
): Promise<number> {
  const [mimir, minio] = await Promise.all([image('mimir'), image('minio')]);
  const begun = performance.now();
  await model.juju('deploy', charms.minio, '--resource', `minio-image=${minio}`, '--trust');
  await model.juju('deploy', charms.mimir, '--resource', `mimir-image=${mimir}`, '--trust', ...options);
  await model.juju('integrate', 'mimir-k8s:s3', 'minio-k8s:s3');
  const query = 'forEach(applications, app => app.status=="active")';
  await model.juju('wait-for', 'model', '--query', query, '--timeout', '180s');
  return (performance.now() - begun) / 1000;
}
