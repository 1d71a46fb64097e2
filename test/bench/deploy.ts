/** From nothing to a Mimir on object storage, in the local model. */
import { image } from '../../tools/peers.ts';
import type { Model } from './model.ts';

/** Those of this repository, as packed. */
export interface Charms {
  readonly mimir: string;
  readonly minio: string;
}

/**
 * @param options more flags of the `deploy` of Mimir.
 * @returns seconds from the first `deploy` until both applications are active. The peers must be built.
 */
export async function deployToActive(
  model: Model,
  charms: Charms,
  options: readonly string[] = [],
): Promise<number> {
  // What is prepared once is not part of what is timed.
  await Promise.all([image('mimir'), image('minio')]);
  const begun = performance.now();
  await deployMinio(model, charms);
  await deployMimir(model, charms, options);
  await allActive(model);
  return (performance.now() - begun) / 1000;
}

export async function deployMinio(model: Model, { minio }: Charms): Promise<void> {
  await model.juju('deploy', minio, '--resource', `minio-image=${await image('minio')}`, '--trust');
}

/** On the MinIO that is there. */
export async function deployMimir(
  model: Model,
  { mimir }: Charms,
  options: readonly string[],
): Promise<void> {
  const resource = `mimir-image=${await image('mimir')}`;
  await model.juju('deploy', mimir, '--resource', resource, '--trust', ...options);
  await model.juju('integrate', 'mimir-k8s:s3', 'minio-k8s:s3');
}

export async function allActive(model: Model): Promise<void> {
  const query = 'forEach(applications, app => app.status=="active")';
  await model.juju('wait-for', 'model', '--query', query, '--timeout', '180s');
}
