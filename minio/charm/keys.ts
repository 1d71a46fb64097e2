/** Juju secrets of the application that hold keys for MinIO. Their contents go nowhere but to MinIO and its clients. */
import { randomInt } from 'node:crypto';
import type { SecretContent } from 'charmwright';
import type { Credentials } from '../../s3/sigv4.ts';
import type { MinioJuju } from './juju.ts';
import { accountName } from './plan/accounts.ts';

export const ROOT_LABEL = 'root';
const ROOT_NAME = 'minio-root';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ALPHABET = `${LETTERS}0123456789`;
/** The longest secret key that MinIO takes; 238 bits. */
const KEY_LENGTH = 40;

/** Root's credentials; the leader makes them when there are none. */
export async function rootKey(juju: MinioJuju): Promise<Credentials | undefined> {
  const content = await juju.secrets.content(ROOT_LABEL);
  if (content !== undefined) return { accessKey: content.username ?? '', secretKey: content.password ?? '' };
  if (!(await juju.isLeader())) return undefined;
  const root = { accessKey: ROOT_NAME, secretKey: newSecretKey() };
  await juju.secrets.put(
    'application',
    ROOT_LABEL,
    { username: root.accessKey, password: root.secretKey },
    { description: "Root's credentials for MinIO's API and console" },
  );
  return root;
}

/** An account's keys, and the secret they are in. */
export interface AccountKeys extends Credentials {
  readonly uri: string;
}

/** The keys of a relation's account, made when there are none. With `renew` it gets a new secret key. */
export async function accountKeys(juju: MinioJuju, relationId: number, renew: boolean): Promise<AccountKeys> {
  const label = accountName(relationId);
  const known = await juju.secrets.owned(label);
  if (known !== undefined && !renew) {
    // Tracks the newest revision: Juju counts owners among the readers that keep an old one alive.
    const content = await juju.secrets.read(known.id, 'latest');
    const { 'access-key': accessKey, 'secret-key': secretKey } = content;
    if (accessKey !== undefined && secretKey !== undefined) {
      return { uri: secretUri(known.id), accessKey, secretKey };
    }
  }
  const keys = { accessKey: label, secretKey: newSecretKey() };
  const content: SecretContent = { 'access-key': keys.accessKey, 'secret-key': keys.secretKey };
  const description = `Keys of the account for relation ${relationId}`;
  return { uri: await juju.secrets.put('application', label, content, { description }), ...keys };
}

export async function forgetAccountKeys(juju: MinioJuju, name: string): Promise<void> {
  const known = await juju.secrets.owned(name);
  if (known !== undefined) await juju.secrets.remove(known.id);
}

function secretUri(id: string): string {
  return id.startsWith('secret:') ? id : `secret:${id}`;
}

/** Begins with a letter: some clients take text that looks like a number for one. */
function newSecretKey(): string {
  const pick = (from: string) => from.charAt(randomInt(from.length));
  return pick(LETTERS) + Array.from({ length: KEY_LENGTH - 1 }, () => pick(ALPHABET)).join('');
}
