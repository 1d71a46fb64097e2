/** Transitions of applications and units. Each changes the model it is given (an immer draft) or throws Refusal. */
import { podAddress, serviceAddress } from '../network/addresses.ts';
import { parseSettings } from './config-values.ts';
import { firstLeader, revokeLeadership } from './leadership.ts';
import { charmOf, findApplication, findCharm, relationsOf, unitsOf } from './lookup.ts';
import { Refusal } from './refusal.ts';
import { addPeerRelations, destroyRelation, removeIfDone } from './relations.ts';
import {
  type Application,
  agentSchema,
  type Charm,
  type Model,
  type Status,
  type Storage,
  type Unit,
} from './state.ts';

const APPLICATION_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;

export interface DeployRequest {
  readonly charm: Omit<Charm, 'url' | 'revision'>;
  readonly application: string;
  readonly units: number;
  readonly config: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, string>>;
  readonly trust: boolean;
}

/** A local charm gets the next revision of its name; the URL is the key of its folder. */
export function addCharm(model: Model, charm: Omit<Charm, 'url' | 'revision'>): Charm {
  const revision = model.sequences.charm[charm.name] ?? 0;
  model.sequences.charm[charm.name] = revision + 1;
  const added = { ...charm, revision, url: `local:${charm.name}-${revision}` };
  model.charms[added.url] = added;
  return added;
}

/** Whether a deploy would be accepted; throws Refusal otherwise. */
export function checkDeploy(model: Model, request: DeployRequest): void {
  const { application, charm, resources } = request;
  if (!APPLICATION_NAME.test(application))
    throw new Refusal(`invalid application name "${application}", unexpected character(s)`);
  if (model.applications[application] !== undefined)
    throw new Refusal(`cannot add application "${application}": application already exists`, 409);
  parseSettings(charm.spec, request.config);
  withImages(charm.spec.resources, resources, {});
}

export function deploy(model: Model, request: DeployRequest, now: string): Charm {
  checkDeploy(model, request);
  const charm = addCharm(model, request.charm);
  model.applications[request.application] = {
    name: request.application,
    life: 'alive',
    charm: charm.url,
    charmModifiedVersion: 0,
    trust: request.trust,
    config: parseSettings(charm.spec, request.config),
    resources: withImages(charm.spec.resources, request.resources, {}),
    scale: request.units,
    address: serviceAddress(model.sequences.service++),
    since: now,
    units: {},
  };
  addPeerRelations(model, request.application);
  reconcileScale(model, request.application, now);
  return charm;
}

/**
 * What is known and what is given now. Juju wants every image of a local charm. Here a container without one has the
 * programs of this machine, so one that was given is enough; none at all is an oversight.
 */
function withImages(
  declared: Charm['spec']['resources'],
  given: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const name of Object.keys(given))
    if (declared[name] === undefined) throw new Refusal(`unrecognized resource "${name}"`);
  const all = { ...known, ...given };
  const missing = missingImages(declared, all);
  const images = Object.keys(declared).filter((name) => declared[name]?.type === 'oci-image');
  if (missing.length > 0 && missing.length === images.length)
    throw new Refusal(
      `local charm missing OCI images for: ${missing.join(', ')}; add ${missing.map((name) => `--resource ${name}=FOLDER`).join(' ')}, with a folder that holds the image's root, or "none" for the programs of this machine`,
    );
  return { ...all, ...Object.fromEntries(missing.map((name) => [name, 'none'])) };
}

/** Sorted. */
export function missingImages(
  declared: Charm['spec']['resources'],
  given: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(declared)
    .flatMap(([name, { type }]) => (type === 'oci-image' && given[name] === undefined ? [name] : []))
    .sort();
}

