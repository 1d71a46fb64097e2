/** Events of relations: in which order Juju tells of them is written in its relation resolver. */
import type { Bag } from '../../jujuc/index.ts';
import { sameBag } from '../../jujuc/index.ts';
import { JUJU_KEYS } from '../make.ts';
import type { RelationState, State } from '../state.ts';
import { type Agenda, type Hook, isFree, type Move, owing, type Place, relationLane } from './agenda.ts';
import type { Setting } from './possibilities.ts';

const MOST_UNITS = 2;

export function relationMoves(setting: Setting, place: Place): readonly Move[] {
  const { state, agenda } = place;
  return [
    ...state.relations
      .filter(({ dying }) => dying !== true)
      .flatMap((relation) => [
        ...(isFree(agenda, relationLane(relation.id)) ? growth(setting, place, relation) : []),
        ...decline(setting, place, relation),
      ]),
    ...beginnings(setting, place),
  ];
}

/** Data that change and units that join. */
function growth(setting: Setting, { state, agenda }: Place, relation: RelationState): Move[] {
  const { id, endpoint, remoteAppData } = relation;
  const told = Object.keys(relation.isPeer ? relation.localAppData : remoteAppData).length > 0;
  const again = { name: `${shown(setting, relation)} is told again`, event: appChanged(setting, relation) };
  const written = alternatives(
    relation.isPeer && state.leader ? [] : appBags(setting, relation),
    relation.isPeer ? relation.localAppData : remoteAppData,
  );
  return [
    ...(told ? [free(agenda, again)] : []),
    ...written.map(({ bag, number }) =>
      free(agenda, {
        name: `${relation.isPeer ? 'the leader' : remoteApp(setting, relation)} writes data ${number} into ${label(relation)}`,
        event: appChanged(setting, relation),
        before: changing(id, (it) => ({ ...it, [it.isPeer ? 'localAppData' : 'remoteAppData']: bag })),
      }),
    ),
    ...members(relation).flatMap((unit) => [
      free(agenda, unitChanged(setting, relation, unit)),
      ...alternatives(setting.possible.remoteUnitData?.[endpoint] ?? [], relation.remoteUnits[unit]).map(
        ({ bag, number }) =>
          free(agenda, {
            ...unitChanged(setting, relation, unit),
            name: `${unitName(setting, relation, unit)} writes data ${number} into ${label(relation)}`,
            before: changing(id, (it) => ({ ...it, remoteUnits: { ...it.remoteUnits, [unit]: bag } })),
          }),
      ),
    ]),
    ...joins(setting, state, relation).map((hook) => joined(setting, agenda, relation, hook)),
  ];
}

interface Join extends Hook {
  readonly unit: number;
}

/** A unit's changed always follows its joined. */
function joined(setting: Setting, agenda: Agenda, relation: RelationState, { unit, ...hook }: Join): Move {
  const follows = unitChanged(setting, relation, unit);
  return { ...hook, isOwed: false, agenda: owing(agenda, relationLane(relation.id), [follows]) };
}

function joins(setting: Setting, state: State, relation: RelationState): Join[] {
  const { units = MOST_UNITS } = setting.possible;
  const there = members(relation);
  if (there.length >= (relation.isPeer ? units - 1 : units)) return [];
  const unit = lowestFree(relation.isPeer ? [...there, state.unitNumber] : there);
  return [joinOf(setting, relation, unit)];
}

export function joinOf(setting: Setting, relation: RelationState, unit: number): Join {
  const { id, endpoint, isPeer } = relation;
  const { relations = [], remoteUnitData = {} } = setting.possible;
  const known = relations.find((each) => each.endpoint === endpoint)?.remoteUnits ?? {};
  const bag = relation.remoteUnits[unit] ?? known[unit] ?? remoteUnitData[endpoint]?.[0] ?? {};
  const comesIn = changing(id, (it) => ({
    ...it,
    remoteUnits: { ...it.remoteUnits, [unit]: { ...JUJU_KEYS, ...bag } },
    departed: it.departed.filter((number) => number !== unit),
  }));
  const remoteUnit = unitName(setting, relation, unit);
  return {
    unit,
    name: `${remoteUnit} joins ${label(relation)}`,
    event: { kind: 'relation-joined', ...about(setting, relation), remoteUnit },
    before: (state) => {
      const joined = comesIn(state);
      if (!isPeer) return joined;
      return { ...joined, plannedUnits: Math.max(joined.plannedUnits, unit + 1, joined.unitNumber + 1) };
    },
  };
}

/** Units that leave, and the end of the relation: also while a changed is owed, which then never comes. */
function decline(setting: Setting, { agenda }: Place, relation: RelationState): Move[] {
  const { id, isPeer } = relation;
  const lane = relationLane(id);
  const there = members(relation);
  // Kubernetes takes a set's units away from the highest number on.
  const leaving = isPeer ? there.slice(-1) : there;
  const leaves = leaving.map((unit): Move => {
    const before = (state: State) => ({ ...state, plannedUnits: Math.max(1, state.plannedUnits - 1) });
    const hook = { ...departed(setting, relation, unit), ...(isPeer ? { before } : {}) };
    return { ...hook, isOwed: false, agenda: owing(agenda, lane, []) };
  });
  if (isPeer) return leaves;
  const [first, ...rest] = endOf(setting, relation, (unit) => departed(setting, relation, unit));
  if (first === undefined) return leaves;
  const removed: Move = {
    ...first,
    name: `the relation ${label(relation)} is removed: ${first.name}`,
    before: changing(id, (it) => ({ ...it, dying: true })),
    isOwed: false,
    agenda: owing(agenda, lane, rest),
  };
  return [...leaves, removed];
}

