/** What one unit may see of the model during one hook, in the shape the hook tools answer from. */
import type { NetworkView, RelationView, StatusValue, UnitView } from 'charmwright/juju';
import { status } from './applications.ts';
import { configValues } from './config-values.ts';
import {
  appOf,
  findApplication,
  findCharm,
  findUnit,
  isPeer,
  relationsOf,
  sidesOf,
  unitsOf,
} from './lookup.ts';
import { secretView } from './secrets.ts';
import type { Application, Hook, Model, Relation, Status, Unit } from './state.ts';

export interface ViewOptions {
  /** Paths of resources on the charm's disk, by name. */
  readonly resources: Readonly<Record<string, string>>;
  /** What is about to run: a joining unit is a member already, a departing one is no more. */
  readonly hook?: Hook;
  /** The model at any moment: of all that a hook may ask, `goal-state` alone is answered as things are when it is asked. */
  readonly now?: () => Model;
}

export function unitView(model: Model, name: string, options: ViewOptions): UnitView {
  const application = findApplication(model, appOf(name));
  const unit = findUnit(model, name);
  const { spec } = findCharm(model, unit.charm);
  const { now = () => model } = options;
  return {
    model: { name: model.name, uuid: model.uuid },
    unit: name,
    app: application.name,
    spec,
    leader: application.leader === name,
    config: configValues(spec, application),
    relations: relationsOf(model, application.name)
      .filter((relation) => spec.endpoints[sidesOf(relation, application.name).own.endpoint] !== undefined)
      .map((relation) => relationView(relation, { unit, application, hook: options.hook })),
    secrets: Object.values(model.secrets).flatMap((secret) => secretView(model, secret, name) ?? []),
    storages: Object.values(model.storages)
      .filter((storage) => storage.unit === name && storage.attached)
      .map(({ id, kind, location }) => ({ id, kind, location })),
    ports: unit.ports,
    state: unit.state,
    unitStatus: statusValue(unit.workloadStatus),
    appStatus: statusValue(applicationStatus(application)),
    unitStatuses: Object.fromEntries(
      unitsOf(application).map((each) => [each.name, statusValue(each.workloadStatus)]),
    ),
    networks: { '': networkView(unit.address, application.address) },
    resources: options.resources,
    get goal() {
      const current = now();
      return goalView(current, current.applications[application.name] ?? application);
    },
    ...(application.trust ? { cloud: cloudView() } : {}),
  };
}

function relationView(
  relation: Relation,
  { unit, application, hook }: { unit: Unit; application: Application; hook: Hook | undefined },
): RelationView {
  const { own, remote } = sidesOf(relation, application.name);
  const bags = Object.entries(relation.units).filter(
    ([name]) => name !== unit.name && appOf(name) === remote.application,
  );
  const members = membersSeen(unit, relation, hook);
  return {
    id: relation.id,
    endpoint: own.endpoint,
    remoteApp: remote.application,
    remoteEndpoint: remote.endpoint,
    entered: relation.units[unit.name]?.inScope === true,
    broken: !isPeer(relation) && relation.life !== 'alive' && members.length === 0,
    members,
    ownUnit: relation.units[unit.name]?.data ?? {},
    ownApp: relation.apps[own.application]?.data ?? {},
    remoteAppData: relation.apps[remote.application]?.data ?? {},
    remoteUnits: Object.fromEntries(bags.map(([name, bag]) => [name, bag.data])),
  };
}

/** The members this unit was told of: `relation-list` knows no other. */
function membersSeen(unit: Unit, relation: Relation, hook: Hook | undefined): string[] {
  const members = new Set(Object.keys(unit.agent.relations[relation.id]?.members ?? {}));
  if (hook !== undefined && 'relationId' in hook && hook.relationId === relation.id) {
    if (hook.kind === 'relation-joined') members.add(hook.remoteUnit);
    if (hook.kind === 'relation-departed') members.delete(hook.remoteUnit);
    if (hook.kind === 'relation-broken') members.clear();
  }
  return [...members].sort();
}

function networkView(address: string, serviceAddress: string): NetworkView {
  return {
    bindAddresses: [
      { interfaceName: '', macAddress: '', addresses: [{ hostname: '', value: address, cidr: '' }] },
    ],
    egressSubnets: [`${serviceAddress}/32`],
    ingressAddresses: [serviceAddress],
  };
}

function goalView(model: Model, application: Application): UnitView['goal'] {
  const entry = (status: string, since: string) => ({
    status,
    since: since.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
  });
  const units = (of: Application) =>
    unitsOf(of).map((unit) => [
      unit.name,
      entry(unit.life === 'alive' ? unit.workloadStatus.current : 'dying', unit.workloadStatus.since),
    ]);
  const relations: Record<string, Record<string, { status: string; since: string }>> = {};
  for (const relation of relationsOf(model, application.name).filter((r) => !isPeer(r))) {
    const { own, remote } = sidesOf(relation, application.name);
    const other = model.applications[remote.application];
    if (other === undefined) continue;
    relations[own.endpoint] = {
      ...relations[own.endpoint],
      [other.name]: entry(relation.life === 'alive' ? 'joined' : 'dying', other.since),
      ...Object.fromEntries(units(other)),
    };
  }
  return { units: Object.fromEntries(units(application)), relations };
}

function cloudView(): NonNullable<UnitView['cloud']> {
  return {
    type: 'kubernetes',
    name: 'juju-local',
    endpoint: 'https://10.87.0.1:443',
    isControllerCloud: true,
  };
}

/** Worst first. */
const SEVERITY = ['error', 'blocked', 'maintenance', 'waiting', 'active', 'terminated', 'unknown'];

/** What the leader set, else the units' worst. */
export function applicationStatus(application: Application): Status {
  if (application.status !== undefined) return application.status;
  const statuses = unitsOf(application).map(displayedStatus);
  statuses.sort((a, b) => SEVERITY.indexOf(a.current) - SEVERITY.indexOf(b.current));
  return statuses[0] ?? { current: 'unknown', message: '', since: application.since };
}

/** A unit whose agent is not there, or whose hook failed, shows that, whatever the charm said last. */
export function displayedStatus(unit: Unit): Status {
  const { name, heldSince } = unit;
  if (heldSince !== undefined)
    return status('unknown', `agent lost, see 'juju show-status-log ${name}'`, heldSince);
  return unit.agentStatus.current === 'error' ? unit.agentStatus : unit.workloadStatus;
}

function statusValue({ current, message }: Status): StatusValue {
  return { status: statusName(current), message };
}

const STATUS_NAMES = [
  'active',
  'blocked',
  'maintenance',
  'waiting',
  'unknown',
  'error',
  'terminated',
] as const;

function statusName(text: string): StatusValue['status'] {
  return STATUS_NAMES.find((name) => name === text) ?? 'unknown';
}
