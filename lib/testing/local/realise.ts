/** Brings a local model from one state to another, by what an operator and the other applications would do. */
import { isDeepStrictEqual } from 'node:util';
import type { Bag } from '../../jujuc/index.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import type { RelationState, State } from '../state.ts';
import type { LocalModel } from './model.ts';
import type { Names } from './names.ts';

export interface Place {
  readonly model: LocalModel;
  readonly names: Names;
  readonly spec: CharmSpec;
  readonly app: string;
}

/** What was done, so that the event that it causes need not be caused again. */
export interface Done {
  readonly config: boolean;
  readonly secrets: boolean;
  /** Ids of relations that are new, or whose remote side says something else. */
  readonly relations: ReadonlySet<number>;
}

/** `last` is how the model stands. */
export async function realise(place: Place, last: State, next: State): Promise<Done> {
  const { model, app } = place;
  if (next.plannedUnits !== last.plannedUnits)
    await model.do('scale-application', app, String(next.plannedUnits));
  const secrets = await bringSecrets(place, last, next);
  const config = await bringConfig(place, last, next);
  const relations = await bringRelations(place, last, next);
  await model.settle();
  return { config, secrets, relations };
}

async function bringSecrets({ model, names, app }: Place, last: State, next: State): Promise<boolean> {
  let changed = false;
  for (const { id, owner, revisions } of next.secrets) {
    if (owner !== 'none') continue;
    const content = Object.entries(revisions.at(-1)?.content ?? {}).map(([key, value]) => `${key}=${value}`);
    const before = last.secrets.find((secret) => secret.id === id);
    const live = names.secret(id);
    if (live === undefined) {
      const uri = (await model.do('add-secret', `secret-${id}`, ...content)).trim();
      names.nameSecret(id, uri.replace(/^secret:/, ''));
      await model.do('grant-secret', `secret-${id}`, app);
    } else if (before?.revisions.at(-1)?.revision !== revisions.at(-1)?.revision) {
      await model.do('update-secret', `secret-${id}`, ...content);
    } else continue;
    changed = true;
  }
  return changed;
}

async function bringConfig({ model, names, app }: Place, last: State, next: State): Promise<boolean> {
  const [before, now] = [last.config, next.config];
  const set = Object.entries(now)
    .filter(([key, value]) => before[key] !== value)
    .map(([key, value]) => `${key}=${names.outward(String(value))}`);
  const reset = Object.keys(before).filter((key) => !Object.hasOwn(now, key));
  if (set.length > 0) await model.do('config', app, ...set);
  if (reset.length > 0) await model.do('config', app, '--reset', reset.join(','));
  return set.length + reset.length > 0;
}

async function bringRelations(place: Place, last: State, next: State): Promise<ReadonlySet<number>> {
  const { model, app } = place;
  const before = remote(last);
  const now = remote(next);
  for (const { id, endpoint, remoteApp } of before)
    if (!now.some((relation) => relation.id === id))
      await model.do('remove-relation', `${app}:${endpoint}`, `${remoteApp}:${endpoint}`);
  const changed = now.filter(
    (relation) => !isDeepStrictEqual(saidIn(relation), saidIn(before.find(({ id }) => id === relation.id))),
  );
  await deployOthers(place, before, now);
  const fresh = changed.filter(({ id }) => !before.some((relation) => relation.id === id));
  for (const { endpoint, remoteApp } of fresh)
    await model.do('integrate', `${app}:${endpoint}`, `${remoteApp}:${endpoint}`);
  // Only in a relation that they have entered can they say anything.
  if (changed.length > 0) await model.settle();
  for (const relation of changed)
    await publish(
      place,
      relation,
      before.find(({ id }) => id === relation.id),
    );
  return new Set(changed.map(({ id }) => id));
}

type RemoteRelation = RelationState & { readonly remoteApp: string };

function remote(state: State): readonly RemoteRelation[] {
  return state.relations.filter((relation): relation is RemoteRelation => relation.remoteApp !== undefined);
}

/** A charm that does nothing stands for each of the other applications; its units are told what to publish. */
async function deployOthers(
  { model, spec }: Place,
  before: readonly RemoteRelation[],
  now: readonly RemoteRelation[],
): Promise<void> {
  const known = new Set(before.map(({ remoteApp }) => remoteApp));
  for (const [name, relations] of Map.groupBy(now, ({ remoteApp }) => remoteApp)) {
    const units = String(Math.max(...relations.map(({ remoteUnits }) => Object.keys(remoteUnits).length)));
    const had = Math.max(
      0,
      ...before
        .filter(({ remoteApp }) => remoteApp === name)
        .map(({ remoteUnits }) => Object.keys(remoteUnits).length),
    );
    if (known.has(name)) {
      if (Number(units) !== had) await model.do('scale-application', name, units);
      continue;
    }
    const charm = await model.writeCharm(name, {
      'metadata.yaml': standIn(name, spec),
      dispatch: '#!/bin/sh\n',
    });
    await model.do('deploy', charm, name, '-n', units);
  }
}

/** The other end of each of the charm's endpoints, under the same name. */
function standIn(name: string, { endpoints }: CharmSpec): string {
  const ends = Object.entries(endpoints).filter(([, { role }]) => role !== 'peer');
  const of = (role: 'provides' | 'requires') =>
    Object.fromEntries(
      ends
        .filter(([, end]) => end.role === role)
        .map(([endpoint, end]) => [endpoint, { interface: end.interface }] as const),
    );
  // JSON is YAML.
  return JSON.stringify({
    name,
    summary: 'Stands for an application in a test.',
    description: 'Does nothing by itself.',
    provides: of('requires'),
    requires: of('provides'),
  });
}

async function publish(
  { model, names }: Place,
  now: RemoteRelation,
  before: RemoteRelation | undefined,
): Promise<void> {
  const { remoteApp, endpoint } = now;
  const appData = difference(before?.remoteAppData ?? {}, names.outwardBag(now.remoteAppData));
  if (appData !== undefined) await model.exec(`${remoteApp}/0`, relationSet(endpoint, appData, '--app '));
  for (const [number, bag] of Object.entries(now.remoteUnits)) {
    const said = difference(before?.remoteUnits[Number(number)] ?? JUJU_BAG, {
      ...JUJU_BAG,
      ...names.outwardBag(bag),
    });
    if (said !== undefined) await model.exec(`${remoteApp}/${number}`, relationSet(endpoint, said, ''));
  }
}

/** These are Juju's own to write. */
const JUJU_BAG: Bag = { 'egress-subnets': '', 'ingress-address': '', 'private-address': '' };

/** What the other side says in a relation, without what is Juju's own. */
function saidIn(relation: RemoteRelation | undefined): unknown {
  if (relation === undefined) return undefined;
  const { remoteAppData, remoteUnits } = relation;
  const units = Object.entries(remoteUnits).map(([number, bag]) => [
    number,
    Object.entries(bag)
      .filter(([key]) => !Object.hasOwn(JUJU_BAG, key))
      .toSorted(),
  ]);
  return [remoteAppData, units];
}

/** What has to be set; the empty text deletes. */
function difference(before: Bag, now: Bag): Record<string, string> | undefined {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) => !Object.hasOwn(JUJU_BAG, key),
  );
  const changed = keys.filter((key) => before[key] !== now[key]).map((key) => [key, now[key] ?? ''] as const);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

function relationSet(endpoint: string, bag: Bag, flag: string): string {
  const base64 = Buffer.from(JSON.stringify(bag)).toString('base64');
  return `printf %s ${base64} | base64 -d | relation-set -r "$(relation-ids ${endpoint})" ${flag}--file -`;
}
