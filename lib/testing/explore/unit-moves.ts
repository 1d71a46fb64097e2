/** Events of the unit itself: its beginning, its end, and what an operator or Kubernetes does to it between. */
import { stableJson } from '../../model/relation.ts';
import { storageId } from '../../spec/storage-id.ts';
import type { RelationState, State } from '../state.ts';
import {
  type Agenda,
  containerLane,
  type Hook,
  type Move,
  type OwedHook,
  owing,
  owingInOrder,
  type Place,
  relationLane,
  UNIT,
} from './agenda.ts';
import type { Setting } from './possibilities.ts';
import {
  about,
  appChanged,
  departed,
  endOf,
  joinOf,
  label,
  members,
  NOTHING_YET,
  unitChanged,
} from './relation-moves.ts';
import { freshContainer, withContainer } from './workload-moves.ts';

export function unitMoves(setting: Setting, place: Place): readonly Move[] {
  const { state, agenda } = place;
  const isIdle = Object.keys(agenda.owed).length === 0;
  const hooks: Hook[] = [
    // Only when nothing else is to be done.
    ...(isIdle ? [{ name: 'time passes', event: { kind: 'update-status' as const } }] : []),
    ...configHooks(setting, state),
    ...leadershipHooks(state, isIdle),
  ];
  return [
    ...hooks.map((hook) => ({ ...hook, isOwed: false, agenda })),
    restartOfAgent(state, agenda),
    replacement(setting, state, agenda),
    removal(setting, state, agenda),
  ];
}

export function actionMoves({ possible }: Setting, { agenda }: Place): readonly Move[] {
  return (possible.actions ?? []).map(({ action, params }) => ({
    name: `somebody runs ${action} ${stableJson(params)}`,
    event: { kind: 'action', action, taskId: '1' },
    params,
    isOwed: false,
    agenda,
  }));
}

function configHooks({ possible }: Setting, state: State): Hook[] {
  const event = { kind: 'config-changed' } as const;
  const configs = (possible.configs ?? []).map((config, index) => ({ config, number: index + 1 }));
  const networks = (possible.networks ?? []).map((addresses, index) => ({ addresses, number: index + 1 }));
  return [
    { name: 'the configuration is told again', event },
    ...configs
      .filter(({ config }) => stableJson(config) !== stableJson(state.config))
      .map(({ config, number }) => ({
        name: `the operator sets configuration ${number}: ${stableJson(config)}`,
        event,
        before: (before: State) => ({ ...before, config }),
      })),
    ...networks
      .filter(({ addresses }) => stableJson(addresses) !== stableJson(state.networks))
      .map(({ addresses, number }) => ({
        name: `the pod gets addresses ${number}`,
        event,
        before: (before: State) => ({ ...before, networks: addresses }),
      })),
  ];
}

function leadershipHooks(state: State, isIdle: boolean): Hook[] {
  if (!state.leader) {
    const before = (it: State) => ({ ...it, leader: true });
    return [{ name: 'the unit becomes the leader', event: { kind: 'leader-elected' }, before }];
  }
  if (state.plannedUnits < 2 || !isIdle) return [];
  // No hook tells a unit that it leads no longer.
  const before = (it: State) => ({ ...it, leader: false });
  return [{ name: 'another unit leads, and time passes', event: { kind: 'update-status' }, before }];
}

/** The charm's container starts again, with its files: every Pebble counts as new to the agent. */
function restartOfAgent(state: State, agenda: Agenda): Move {
  const reachable = Object.values(state.containers).filter(({ canConnect }) => canConnect);
  return {
    name: 'the unit`s agent restarts',
    event: { kind: 'start' },
    isOwed: false,
    agenda: reachable.reduce((owed, { name }) => owing(owed, containerLane(name), [readyHook(name)]), agenda),
  };
}

function readyHook(name: string): Hook {
  return { name: `container ${name} is ready`, event: { kind: 'pebble-ready', container: name } };
}

/** The pod is moved, or the charm refreshed: what is not on a storage is gone. */
function replacement(setting: Setting, state: State, agenda: Agenda): Move {
  const names = Object.keys(state.containers);
  const newPod = ({ charmFiles: _gone, ...kept }: State): State =>
    names.reduce(
      (it, name) => withContainer(it, { ...freshContainer(setting, it, name), canConnect: false }),
      setting.memory === 'file' ? { ...kept, stored: {}, deferred: [], memory: {} } : kept,
    );
  const follows: Hook[] = [
    { name: 'a new pod takes its place', event: { kind: 'upgrade-charm' }, before: newPod },
    { name: 'the new pod is told its configuration', event: { kind: 'config-changed' } },
    { name: 'the new pod starts', event: { kind: 'start' } },
  ];
  return {
    name: 'the pod is replaced',
    event: { kind: 'stop' },
    isOwed: false,
    agenda: withReadyContainers(owing(agenda, UNIT, follows), names),
  };
}