/** New units up to the scale, the highest ordinals dying beyond it: what a StatefulSet does. */
export function reconcileScale(model: Model, name: string, now: string): void {
  const application = findApplication(model, name);
  if (application.life === 'alive')
    for (let ordinal = 0; ordinal < application.scale; ordinal++)
      if (application.units[`${name}/${ordinal}`] === undefined) addUnit(model, application, ordinal, now);
  for (const unit of unitsOf(application))
    if (unit.life === 'alive' && (unit.ordinal >= application.scale || application.life !== 'alive'))
      unit.life = 'dying';
  firstLeader(application);
}

function addUnit(model: Model, application: Application, ordinal: number, now: string): void {
  const name = `${application.name}/${ordinal}`;
  const unit: Unit = {
    name,
    ordinal,
    life: 'alive',
    address: podAddress(model.sequences.pod++),
    destroyStorage: false,
    workloadStatus: status('waiting', 'installing agent', now),
    agentStatus: status('allocating', '', now),
    ports: [],
    state: {},
    charm: application.charm,
    charmModifiedVersion: application.charmModifiedVersion,
    agent: agentSchema.parse({}),
  };
  application.units[name] = unit;
  attachStorages(model, findCharm(model, application.charm), name, now);
}

/** A StatefulSet's volumes come back to the same ordinal; what is missing of the least count is made. */
function attachStorages(model: Model, charm: Charm, unit: string, now: string): void {
  for (const [name, spec] of Object.entries(charm.spec.storage)) {
    const kept = Object.values(model.storages).filter((s) => s.unit === unit && s.name === name);
    for (const storage of kept) Object.assign(storage, { life: 'alive', attached: true, since: now });
    for (let count = kept.length; count < spec.count.min; count++)
      addStorage(model, charm, { unit, name }, now);
  }
}

export function addStorage(
  model: Model,
  charm: Charm,
  { unit, name }: { unit: string; name: string },
  now: string,
): Storage {
  const spec = charm.spec.storage[name];
  if (spec === undefined) throw new Refusal(`charm storage "${name}" not found`);
  const number = model.sequences.storage++;
  const single = spec.location !== undefined && spec.count.max === 1;
  const location = single
    ? (spec.location ?? '')
    : `${spec.location ?? '/var/lib/juju/storage'}/${name}/${number}`;
  const storage: Storage = {
    id: `${name}/${number}`,
    name,
    kind: spec.type,
    life: 'alive',
    unit,
    attached: true,
    location,
    since: now,
  };
  model.storages[storage.id] = storage;
  return storage;
}

export function scaleApplication(model: Model, name: string, scale: number, now: string): void {
  findApplication(model, name).scale = scale;
  reconcileScale(model, name, now);
}

/** The units that go: the highest ordinals. */
export function removeUnits(
  model: Model,
  name: string,
  { count, destroyStorage }: { count: number; destroyStorage: boolean },
  now: string,
): string[] {
  const application = findApplication(model, name);
  if (count > application.scale)
    throw new Refusal(`cannot remove ${count} units: application "${name}" has ${application.scale} unit(s)`);
  application.scale -= count;
  reconcileScale(model, name, now);
  const going = unitsOf(application).filter((unit) => unit.ordinal >= application.scale);
  for (const unit of going) unit.destroyStorage ||= destroyStorage;
  return going.map((unit) => unit.name);
}

export function removeApplication(
  model: Model,
  name: string,
  { destroyStorage }: { destroyStorage: boolean },
  now: string,
): { units: string[]; storage: string[] } {
  const application = findApplication(model, name);
  application.life = 'dying';
  for (const unit of unitsOf(application)) unit.destroyStorage ||= destroyStorage;
  for (const relation of relationsOf(model, name)) destroyRelation(model, relation.id);
  reconcileScale(model, name, now);
  const units = unitsOf(application).map((unit) => unit.name);
  const storage = Object.values(model.storages)
    .filter((s) => units.includes(s.unit))
    .map((s) => s.id);
  if (units.length === 0) finishApplication(model, name);
  return { units, storage };
}

