/** Worlds as text that is equal exactly when a charm cannot tell them apart. */
import type { SecretView } from '../../jujuc/index.ts';
import { stableJson } from '../../model/relation.ts';
import { type State, stateOf } from '../state.ts';

/** Tells two worlds apart: a world that was seen before is not looked at again. */
export function worldKey(state: State): string {
  return withoutSecretIds(state, stableJson(plain(state)));
}

/**
 * What two ways to the same world are compared by. Juju's own numbering is left out: ids of secrets, their
 * revisions before the last and which of them was read, the order in which deferred events stand in the queue; and what the framework notes for
 * itself, which follows the ids.
 */
export function comparable(state: State): unknown {
  const { memory, ...facts } = plain(state);
  const compared = {
    ...facts,
    secrets: state.secrets.map(withoutRevisions).toSorted(byJson),
    deferred: state.deferred.toSorted(byJson),
  };
  return JSON.parse(withoutSecretIds(state, stableJson(compared)));
}

/** Bytes compare by their content, layers in their order, and lists whose order means nothing are sorted. */
function plain(state: State): Record<string, unknown> {
  const containers = Object.entries(state.containers).map(([name, container]) => {
    const files = Object.entries(container.files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : { base64: Buffer.from(content).toString('base64') },
    ]);
    const execs = container.execs.map(({ command }) => command);
    const layers = Object.entries(container.layers);
    const dirs = container.dirs.toSorted();
    return [name, { ...container, files: Object.fromEntries(files), execs, layers, dirs }];
  });
  return {
    ...stateOf(state),
    containers: Object.fromEntries(containers),
    relations: state.relations.toSorted((a, b) => a.id - b.id),
    secrets: state.secrets.toSorted((a, b) => (identity(a) < identity(b) ? -1 : 1)),
    storages: state.storages.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function withoutRevisions({ revisions, tracked, ...secret }: SecretView): unknown {
  return { ...secret, content: revisions.at(-1)?.content };
}

/** Who it belongs to and its label: the id of an own secret is Juju's choice. */
function identity({ owner, label, id }: SecretView): string {
  return owner === 'none' || label === undefined ? id : `${owner} ${label}`;
}

function withoutSecretIds(state: State, text: string): string {
  return state.secrets.reduce((rest, secret) => {
    const name = identity(secret);
    return name === secret.id ? rest : rest.replaceAll(secret.id, name.replaceAll(/["\\\n]/g, '_'));
  }, text);
}

function byJson(a: unknown, b: unknown): number {
  return stableJson(a) < stableJson(b) ? -1 : 1;
}

/**
 * What others have brought about: where two orders of events leave it different, the ends may differ as well.
 * All the rest is the charm's doing.
 */
export function outsideOf(state: State): unknown {
  const { leader, unitNumber, plannedUnits, config, networks, model, resources, storages } = state;
  return {
    ...{ leader, unitNumber, plannedUnits, config, networks, model, resources, cloud: state.cloud },
    storages: storages.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    relations: state.relations
      .toSorted((a, b) => a.id - b.id)
      // The leader's words are from outside to all others.
      .map(({ localAppData, localUnitData, ...others }) => (leader ? others : { ...others, localAppData })),
    secrets: state.secrets
      .filter(({ owner }) => owner === 'none')
      .map(({ tracked, label, ...others }) => others)
      .toSorted(byJson),
    containers: Object.entries(state.containers)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { canConnect, checks }]) => ({ name, canConnect, checks })),
  };
}

/**
 * For `ignore`: of a unit that is not active only that it is not. Such a unit keeps what it had when it was well, if
 * its charm is careful, and what that is depends on what happened before.
 */
export function activeOnly(state: State): State {
  if (state.unitStatus.name === 'active') return state;
  const none = { name: 'unknown', message: 'not active' } as const;
  return {
    ...state,
    ...{ unitStatus: none, appStatus: none, workloadVersion: '', ports: [], stored: {}, deferred: [] },
    containers: {},
    secrets: [],
    relations: state.relations.map((relation) => ({ ...relation, localAppData: {}, localUnitData: {} })),
  };
}
