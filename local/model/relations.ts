/** Transitions of relations: made by endpoint inference, entered and left by units, gone when nobody is in scope. */
import { charmOf, findApplication, isPeer, relationKey, relationsOf } from './lookup.ts';
import { notFound, Refusal } from './refusal.ts';
import type { Model, Relation } from './state.ts';

interface End {
  readonly application: string;
  readonly endpoint: string;
}

/** A peer relation exists from the application's beginning; a refresh may bring new ones. */
export function addPeerRelations(model: Model, application: string): void {
  const { spec } = charmOf(model, application);
  const have = relationsOf(model, application).filter(isPeer);
  for (const [endpoint, { role, interface: name }] of Object.entries(spec.endpoints).sort()) {
    if (role !== 'peer' || have.some((relation) => relation.ends[0]?.endpoint === endpoint)) continue;
    addRelation(model, name, [{ application, endpoint }]);
  }
}

function addRelation(model: Model, interfaceName: string, ends: readonly End[]): Relation {
  const relation: Relation = {
    id: model.sequences.relation++,
    life: 'alive',
    interface: interfaceName,
    ends: ends.map((end) => ({ ...end })),
    apps: Object.fromEntries(ends.map((end) => [end.application, { data: {}, version: 0 }])),
    units: {},
  };
  model.relations[relation.id] = relation;
  return relation;
}

export function integrate(model: Model, endpoints: readonly [string, string]): Relation {
  const candidates = inferEndpoints(model, endpoints);
  const [found] = candidates;
  if (found === undefined) throw notFound('no relations found');
  if (candidates.length > 1) throw ambiguous(endpoints, candidates);
  const key = relationKey(found);
  for (const existing of Object.values(model.relations))
    if (relationKey(existing) === key)
      throw new Refusal(`cannot add relation "${key}": relation ${key} already exists`, 409);
  for (const end of found.ends) checkLimit(model, end, key);
  return addRelation(model, found.interface, found.ends);
}

interface Candidate {
  readonly interface: string;
  /** Provider first. */
  readonly ends: readonly [End, End];
}

function inferEndpoints(model: Model, [first, second]: readonly [string, string]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const a of endpointsNamed(model, first))
    for (const b of endpointsNamed(model, second)) {
      if (a.interface !== b.interface || a.end.application === b.end.application) continue;
      if (a.role === 'provides' && b.role === 'requires')
        candidates.push({ interface: a.interface, ends: [a.end, b.end] });
      if (a.role === 'requires' && b.role === 'provides')
        candidates.push({ interface: a.interface, ends: [b.end, a.end] });
    }
  return candidates;
}

function endpointsNamed(model: Model, text: string) {
  const [application = '', endpoint] = text.split(':');
  const life = findApplication(model, application).life;
  if (life !== 'alive') throw new Refusal(`application "${application}" is not alive`);
  const declared = Object.entries(charmOf(model, application).spec.endpoints);
  const matching = declared.filter(([name]) => endpoint === undefined || name === endpoint);
  if (endpoint !== undefined && matching.length === 0)
    throw notFound(`application "${application}" has no "${endpoint}" relation`);
  return matching.map(([name, spec]) => ({ ...spec, end: { application, endpoint: name } }));
}

function ambiguous(endpoints: readonly [string, string], candidates: readonly Candidate[]): Refusal {
  const could = candidates.map((c) => `"${c.ends.map((e) => `${e.application}:${e.endpoint}`).join(' ')}"`);
  return new Refusal(
    `ambiguous relation: "${endpoints.join(' ')}" could refer to ${could.sort().join('; ')}`,
  );
}

function checkLimit(model: Model, { application, endpoint }: End, key: string): void {
  const limit = charmOf(model, application).spec.endpoints[endpoint]?.limit;
  const have = relationsOf(model, application).filter((relation) =>
    relation.ends.some((end) => end.application === application && end.endpoint === endpoint),
  );
  if (limit !== undefined && have.length >= limit)
    throw new Refusal(
      `cannot add relation "${key}": establishing a new relation for ${application}:${endpoint} would exceed its maximum relation limit of ${limit}`,
    );
}

