/** What the actions share: a Mimir that is ready, or an action that fails with the reason. */
import { ActionFailed, type Juju } from 'charmwright';
import { ConnectionError } from 'charmwright/pebble';
import { stringify } from 'yaml';
import type { Spec } from '../charm/generated.ts';
import { type MimirApi, mimirAt } from '../charm/mimir-api.ts';
import { MimirError } from '../charm/mimir-errors.ts';
import { readThoseThere } from '../charm/pebble-files.ts';
import { CONFIG_FILE, CONTAINER, TARGET_FILE } from '../charm/plan/paths.ts';
import { type Component, componentsOfTarget } from '../charm/plan/roles.ts';
import { DEFAULT_TENANT } from '../charm/plan/tenant.ts';
import { runningTrust, TELLING_FILES } from '../charm/plan/tls.ts';
import { RulesUploadError } from '../charm/rules.ts';
import { keyOfNamespace } from '../charm/sender-rules/record.ts';
import { unitName } from '../charm/unit-name.ts';

/** @throws ActionFailed when Mimir does not serve. */
export async function readyMimir(juju: Juju<Spec>): Promise<MimirApi> {
  return (await ownMimir(juju)).api;
}

/** Whether this unit has a Mimir: not where its application has no role, and only leads others. */
export async function hasMimir(juju: Juju<Spec>): Promise<boolean> {
  return (await readThoseThere(juju.container(CONTAINER), [TARGET_FILE]))[TARGET_FILE] !== '';
}

/** @throws ActionFailed when this unit's Mimir has no ingester, or does not serve. */
export async function ownIngester(juju: Juju<Spec>, paths: readonly string[] = []): Promise<OwnMimir> {
  const mimir = await ownMimir(juju, paths);
  const { [TARGET_FILE]: target } = mimir.files;
  if (target === undefined || componentsOfTarget(target).includes('ingester')) return mimir;
  throw new ActionFailed(`${juju.unit} has no ingester: run the action on a unit that has this role`);
}

/**
 * A Mimir with this component: this unit's, or in the application that leads a cluster any that has it.
 * @throws ActionFailed when there is none, or it does not serve.
 */
export async function readyWith(juju: Juju<Spec>, component: Component): Promise<MimirApi> {
  const { [TARGET_FILE]: target } = await readThoseThere(juju.container(CONTAINER), [TARGET_FILE]);
  if (target === undefined || componentsOfTarget(target).includes(component)) return readyMimir(juju);
  const { elsewhere } = await import('./elsewhere.ts');
  return elsewhere(juju, component);
}

/** This unit's Mimir, where it is, and what it was started with. */
export interface OwnMimir {
  readonly api: MimirApi;
  readonly ip: string;
  readonly files: Readonly<Record<string, string>>;
  /** Another unit's. */
  at(ip: string): MimirApi;
}

/**
 * @param paths files to read besides those that tell how Mimir is asked.
 * @throws ActionFailed when Mimir does not serve.
 */
export async function ownMimir(juju: Juju<Spec>, paths: readonly string[] = []): Promise<OwnMimir> {
  const { bindAddress } = await juju.network('mimir-peers');
  if (bindAddress === undefined)
    throw new ActionFailed('this unit has no address yet; try again in a moment');
  const files = await readThoseThere(juju.container(CONTAINER), [...TELLING_FILES, TARGET_FILE, ...paths]);
  if (files[TARGET_FILE] === '')
    throw new ActionFailed(
      `${juju.unit} runs no Mimir, since ${juju.app} has no role: run the action on a unit of another application`,
    );
  const address = { ip: bindAddress, fqdn: unitName(juju) };
  const trust = runningTrust(files, { app: juju.app, model: juju.model, address });
  const api = mimirAt(bindAddress, trust);
  const readiness = await api.ready();
  if (readiness.ready) return { api, ip: bindAddress, files, at: (ip) => mimirAt(ip, trust) };
  throw new ActionFailed(
    `Mimir is not ready: ${readiness.reason}; see juju status, and try again when it is active`,
  );
}

/** A file given as an action's parameter: its text, or what Juju has already read from it as YAML. */
export function fileText(file: unknown): string {
  if (typeof file === 'string') return file;
  // Of `config=` Juju reads nothing at all.
  return file === null || file === undefined ? '' : stringify(file, { lineWidth: 0 });
}

/** Without multitenancy Mimir does not look at the tenant: an action for another one would act on `anonymous`. */
export async function checkTenant(juju: Juju<Spec>, tenant: string): Promise<void> {
  if (tenant === DEFAULT_TENANT || (await hasTenants(juju))) return;
  const [joined] = await juju.relations('join-cluster');
  throw new ActionFailed(
    `there is no tenant "${tenant}" while multitenancy is off; leave tenant out, or: juju config ${joined?.remoteApp ?? juju.app} multitenancy=true`,
  );
}

/** As Mimir was started: the option may be new, or another application's to say. */
async function hasTenants(juju: Juju<Spec>): Promise<boolean> {
  const config = await configFile(juju);
  const [, multitenancy] = /^multitenancy_enabled: (true|false)$/m.exec(config ?? '') ?? [];
  return multitenancy === undefined ? (await juju.config()).multitenancy : multitenancy === 'true';
}

async function configFile(juju: Juju<Spec>): Promise<string | undefined> {
  try {
    return (await readThoseThere(juju.container(CONTAINER), [CONFIG_FILE]))[CONFIG_FILE];
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/** Rules of related senders come and go with their relations. */
export function checkNamespace(namespace: string): void {
  if (keyOfNamespace(namespace) === undefined) return;
  throw new ActionFailed(
    `namespace "${namespace}" holds the rules of a related sender, which the charm keeps as they are sent; choose another one`,
  );
}

/** Mimir's refusals and failures are the action's. */
export async function orFail<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MimirError || error instanceof RulesUploadError)
      throw new ActionFailed(error.message);
    throw error;
  }
}

/** Longer results do not pass through `action-set`. */
const LONGEST_RESULT = 120_000;

/** @throws ActionFailed with the advice when the text is too long for a result. */
export function fitting(text: string, advice: string): string {
  if (Buffer.byteLength(text) <= LONGEST_RESULT) return text;
  throw new ActionFailed(
    `the result is too long for an action (${Buffer.byteLength(text)} bytes): ${advice}`,
  );
}
