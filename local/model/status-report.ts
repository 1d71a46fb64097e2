/** `juju status` and `juju show-unit`, in the shapes of their JSON formats. Times are RFC 3339. */
import type { ApplicationStatus, ModelStatus, StatusInfo, UnitStatus } from '../api.ts';
import { status } from './applications.ts';
import {
  allUnits,
  appOf,
  findApplication,
  findCharm,
  findUnit,
  isOutdated,
  isPeer,
  relationsOf,
  sidesOf,
  unitsOf,
} from './lookup.ts';
import type { Application, Charm, Model, Relation, Status, Unit } from './state.ts';
import { applicationStatus, displayedStatus } from './view.ts';

export const CONTROLLER = 'juju-local';

export function modelStatus(
  model: Model,
  version: string,
  now: string,
  isReady: (unit: string) => boolean,
): ModelStatus {
  const storages = Object.values(model.storages);
  return {
    model: {
      name: model.name,
      type: 'caas',
      controller: CONTROLLER,
      cloud: CONTROLLER,
      version,
      'model-status': { current: 'available', since: model.created },
      sla: 'unsupported',
    },
    machines: {},
    applications: Object.fromEntries(
      Object.values(model.applications).map((application) => [
        application.name,
        appStatus(model, application),
      ]),
    ),
    ...(storages.length === 0
      ? {}
      : {
          storage: {
            storage: Object.fromEntries(
              storages.map((storage) => [
                storage.id,
                {
                  kind: storage.kind,
                  ...(storage.life === 'alive' ? {} : { life: storage.life }),
                  status: { current: storage.attached ? 'attached' : 'detached', since: storage.since },
                  persistent: true,
                  attachments: {
                    units: storage.attached
                      ? { [storage.unit]: { location: storage.location, life: 'alive' } }
                      : {},
                  },
                },
              ]),
            ),
          },
        }),
    controller: { timestamp: now },
    relations: Object.values(model.relations).map(relationRow),
    readyPods: allUnits(model).flatMap(({ name }) => (isReady(name) ? [name] : [])),
  };
}

function relationRow(relation: Relation): ModelStatus['relations'][number] {
  const [provider = '', requirer = provider] = relation.ends.map(
    ({ application, endpoint }) => `${application}:${endpoint}`,
  );
  const type = isPeer(relation) ? 'peer' : 'regular';
  return { id: relation.id, provider, requirer, interface: relation.interface, type };
}

function info({ current, message, since }: Status, version?: string): StatusInfo {
  return {
    current,
    ...(message === '' ? {} : { message }),
    since,
    ...(version === undefined ? {} : { version }),
  };
}

function appStatus(model: Model, application: Application): ApplicationStatus {
  const charm = findCharm(model, application.charm);
  const units = unitsOf(application);
  const version = units.find((unit) => unit.workloadVersion !== undefined)?.workloadVersion;
  return {
    charm: charm.url,
    base: { name: charm.base.name, channel: charm.base.channel.replace('/stable', '') },
    'charm-origin': 'local',
    'charm-name': charm.name,
    'charm-rev': charm.revision,
    ...(charm.version === undefined ? {} : { 'charm-version': charm.version }),
    scale: application.scale,
    'provider-id': `${model.uuid}-${application.name}`,
    address: application.address,
    exposed: false,
    ...(application.life === 'alive' ? {} : { life: application.life }),
    'application-status': info(applicationStatus(application)),
    relations: relationsByEndpoint(model, application),
    units: Object.fromEntries(units.map((unit) => [unit.name, unitStatus(unit, application)])),
    ...(version === undefined ? {} : { version }),
    'endpoint-bindings': bindings(charm),
  };
}

function bindings(charm: Charm): Record<string, string> {
  const names = ['', ...Object.keys(charm.spec.endpoints), ...charm.spec.extraBindings];
  return Object.fromEntries(names.sort().map((name) => [name, 'alpha']));
}

function relationsByEndpoint(
  model: Model,
  application: Application,
): NonNullable<ApplicationStatus['relations']> {
  const byEndpoint: NonNullable<ApplicationStatus['relations']> = {};
  for (const relation of relationsOf(model, application.name)) {
    const { own, remote } = sidesOf(relation, application.name);
    byEndpoint[own.endpoint] = [
      ...(byEndpoint[own.endpoint] ?? []),
      { 'related-application': remote.application, interface: relation.interface, scope: 'global' },
    ];
  }
  return byEndpoint;
}

function unitStatus(unit: Unit, application: Application): UnitStatus {
  const inError = unit.agentStatus.current === 'error' && unit.heldSince === undefined;
  return {
    'workload-status': info(displayedStatus(unit)),
    'juju-status': inError ? { current: 'idle', since: unit.agentStatus.since } : info(agentStatus(unit)),
    ...(application.leader === unit.name ? { leader: true as const } : {}),
    ...(isOutdated(application, unit) ? { 'upgrading-from': unit.charm } : {}),
    ...(unit.ports.length === 0 ? {} : { 'open-ports': unit.ports }),
    address: unit.address,
    'provider-id': unit.name.replace('/', '-'),
    ...(unit.life === 'alive' ? {} : { life: unit.life }),
  };
}

function agentStatus({ agentStatus: said, heldSince }: Unit): Status {
  return heldSince === undefined
    ? said
    : status('lost', 'agent is not communicating with the server', heldSince);
}

/** One entry of `juju show-unit`. */
export function showUnit(model: Model, name: string): Record<string, unknown> {
  const unit = findUnit(model, name);
  const application = findApplication(model, appOf(name));
  return {
    ...(unit.workloadVersion === undefined ? {} : { 'workload-version': unit.workloadVersion }),
    'opened-ports': unit.ports,
    charm: unit.charm,
    leader: application.leader === name,
    life: unit.life,
    'relation-info': relationsOf(model, application.name).map((relation) => {
      const { own, remote } = sidesOf(relation, application.name);
      const bag = (unitName: string) => ({
        'in-scope': relation.units[unitName]?.inScope === true,
        data: relation.units[unitName]?.data ?? {},
      });
      const related = Object.keys(relation.units).filter(
        (other) =>
          appOf(other) === remote.application && other !== name && relation.units[other]?.inScope === true,
      );
      return {
        'relation-id': relation.id,
        endpoint: own.endpoint,
        ...(isPeer(relation) ? {} : { 'cross-model': false }),
        'related-endpoint': remote.endpoint,
        'application-data': relation.apps[remote.application]?.data ?? {},
        'local-unit': bag(name),
        ...(related.length === 0
          ? {}
          : { 'related-units': Object.fromEntries(related.sort().map((other) => [other, bag(other)])) }),
      };
    }),
    'provider-id': name.replace('/', '-'),
    address: unit.address,
  };
}