/** The relation between two ends, each `app` or `app:endpoint`. */
export function findRelation(model: Model, endpoints: readonly [string, string]): Relation {
  const [first, second] = endpoints;
  for (const text of endpoints) findApplication(model, text.split(':')[0] ?? '');
  const names = (text: string, end: End | undefined) =>
    end !== undefined && (text === end.application || text === `${end.application}:${end.endpoint}`);
  const found = Object.values(model.relations).filter(
    ({ ends: [a, b] }) => (names(first, a) && names(second, b)) || (names(first, b) && names(second, a)),
  );
  const [relation] = found;
  if (relation === undefined) throw notFound(`relation "${endpoints.join(' ')}" not found`);
  if (found.length > 1)
    throw new Refusal(
      `ambiguous relation: "${endpoints.join(' ')}" could refer to ${found.map((r) => `"${relationKey(r)}"`).join('; ')}`,
    );
  return relation;
}

export function removeRelation(model: Model, id: number): void {
  const relation = model.relations[id];
  if (relation === undefined) throw notFound(`relation ${id} not found`);
  if (isPeer(relation))
    throw new Refusal(`cannot remove relation "${relationKey(relation)}": is a peer relation`);
  destroyRelation(model, id);
}

/** Begins the end: every unit in scope runs its departed and broken hooks, the last one takes the relation along. */
export function destroyRelation(model: Model, id: number): void {
  const relation = model.relations[id];
  if (relation === undefined) return;
  relation.life = 'dying';
  removeIfDone(model, id);
}

/** A unit joins a relation; Juju then writes its addresses. */
export function enterScope(model: Model, id: number, unit: string, serviceAddress: string): void {
  const relation = model.relations[id];
  if (relation === undefined) return;
  const settings = {
    'egress-subnets': `${serviceAddress}/32`,
    'ingress-address': serviceAddress,
    'private-address': serviceAddress,
  };
  const bag = relation.units[unit];
  if (bag?.inScope === true) return;
  // A unit of the same name may have been here before: versions never go back.
  relation.units[unit] = { data: settings, version: (bag?.version ?? 0) + 1, inScope: true };
}

export function leaveScope(model: Model, id: number, unit: string): void {
  const bag = model.relations[id]?.units[unit];
  if (bag !== undefined) bag.inScope = false;
  removeIfDone(model, id);
}

/** A dying relation that no unit is in any more goes, with its grants. */
export function removeIfDone(model: Model, id: number): void {
  const relation = model.relations[id];
  if (relation === undefined || relation.life === 'alive') return;
  const entered = Object.entries(relation.units).some(
    ([unit, bag]) => bag.inScope && model.applications[unit.slice(0, unit.lastIndexOf('/'))]?.units[unit],
  );
  const remembered = relation.ends.some((end) =>
    Object.values(model.applications[end.application]?.units ?? {}).some(
      (unit) =>
        unit.agent.relations[id] !== undefined &&
        unit.agent.relations[id]?.broken === false &&
        !isPeer(relation),
    ),
  );
  if (entered || remembered) return;
  delete model.relations[id];
  for (const secret of Object.values(model.secrets))
    secret.grants = secret.grants.filter((grant) => grant.relationId !== id);
}

/** Sets keys (`''` deletes) in a unit's bag; the version moves only when something really changed. */
export function writeBag(
  bag: { data: Record<string, string>; version: number },
  changes: Readonly<Record<string, string>>,
): boolean {
  let changed = false;
  for (const [key, value] of Object.entries(changes)) {
    if (value === '' ? bag.data[key] === undefined : bag.data[key] === value) continue;
    if (value === '') delete bag.data[key];
    else bag.data[key] = value;
    changed = true;
  }
  if (changed) bag.version += 1;
  return changed;
}
