/** What is: reads Juju and the container, changes nothing. */

import type { Credentials } from '../../s3/sigv4.ts';
import { readAsk } from '../relations/s3.ts';
import type { MinioJuju } from './juju.ts';
import type { Inputs, Request } from './plan/inputs.ts';

export async function observe(juju: MinioJuju, root: Credentials | undefined): Promise<Inputs> {
  const [config, leader, reachable] = await Promise.all([
    juju.config(),
    juju.isLeader(),
    juju.container('minio').canConnect(),
  ]);
  return {
    app: juju.app,
    model: juju.model.name,
    unitNumber: Number(juju.unit.split('/')[1]),
    leader,
    options: { region: config.region, sharedBuckets: config['shared-buckets'] },
    reachable,
    root,
    requests: leader ? await readRequests(juju) : [],
  };
}

async function readRequests(juju: MinioJuju): Promise<readonly Request[]> {
  const relations = await juju.relations('s3');
  return Promise.all(
    relations.map(async (relation): Promise<Request> => {
      const { id: relationId, remoteApp: app } = relation;
      const loaded = await relation.loadRemoteApp();
      if (!loaded.ok) return { relationId, app, ask: { kind: 'invalid', problem: loaded.error.message } };
      return { relationId, app, ask: readAsk(loaded.data, relationId) };
    }),
  );
}