/** Each container comes up at its own time. */
function withReadyContainers(agenda: Agenda, names: readonly string[]): Agenda {
  return names.reduce((owed, name) => {
    const before = (state: State): State => {
      const there = state.containers[name];
      return there === undefined ? state : withContainer(state, { ...there, canConnect: true });
    };
    return owing(owed, containerLane(name), [{ ...readyHook(name), before }]);
  }, agenda);
}

/** Scaled down or removed: storage, relations, peers, stop, remove, and nothing comes between. */
function removal(setting: Setting, state: State, agenda: Agenda): Move {
  const self = `${setting.app}/${state.unitNumber}`;
  const departs = (relation: RelationState) => (unit: number) => departed(setting, relation, unit, self);
  const others = state.relations.filter(({ isPeer }) => !isPeer);
  const peers = state.relations.filter(({ isPeer }) => isPeer);
  const hooks: Hook[] = [
    ...state.storages.map(({ id, location }): Hook => {
      const storage = id.slice(0, id.lastIndexOf('/'));
      const event = { kind: 'storage-detaching', storage, storageId: storageId(id), location } as const;
      return { name: `storage ${id} is detached`, event };
    }),
    ...others.flatMap((relation) => endOf(setting, relation, departs(relation))),
    ...peers.flatMap((relation) => members(relation).map(departs(relation))),
    { name: 'the unit is stopped', event: { kind: 'stop' } },
    { name: 'the unit is gone', event: { kind: 'remove' } },
  ];
  const [first = { name: 'the unit is gone', event: { kind: 'remove' } as const }, ...rest] = hooks;
  return {
    ...first,
    name: `the unit is removed: ${first.name}`,
    before: (it) => ({
      ...it,
      // Leadership is given up without a word.
      leader: false,
      relations: it.relations.map((relation) => (relation.isPeer ? relation : { ...relation, dying: true })),
    }),
    isOwed: false,
    agenda: owing({ ...agenda, owed: {} }, UNIT, rest),
  };
}

/** A unit that nothing has happened to: its world is there, and Juju tells of it hook by hook. */
export function beginning(setting: Setting, state: State, agenda: Agenda): Place {
  const { relations, storages, leader } = state;
  const created = relations.map(
    (relation): OwedHook => ({
      rank: 1,
      name: `${label(relation)} is created`,
      event: { kind: 'relation-created', ...about(setting, relation) },
    }),
  );
  const attached = storages.map(({ id, location }): OwedHook => {
    const storage = id.slice(0, id.lastIndexOf('/'));
    const event = { kind: 'storage-attached', storage, storageId: storageId(id), location } as const;
    return { rank: 3, name: `storage ${id} is attached`, event };
  });
  const hooks: OwedHook[] = [
    { rank: 0, name: 'the unit is installed', event: { kind: 'install' } },
    ...created,
    ...(leader
      ? [{ rank: 2, name: 'the unit becomes the leader', event: { kind: 'leader-elected' } } as const]
      : []),
    ...attached,
    { rank: 4, name: 'the unit is told its configuration', event: { kind: 'config-changed' } },
    { rank: 5, name: 'the unit starts', event: { kind: 'start' } },
  ];
  const containers = Object.values(state.containers);
  const begun = withReadyContainers(
    owingInOrder(agenda, UNIT, hooks),
    containers.filter(({ canConnect }) => canConnect).map(({ name }) => name),
  );
  const untouched: State = { ...state, relations: relations.map((each) => ({ ...each, remoteUnits: {} })) };
  return {
    state: containers.reduce(
      (it, container) => withContainer(it, { ...container, canConnect: false }),
      untouched,
    ),
    agenda: relations.reduce(
      (owed, relation) => owing(owed, relationLane(relation.id), firstContact(setting, relation)),
      begun,
    ),
  };
}

function firstContact(setting: Setting, relation: RelationState): Hook[] {
  const silent = { ...relation, remoteUnits: {} };
  const told = Object.keys(relation.isPeer ? relation.localAppData : relation.remoteAppData).length > 0;
  return [
    ...(told
      ? [{ name: `the data in ${label(relation)} are told`, event: appChanged(setting, relation) }]
      : []),
    ...members(relation).flatMap((number) => {
      const { unit, ...join } = joinOf(
        setting,
        { ...silent, ...NOTHING_YET, remoteUnits: relation.remoteUnits },
        number,
      );
      return [join, unitChanged(setting, relation, unit)];
    }),
  ];
}
