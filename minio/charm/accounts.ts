/**
 * Makes MinIO's accounts what the relations want, by difference, and tells each relation.
 *
 * The policies in MinIO are the register of what this charm has made: a policy is there before its secret and its
 * account, and goes after them. So whatever a killed hook left behind is found again and finished or removed.
 */
import type { GoalState } from 'charmwright';
import { offerBag, type S3Offer } from '../relations/s3.ts';
import { grantOnce } from './grants.ts';
import type { MinioJuju } from './juju.ts';
import { type AccountKeys, accountKeys, forgetAccountKeys } from './keys.ts';
import type { MinioApi } from './minio-api.ts';
import {
  type Account,
  bucketPolicy,
  type Decision,
  isAccountName,
  type Policy,
  samePolicy,
} from './plan/accounts.ts';
import type { Plan } from './plan/plan.ts';

type Policies = Readonly<Record<string, Policy>>;

/**
 * @param renew relations whose accounts get a new secret key.
 * @throws MinioError; relations that are not reached keep what they were told before.
 */
export async function applyAccounts(
  juju: MinioJuju,
  api: MinioApi,
  planned: Plan,
  decisions: readonly Decision[],
  renew: ReadonlySet<number>,
): Promise<void> {
  const accounts = decisions.flatMap((decision) => (decision.kind === 'serve' ? [decision.account] : []));
  const policies = await api.policies();
  const known = Object.keys(policies).filter(isAccountName);
  const stale = known.filter((name) => !accounts.some((account) => account.name === name));
  // Theirs may be among them.
  const isNeeded = stale.length > 0 && isAnyLeaving(await juju.goalState());
  if (!isNeeded) for (const name of stale) await removeAccount(juju, api, name);
  for (const account of accounts) {
    const keys = await ensureAccount(juju, api, account, policies, renew.has(account.relationId));
    await offer(juju, account, keys, planned);
  }
}

/** Relations that get no bucket are told the version alone, which takes back what they had. */
export async function withholdFromOthers(juju: MinioJuju, decisions: readonly Decision[]): Promise<void> {
  const relations = await juju.relations('s3');
  for (const decision of decisions) {
    if (decision.kind === 'serve') continue;
    await relations.find(({ id }) => id === decision.relationId)?.publishApp(offerBag(undefined));
  }
}

async function ensureAccount(
  juju: MinioJuju,
  api: MinioApi,
  account: Account,
  policies: Policies,
  renew: boolean,
): Promise<AccountKeys> {
  const policy = bucketPolicy(account.bucket);
  if (!samePolicy(policy, policies[account.name])) await api.putPolicy(account.name, policy);
  const keys = await accountKeys(juju, account.relationId, renew);
  if (await api.reaches(keys, account.bucket)) return keys;
  if (await api.createBucket(account.bucket)) juju.log.info(`created bucket "${account.bucket}"`);
  await api.putUser(keys, account.name);
  return keys;
}

/**
 * Whether any unit of a client is on its way out. Of an application that is removed the relation ends here at once, while
 * its units may have something left to put into the bucket.
 */
export function isAnyLeaving({ relations }: Pick<GoalState, 'relations'>): boolean {
  return Object.values(relations.s3 ?? {}).some(({ status }) => status === 'dying');
}

/** The bucket and what is in it stay. */
async function removeAccount(juju: MinioJuju, api: MinioApi, name: string): Promise<void> {
  await api.removeUser(name);
  await forgetAccountKeys(juju, name);
  await api.removePolicy(name);
  juju.log.info(`removed account "${name}"; its bucket stays`);
}

async function offer(juju: MinioJuju, account: Account, keys: AccountKeys, planned: Plan): Promise<void> {
  const relation = (await juju.relations('s3')).find(({ id }) => id === account.relationId);
  if (relation === undefined) return;
  if (account.asSecret) await grantOnce(juju, keys.uri, account.relationId);
  const told: S3Offer = {
    endpoint: planned.endpoint,
    region: planned.region,
    bucket: account.bucket,
    ...(account.path === undefined ? {} : { path: account.path }),
    keys: account.asSecret ? { secret: keys.uri } : { accessKey: keys.accessKey, secretKey: keys.secretKey },
  };
  await relation.publishApp(offerBag(told));
}
