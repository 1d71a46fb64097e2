/** The state as the hook tools see it during one event. */
import type { JujuEvent } from '../events/event.ts';
import type { Bag, RelationView, StatusValue, UnitView } from '../jujuc/index.ts';
import type { CharmSpec } from '../spec/spec.ts';
import type { RelationState, ShownStatus, State } from './state.ts';
import { TIME } from './time.ts';

/** The framework's key for deferred events, and the prefix of what the charm stores. */
export const DEFERRED_KEY = 'charmwright.deferred';
export const STORED_PREFIX = 'stored.';

export function unitView(state: State, spec: CharmSpec, app: string, event: JujuEvent): UnitView {
  const unit = `${app}/${state.unitNumber}`;
  return {
    model: state.model,
    unit,
    app,
    spec,
    leader: state.leader,
    config: configValues(state, spec),
    relations: state.relations.map((relation) => relationView(relation, app, event)),
    secrets: state.secrets,
    storages: state.storages,
    ports: state.ports,
    state: charmState(state),
    unitStatus: statusValue(state.unitStatus),
    appStatus: statusValue(state.appStatus),
    unitStatuses: { [unit]: statusValue(state.unitStatus) },
    networks: state.networks,
    resources: state.resources,
    goal: goalOf(state, app),
    ...(state.cloud === undefined ? {} : { cloud: state.cloud }),
  };
}

function configValues(state: State, spec: CharmSpec): UnitView['config'] {
  const defaults: Record<string, string | number | boolean> = {};
  for (const [name, option] of Object.entries(spec.config)) {
    if (option.default !== undefined) defaults[name] = option.default;
  }
  return { ...defaults, ...state.config };
}

function statusValue({ name, message }: ShownStatus): StatusValue {
  return { status: name, message };
}

/** Juju's charm state: what the charm stores, deferred events, and the framework's own. */
export function charmState(state: State): Bag {
  const stored = Object.entries(state.stored).map(([key, value]) => [
    `${STORED_PREFIX}${key}`,
    JSON.stringify(value),
  ]);
  return {
    ...state.memory,
    ...Object.fromEntries(stored),
    ...(state.deferred.length === 0 ? {} : { [DEFERRED_KEY]: JSON.stringify(state.deferred) }),
  };
}

function relationView(relation: RelationState, app: string, event: JujuEvent): RelationView {
  const { id, endpoint, isPeer, remoteApp = app, remoteModelUuid } = relation;
  const isEvents = 'relationId' in event && event.relationId === id;
  const members = membersOf(relation, remoteApp, isEvents ? event : undefined);
  // Between its last departed and its broken hook no other hook sees it either.
  const isBroken =
    (isEvents && event.kind === 'relation-broken') || (relation.dying === true && members.length === 0);
  const units = Object.entries(relation.remoteUnits).map(
    ([number, bag]) => [`${remoteApp}/${number}`, bag] as const,
  );
  return {
    id,
    endpoint,
    remoteApp,
    ...(remoteModelUuid === undefined ? {} : { remoteModelUuid }),
    // A unit enters a relation's scope just before its own first hook for it.
    entered: event.kind !== 'install',
    broken: isBroken,
    members,
    ownUnit: relation.localUnitData,
    ownApp: relation.localAppData,
    remoteAppData: isPeer ? relation.localAppData : relation.remoteAppData,
    remoteUnits: Object.fromEntries(units),
  };
}

/** None before the first joined and after the last departed; the departing one is gone in its own hook already. */
function membersOf(relation: RelationState, remoteApp: string, event: JujuEvent | undefined): string[] {
  if (event?.kind === 'relation-created' || event?.kind === 'relation-broken') return [];
  const leaving = event?.kind === 'relation-departed' ? event.remoteUnit : undefined;
  return Object.keys(relation.remoteUnits)
    .filter((number) => !relation.departed.includes(Number(number)))
    .map((number) => `${remoteApp}/${number}`)
    .filter((unit) => unit !== leaving);
}

function goalOf(state: State, app: string): UnitView['goal'] {
  const since = TIME.replace('T', ' ');
  const goal = { status: 'active', since };
  const planned = Array.from(
    { length: state.plannedUnits },
    (_, number) => [`${app}/${number}`, goal] as const,
  );
  // A unit beyond the plan is on its way out, and sees itself so.
  const own = `${app}/${state.unitNumber}`;
  const leaving = state.unitNumber >= state.plannedUnits ? [[own, { status: 'dying', since }] as const] : [];
  const units = [...planned, ...leaving];
  const relations: Record<string, Record<string, typeof goal>> = {};
  for (const { endpoint, isPeer, remoteApp = app, remoteUnits } of state.relations) {
    if (isPeer) continue;
    const names = [remoteApp, ...Object.keys(remoteUnits).map((number) => `${remoteApp}/${number}`)];
    relations[endpoint] = {
      ...relations[endpoint],
      ...Object.fromEntries(names.map((name) => [name, goal])),
    };
  }
  return { units: Object.fromEntries(units), relations };
}
