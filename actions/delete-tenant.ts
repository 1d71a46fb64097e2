import { setTimeout as sleep } from 'node:timers/promises';
import { ActionFailed, type ActionHandler, type EndpointSchemas, type Juju, stableJson } from 'charmwright';
import { BucketError } from '../charm/drain/bucket.ts';
import { localTenants } from '../charm/drain/ingester-api.ts';
import { ipOf } from '../charm/drain/members.ts';
import { ringMembers } from '../charm/drain/ring-api.ts';
import type { Spec } from '../charm/generated.ts';
import type { MimirApi } from '../charm/mimir-api.ts';
import { MimirError } from '../charm/mimir-errors.ts';
import { readThoseThere } from '../charm/pebble-files.ts';
import { CONTAINER, OWN_FILES, TARGET_FILE } from '../charm/plan/paths.ts';
import { DEFAULT_TENANT } from '../charm/plan/tenant.ts';
import {
  type AskedIngester,
  goneBy,
  isInStorage,
  type Left,
  pods,
  stateOf,
  summary,
} from '../charm/tenant-data/left.ts';
import { TenantStorage } from '../charm/tenant-data/objects.ts';
import { checkTenant, orFail, ownMimir, readyWith } from './mimir.ts';

const POLL_MS = 2000;
/** How many objects that are left are named. */
const NAMED = 20;

/**
 * Mimir says that the blocks are gone when it sees none; what proves it is a look into the storage that is not Mimir's,
 * and at what each ingester still has.
 */
export const deleteTenant: ActionHandler<Spec, 'delete-tenant', EndpointSchemas<Spec>> = async ({
  juju,
  params,
  log,
}) => {
  const { tenant, confirm, 'dry-run': isDry } = params;
  await checkTenant(juju, tenant);
  if (!isDry && confirm !== tenant)
    throw new ActionFailed(
      `nothing was deleted: repeat the name to delete all that there is of the tenant, confirm=${tenant}`,
    );
  const mimirs = await mimirsOf(juju);
  for (const api of [mimirs.compactor, mimirs.ruler, mimirs.alertmanager]) await checkRunning(api, tenant);
  const storage = TenantStorage.of(mimirs.files, juju.container(CONTAINER));
  const look = () => orBucketFails(() => whatIsLeft(mimirs, storage, tenant));
  const before = await look();
  if (isDry) return results(tenant, before);
  await orFail(() => deleteAll(mimirs, tenant, before.isMarked));
  await log(before.isMarked ? 'was marked before' : 'marked: Mimir deletes the blocks at its next round');
  const left = await untilGone(look, params.timeout, log);
  return results(tenant, { ...left, isMarked: true });
};

/** Whoever has something of a tenant, in a cluster perhaps in several applications. */
interface Mimirs {
  readonly compactor: MimirApi;
  readonly ruler: MimirApi;
  readonly alertmanager: MimirApi;
  /** Of this unit. */
  readonly files: Readonly<Record<string, string>>;
  at(ip: string): MimirApi;
}

async function mimirsOf(juju: Juju<Spec>): Promise<Mimirs> {
  const files = await readThoseThere(juju.container(CONTAINER), OWN_FILES);
  // An application without roles leads others, and runs no Mimir itself.
  const { at } =
    files[TARGET_FILE] === '' ? await (await import('./elsewhere.ts')).others(juju) : await ownMimir(juju);
  return {
    compactor: await readyWith(juju, 'compactor'),
    ruler: await readyWith(juju, 'ruler'),
    alertmanager: await readyWith(juju, 'alertmanager'),
    files,
    at,
  };
}

/** A process that has no tenants would take any name for its only one, and delete all that there is. */
async function checkRunning(api: MimirApi, tenant: string): Promise<void> {
  const config = await orFail(() => api.runningConfig('full'));
  if (tenant === DEFAULT_TENANT || /^multitenancy_enabled: true$/m.test(config)) return;
  throw new ActionFailed('the Mimir that runs has no tenants yet: see juju status');
}

/** The rules first: what they evaluate would be new metrics of the tenant. Somebody may have loaded some since the mark. */
async function deleteAll(
  { ruler, alertmanager, compactor }: Mimirs,
  tenant: string,
  isMarked: boolean,
): Promise<void> {
  const post = (api: MimirApi, what: string, path: string) =>
    api.demand({ what, method: 'POST', path, tenant });
  await post(ruler, 'delete the rules of the tenant', '/ruler/delete_tenant_config');
  const config = '/multitenant_alertmanager/delete_tenant_config';
  await post(alertmanager, 'delete the Alertmanager configuration', config);
  if (!isMarked) await post(compactor, 'mark the tenant for deletion', '/compactor/delete_tenant');
}

async function whatIsLeft(mimirs: Mimirs, storage: TenantStorage | undefined, tenant: string): Promise<Left> {
  const [blocks, ingesters, objects] = await Promise.all([
    mimirs.compactor.hasNoBlocks(tenant).then((none) => !none),
    askIngesters(mimirs, tenant),
    storage?.objects(tenant),
  ]);
  const isMarked = objects?.isMarked ?? false;
  const markedAt = isMarked ? await storage?.markedAt(tenant) : undefined;
  return { objects: objects?.keys, isMarked, markedAt, blocks, ingesters };
}

async function askIngesters({ ruler, at }: Mimirs, tenant: string): Promise<readonly AskedIngester[]> {
  const members = (await ringMembers(ruler, 'ingester')) ?? [];
  return Promise.all(
    members.map(async (member) => {
      try {
        const isThere = (await localTenants(at(ipOf(member)))).includes(tenant);
        return { id: member.id, answer: isThere ? 'has some' : 'has none' } as const;
      } catch (error) {
        if (error instanceof MimirError) return { id: member.id, answer: 'silent' } as const;
        throw error;
      }
    }),
  );
}

async function untilGone(
  look: () => Promise<Left>,
  seconds: number,
  log: (message: string) => Promise<void>,
): Promise<Left> {
  let told = '';
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(POLL_MS)) {
    const left = await look();
    if (!isInStorage(left) || Date.now() > deadline) return left;
    const count = `${left.objects?.length ?? 'some'} objects are left`;
    if (count !== told) await log(count);
    told = count;
  }
}

function results(tenant: string, left: Left) {
  const { objects, isMarked } = left;
  const by = goneBy(left);
  return {
    tenant,
    state: stateOf(left),
    summary: summary(left, Date.now()),
    ...(by !== undefined && { 'gone-by': by }),
    ...(objects !== undefined && {
      'objects-left': objects.length,
      objects: stableJson(objects.slice(0, NAMED)),
      marked: isMarked,
    }),
    ingesters: stableJson(pods(left)),
  };
}

async function orBucketFails<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await orFail(work);
  } catch (error) {
    if (error instanceof BucketError) throw new ActionFailed(`cannot look into the bucket: ${error.message}`);
    throw error;
  }
}