/** A dead unit is gone; its application too, when it was the last of a dying one. */
export function finishUnit(model: Model, name: string, now: string): void {
  const application = findApplication(model, name.slice(0, name.lastIndexOf('/')));
  const unit = application.units[name];
  if (unit === undefined) return;
  for (const storage of Object.values(model.storages).filter((s) => s.unit === name)) {
    if (unit.destroyStorage) delete model.storages[storage.id];
    else Object.assign(storage, { attached: false, since: now });
  }
  for (const secret of Object.values(model.secrets)) {
    if (secret.owner.kind === 'unit' && secret.owner.name === name) delete model.secrets[secret.id];
    delete secret.consumers[name];
  }
  for (const relation of relationsOf(model, application.name)) {
    const bag = relation.units[name];
    if (bag !== undefined) bag.inScope = false;
  }
  delete application.units[name];
  if (application.leader === name) revokeLeadership(application);
  for (const relation of relationsOf(model, application.name)) removeIfDone(model, relation.id);
  if (application.life === 'alive') reconcileScale(model, application.name, now);
  else if (Object.keys(application.units).length === 0) finishApplication(model, application.name);
}

function finishApplication(model: Model, name: string): void {
  for (const relation of relationsOf(model, name)) removeIfDone(model, relation.id);
  for (const secret of Object.values(model.secrets))
    if (secret.owner.kind === 'application' && secret.owner.name === name) delete model.secrets[secret.id];
  for (const storage of Object.values(model.storages))
    if (storage.unit.startsWith(`${name}/`)) storage.unit = '';
  delete model.applications[name];
  forgetCharms(model);
}

export function refresh(
  model: Model,
  name: string,
  request: Pick<DeployRequest, 'charm' | 'resources'>,
): Charm {
  const application = findApplication(model, name);
  const current = charmOf(model, name);
  if (request.charm.name !== current.name)
    throw new Refusal(`cannot refresh "${current.name}" to "${request.charm.name}"`);
  const resources = withImages(request.charm.spec.resources, request.resources, application.resources);
  for (const relation of relationsOf(model, name)) {
    const end = relation.ends.find((e) => e.application === name);
    const endpoint = end === undefined ? undefined : request.charm.spec.endpoints[end.endpoint];
    if (endpoint?.interface !== relation.interface && relation.ends.length > 1)
      throw new Refusal(
        `cannot upgrade application "${name}" to charm "local:${request.charm.name}": would break relation "${relation.ends.map((e) => `${e.application}:${e.endpoint}`).join(' ')}"`,
      );
  }
  const charm = addCharm(model, request.charm);
  application.charm = charm.url;
  application.charmModifiedVersion += 1;
  application.resources = resources;
  application.config = Object.fromEntries(
    Object.entries(application.config).filter(([option]) => charm.spec.config[option] !== undefined),
  );
  addPeerRelations(model, name);
  return charm;
}

/** Another image or file with the same charm: pods are replaced as by a refresh. */
export function attachResources(model: Model, name: string, given: Readonly<Record<string, string>>): void {
  const application = findApplication(model, name);
  application.resources = withImages(charmOf(model, name).spec.resources, given, application.resources);
  application.charmModifiedVersion += 1;
}

export function setConfig(
  model: Model,
  name: string,
  request: { values: Readonly<Record<string, string>>; reset: readonly string[] },
): void {
  const application = findApplication(model, name);
  const { spec } = charmOf(model, name);
  const { trust, ...values } = request.values;
  const parsed = parseSettings(spec, values);
  for (const option of request.reset)
    if (spec.config[option] === undefined) throw new Refusal(`unknown option "${option}"`);
  for (const option of request.reset) delete application.config[option];
  Object.assign(application.config, parsed);
  if (trust !== undefined) application.trust = trust === 'true';
}

/** Revisions of charms that no unit runs any more. */
export function forgetCharms(model: Model): void {
  const used = Object.values(model.applications).flatMap((application) => [
    application.charm,
    ...Object.values(application.units).map((unit) => unit.charm),
  ]);
  for (const url of Object.keys(model.charms)) if (!used.includes(url)) delete model.charms[url];
}

export function status(current: string, message: string, since: string): Status {
  return { current, message, since };
}
