/** What of a test's world the local model cannot be brought to, said in a sentence each. */
import { isDeepStrictEqual } from 'node:util';
import type { JujuEvent } from '../../events/event.ts';
import type { Bag } from '../../jujuc/index.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import { InProcessOnly } from '../errors.ts';
import type { KillAt } from '../killing.ts';
import { network } from '../make.ts';
import type { ContainerState, RelationState, State } from '../state.ts';

/** Juju writes them into every unit's databag. */
const JUJU_KEYS = new Set(['egress-subnets', 'ingress-address', 'private-address']);

/** Nobody but Juju has written into it. */
function isJujus(bag: Bag): boolean {
  return Object.keys(bag).every((key) => JUJU_KEYS.has(key));
}

const NEVER: Readonly<Partial<Record<JujuEvent['kind'], string>>> = {
  stop: 'a unit that stops is gone before it can be looked at',
  remove: 'a unit that is removed is gone before it can be looked at',
  'collect-metrics': 'it collects no metrics',
  'meter-status-changed': 'it has no meters',
  'pebble-check-failed': 'a check fails there when the workload does',
  'pebble-check-recovered': 'a check recovers there when the workload does',
  'secret-rotate': 'a secret rotates there when its time has come',
  'secret-expired': 'a secret expires there when its time has come',
  'secret-remove': 'Juju tells there itself when a revision is not used any more',
  'storage-detaching': 'storage is detached there with its unit',
};

/** @throws InProcessOnly */
export function refuseKill({ killAfterEffect, killAfterToolCall }: KillAt): void {
  if (killAfterEffect !== undefined || killAfterToolCall !== undefined)
    throw new InProcessOnly(['a hook is killed after a counted call in process only']);
}

/** @throws InProcessOnly with all that stands in the way of making this state in an empty model. */
export function refuseFresh(spec: CharmSpec, state: State, event: JujuEvent): void {
  const { leader, unitNumber, networks, stored, deferred, ports, unitStatus, appStatus } = state;
  throwAll([
    ...eventProblems(event),
    ...(leader === (unitNumber === 0)
      ? []
      : ['unit 0 is the leader, and no other: give the state leader: true, or another unitNumber']),
    ...(isDeepStrictEqual(networks, { '': network() })
      ? []
      : ['addresses are those of the model: leave networks out']),
    ...(Object.keys(stored).length + deferred.length + Object.keys(state.memory).length === 0
      ? []
      : [
          'what the charm remembers is its own to store: run the event that stores it first, and go on from its outcome',
        ]),
    ...(ports.length === 0 ? [] : ['ports are opened by the charm: run the event that opens them first']),
    ...([unitStatus, appStatus].every(({ name }) => name === 'unknown')
      ? []
      : ['statuses are shown by the charm: leave them out']),
    ...Object.values(state.containers).flatMap(containerProblems),
    ...state.relations.flatMap((relation) => relationProblems(spec, relation)),
    ...secretProblems(state),
  ]);
}

/** @throws InProcessOnly with all that differs from the last outcome and cannot be changed from outside. */
export function refuseStep(last: State, next: State, event: JujuEvent): void {
  const own = [
    ...(['leader', 'unitNumber', 'networks', 'stored', 'deferred', 'memory', 'ports', 'storages'] as const),
    ...(['unitStatus', 'appStatus', 'workloadVersion', 'resources', 'model', 'cloud'] as const),
  ];
  const notices = event.kind === 'pebble-custom-notice';
  throwAll([
    ...eventProblems(event),
    ...own
      .filter((key) => !isDeepStrictEqual(last[key], next[key]))
      .map(
        (key) =>
          `${key} differs from the outcome that the test goes on from, and only the charm can change it`,
      ),
    ...(notices || isDeepStrictEqual(last.containers, next.containers)
      ? []
      : [
          'the containers differ from the outcome that the test goes on from, and only the charm can change them',
        ]),
    ...next.relations.flatMap((relation) => stepProblems(last, relation)),
    ...(isDeepStrictEqual(owned(last), owned(next))
      ? []
      : ["a charm's own secrets differ from the outcome, and only the charm can change them"]),
    ...(next.plannedUnits < last.plannedUnits && next.plannedUnits <= next.unitNumber
      ? ['the unit itself would be removed']
      : []),
  ]);
}

