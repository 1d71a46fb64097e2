/** Finding things in the model, with Juju's words for what is not there. */
import { notFound } from './refusal.ts';
import type { Application, Charm, Endpoint, Model, Relation, Unit } from './state.ts';

export function appOf(unit: string): string {
  return unit.slice(0, unit.lastIndexOf('/'));
}

export function findApplication(model: Model, name: string): Application {
  const application = model.applications[name];
  if (application === undefined) throw notFound(`application "${name}" not found`);
  return application;
}

export function findUnit(model: Model, name: string): Unit {
  const unit = model.applications[appOf(name)]?.units[name];
  if (unit === undefined) throw notFound(`unit "${name}" not found`);
  return unit;
}

export function findCharm(model: Model, url: string): Charm {
  const charm = model.charms[url];
  if (charm === undefined) throw notFound(`charm "${url}" not found`);
  return charm;
}

export function charmOf(model: Model, application: string): Charm {
  return findCharm(model, findApplication(model, application).charm);
}

/** Every unit, by application and ordinal. */
export function allUnits(model: Model): Unit[] {
  return Object.values(model.applications).flatMap(unitsOf);
}

export function unitsOf(application: Application): Unit[] {
  return Object.values(application.units).sort((a, b) => a.ordinal - b.ordinal);
}

/** Whether the pod is to be replaced by one with another charm or other resources. */
export function isOutdated(application: Application, unit: Unit): boolean {
  return unit.charmModifiedVersion !== application.charmModifiedVersion;
}

/** `app/leader` and `app/0` alike. */
export function resolveUnit(model: Model, name: string): Unit {
  if (!name.endsWith('/leader')) return findUnit(model, name);
  const application = findApplication(model, appOf(name));
  if (application.leader === undefined)
    throw notFound(`could not determine leader for "${application.name}"`);
  return findUnit(model, application.leader);
}

export function isPeer(relation: Relation): boolean {
  return relation.ends.length === 1;
}

/** The relations of an application, by id. */
export function relationsOf(model: Model, application: string): Relation[] {
  return Object.values(model.relations)
    .filter((relation) => relation.ends.some((end) => end.application === application))
    .sort((a, b) => a.id - b.id);
}

export interface Sides {
  readonly own: { readonly application: string; readonly endpoint: string };
  readonly remote: { readonly application: string; readonly endpoint: string };
}

/** This application's end and the other; the same one twice for a peer relation. */
export function sidesOf(relation: Relation, application: string): Sides {
  const own = relation.ends.find((end) => end.application === application);
  if (own === undefined) throw notFound(`relation ${relation.id} of "${application}" not found`);
  return { own, remote: relation.ends.find((end) => end !== own) ?? own };
}

/** `provider:endpoint requirer:endpoint`, as Juju prints a relation's key. */
export function relationKey(relation: { readonly ends: readonly Sides['own'][] }): string {
  return relation.ends
    .map((end) => `${end.application}:${end.endpoint}`)
    .sort()
    .reverse()
    .join(' ');
}

export function endpointOf(model: Model, application: string, endpoint: string): Endpoint {
  const found = charmOf(model, application).spec.endpoints[endpoint];
  if (found === undefined) throw notFound(`application "${application}" has no "${endpoint}" relation`);
  return found;
}