/** Each unit departs, then the relation is broken. */
export function endOf(setting: Setting, relation: RelationState, departs: (unit: number) => Hook): Hook[] {
  return [
    ...members(relation).map(departs),
    {
      name: `${label(relation)} is broken`,
      event: { kind: 'relation-broken', ...about(setting, relation) },
    },
  ];
}

export function departed(setting: Setting, relation: RelationState, unit: number, departing?: string): Hook {
  const remoteUnit = unitName(setting, relation, unit);
  return {
    name: `${remoteUnit} leaves ${label(relation)}`,
    event: {
      kind: 'relation-departed',
      ...about(setting, relation),
      remoteUnit,
      departingUnit: departing ?? remoteUnit,
    },
  };
}

/** New relations, with and without data of the other side; a removed one comes back with an id of its own. */
function beginnings(setting: Setting, { state, agenda }: Place): Move[] {
  return (setting.possible.relations ?? []).flatMap((candidate) => {
    const { endpoint, remoteApp: app } = candidate;
    const { limit } = setting.spec.endpoints[endpoint] ?? {};
    const there = state.relations.filter((each) => each.endpoint === endpoint);
    if (there.length >= (limit ?? Number.POSITIVE_INFINITY)) return [];
    if (there.some((each) => each.remoteApp === app)) return [];
    const { usedIds } = agenda;
    const id = usedIds.includes(candidate.id) ? Math.max(...usedIds) + 1 : candidate.id;
    const silent = { ...candidate, id, ...NOTHING_YET };
    const begun = (relation: RelationState, name: string, follows: readonly Hook[]): Move => ({
      name,
      event: { kind: 'relation-created', ...about(setting, relation) },
      before: (before) => ({ ...before, relations: [...before.relations, relation] }),
      isOwed: false,
      agenda: {
        ...owing(agenda, relationLane(id), follows),
        usedIds: [...new Set([...usedIds, id])].sort(byNumber),
      },
    });
    const spoken = { ...silent, remoteAppData: candidate.remoteAppData };
    const integrated = `${app} is integrated as ${label(silent)}`;
    const changed = { name: `${shown(setting, spoken)} is told`, event: appChanged(setting, spoken) };
    return [
      begun(silent, integrated, []),
      ...(Object.keys(candidate.remoteAppData).length === 0
        ? []
        : [begun(spoken, `${integrated}, and has written its data`, [changed])]),
    ];
  });
}

/** As a relation is before anybody has written. */
export const NOTHING_YET = {
  localAppData: {},
  localUnitData: JUJU_KEYS,
  remoteAppData: {},
  remoteUnits: {},
  departed: [],
} satisfies Partial<RelationState>;

export function appChanged(setting: Setting, relation: RelationState): Hook['event'] {
  return { kind: 'relation-changed', ...about(setting, relation) };
}

export function unitChanged(setting: Setting, relation: RelationState, unit: number): Hook {
  const remoteUnit = unitName(setting, relation, unit);
  return {
    name: `the data of ${remoteUnit} in ${label(relation)} are told`,
    event: { kind: 'relation-changed', ...about(setting, relation), remoteUnit },
  };
}

export function about(setting: Setting, relation: RelationState) {
  const { endpoint, id: relationId } = relation;
  return { endpoint, relationId, remoteApp: remoteApp(setting, relation) };
}

export function label({ endpoint, id }: RelationState): string {
  return `${endpoint}:${id}`;
}

function shown(setting: Setting, relation: RelationState): string {
  return `the data of ${remoteApp(setting, relation)} in ${label(relation)}`;
}

function remoteApp({ app }: Setting, relation: RelationState): string {
  return relation.remoteApp ?? app;
}

function unitName(setting: Setting, relation: RelationState, unit: number): string {
  return `${remoteApp(setting, relation)}/${unit}`;
}

/** Numbers of those who are in, the lowest first. */
export function members({ remoteUnits, departed: left }: RelationState): number[] {
  return Object.keys(remoteUnits)
    .map(Number)
    .filter((unit) => !left.includes(unit))
    .sort(byNumber);
}

function appBags(setting: Setting, { endpoint, remoteApp: app }: RelationState): readonly Bag[] {
  const { relations = [], remoteAppData = {} } = setting.possible;
  const own = relations.filter((each) => each.endpoint === endpoint && each.remoteApp === app);
  return [...own.map((each) => each.remoteAppData), ...(remoteAppData[endpoint] ?? [])];
}

function alternatives(bags: readonly Bag[], now: Bag | undefined): { bag: Bag; number: number }[] {
  return bags
    .map((bag, index) => ({ bag, number: index + 1 }))
    .filter(({ bag }) => now === undefined || !sameBag(bag, now));
}

function changing(id: number, change: (relation: RelationState) => RelationState): (state: State) => State {
  return (state) => ({
    ...state,
    relations: state.relations.map((relation) => (relation.id === id ? change(relation) : relation)),
  });
}

function free(agenda: Agenda, hook: Hook): Move {
  return { ...hook, isOwed: false, agenda };
}

function lowestFree(taken: readonly number[]): number {
  let number = 0;
  while (taken.includes(number)) number += 1;
  return number;
}

function byNumber(a: number, b: number): number {
  return a - b;
}