function throwAll(problems: readonly string[]): void {
  if (problems.length > 0) throw new InProcessOnly(problems);
}

function eventProblems(event: JujuEvent): string[] {
  const never = NEVER[event.kind];
  if (never !== undefined) return [`${event.kind} cannot be caused: ${never}`];
  if (event.kind === 'relation-departed' && event.departingUnit !== event.remoteUnit)
    return ['the unit itself cannot be the one that leaves'];
  return [];
}

function containerProblems(container: ContainerState): string[] {
  const where = `container "${container.name}"`;
  const { canConnect, layers, files, dirs, checks, execs, startFailures } = container;
  const given =
    Object.keys(files).length + dirs.length + Object.keys(layers).length + Object.keys(checks).length;
  return [
    ...(canConnect ? [] : [`${where} comes up by itself: give it canConnect: true`]),
    ...(given === 0 ? [] : [`${where} begins as its image is: leave layers, files and checks to the charm`]),
    ...(execs.length === 0
      ? []
      : [`${where} runs its own programs: there is no place for simulated answers`]),
    ...(Object.keys(startFailures).length === 0
      ? []
      : [`${where} starts its own programs: they fail when they do`]),
  ];
}

function relationProblems(spec: CharmSpec, relation: RelationState): string[] {
  const where = `relation ${relation.endpoint}:${relation.id}`;
  const bags = [relation.localAppData, relation.localUnitData];
  const published = !bags.every(isJujus)
    ? [`${where}: what the charm publishes is its own to say: leave its local data out`]
    : [];
  if (relation.isPeer) {
    const others = !Object.values(relation.remoteUnits).every(isJujus);
    return [
      ...published,
      ...(others ? [`${where}: the other units are of the same charm, and publish for themselves`] : []),
    ];
  }
  const numbers = Object.keys(relation.remoteUnits)
    .map(Number)
    .sort((a, b) => a - b);
  return [
    ...published,
    ...(spec.endpoints[relation.endpoint]?.scope === 'container'
      ? [`${where}: subordinates are not for Kubernetes`]
      : []),
    ...(relation.remoteModelUuid === undefined ? [] : [`${where}: there is one model only`]),
    ...(relation.dying === true ? [`${where}: it cannot stop half-way in its removal`] : []),
    ...(numbers.every((number, i) => number === i)
      ? []
      : [`${where}: units are numbered from 0 without a gap`]),
    ...(numbers.length === 0 && Object.keys(relation.remoteAppData).length > 0
      ? [`${where}: an application without a unit publishes nothing: give it one in remoteUnits`]
      : []),
  ];
}

function stepProblems(last: State, relation: RelationState): string[] {
  const before = last.relations.find(({ id }) => id === relation.id);
  if (before === undefined) return [];
  const where = `relation ${relation.endpoint}:${relation.id}`;
  const isSame = before.endpoint === relation.endpoint && before.remoteApp === relation.remoteApp;
  // A relation that the test has written anew says nothing of what the charm has published.
  const isUntouched = (['localAppData', 'localUnitData'] as const).every(
    (bag) => isDeepStrictEqual(before[bag], relation[bag]) || isJujus(relation[bag]),
  );
  return [
    ...(isSame ? [] : [`${where}: it is another relation now: give it another id`]),
    ...(isUntouched ? [] : [`${where}: only its remote side can be changed from outside`]),
  ];
}

function owned(state: State) {
  return state.secrets.filter(({ owner }) => owner !== 'none');
}

function secretProblems({ secrets }: State): string[] {
  return secrets.flatMap(({ id, label, owner, revisions, readable, tracked }) => {
    const name = `secret ${label ?? id}`;
    if (owner !== 'none') return [`${name}: a charm's own secret is its own to make: leave it out`];
    return [
      ...(readable ? [] : [`${name}: give it no grant by leaving it out`]),
      ...(revisions.length === 1
        ? []
        : [`${name}: it begins with one revision; give the next in a later state`]),
      ...(label === undefined || tracked === undefined
        ? []
        : [`${name}: the label is the charm's own to give`]),
    ];
  });
}
