/** Worlds of the MinIO charm for its scenario tests. The server behind port 9000 is a real MinIO. */
import {
  type Context,
  container,
  context,
  findRelation,
  findSecret,
  type RelationState,
  relation,
  type State,
  type StateInput,
  secret,
  state,
} from 'charmwright/testing';
import { charm } from '../../../minio/charm/charm.ts';
import type { Spec } from '../../../minio/charm/generated.ts';
import type { Credentials } from '../../../s3/sigv4.ts';

export const ROOT: Credentials = { accessKey: 'minio-root', secretKey: 'root-key-of-the-scenarios' };
export const REGION = 'us-east-1';

export const minio: Context<Spec> = context(charm);

export function rootSecret() {
  return secret({
    label: 'root',
    owner: 'application',
    content: { username: ROOT.accessKey, password: ROOT.secretKey },
  });
}

/** The leader, unit 0, with root's credentials and a container. */
export function world(input: StateInput = {}): State {
  return state({
    leader: true,
    model: { name: 'm', uuid: '3a1f5e0c-0000-4000-8000-0000000000aa' },
    secrets: [rootSecret()],
    containers: [container('minio')],
    ...input,
  });
}

export function v0(id: number, bucket: string, remoteApp = 'old-app'): RelationState {
  return relation('s3', { id, remoteApp, remoteAppData: { bucket } });
}

export function v1(id: number, bucket: string, remoteApp = 'new-app'): RelationState {
  const asked = { version: '1', 'requested-secrets': '["access-key", "secret-key"]' };
  return relation('s3', { id, remoteApp, remoteAppData: { ...asked, bucket } });
}

/** The keys that a relation was given, in its databag or in the secret it names. */
export function keysOf(outcome: State, relationId: number): Credentials | undefined {
  const bag = findRelation(outcome, relationId).localAppData;
  const uri = bag['secret-extra'];
  const content =
    uri === undefined
      ? bag
      : (findSecret(outcome, uri.replace('secret:', '')).revisions.at(-1)?.content ?? {});
  const { 'access-key': accessKey, 'secret-key': secretKey } = content;
  return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}
