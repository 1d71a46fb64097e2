/** What a query of `wait-for` may ask of a model, an application and a unit: juju's names. */
import type { ApplicationStatus, ModelStatus, UnitStatus } from '../../api.ts';
import type { Scope } from './evaluate.ts';

export function modelScope({ model, applications }: ModelStatus): Scope {
  return {
    name: model.name,
    life: 'alive',
    status: model['model-status'].current,
    'is-controller': false,
    applications: mapValues(applications, (application, name) => applicationScope(name, application)),
    units: Object.assign(
      {},
      ...Object.entries(applications).map(([name, application]) => unitScopes(name, application)),
    ),
  };
}

export function applicationScope(name: string, application: ApplicationStatus): Scope {
  return {
    name,
    life: life(application),
    status: application['application-status'].current,
    'status-message': application['application-status'].message ?? '',
    'charm-url': application.charm,
    exposed: application.exposed,
    subordinate: false,
    'min-units': 0,
    scale: application.scale,
    'workload-version': application.version ?? '',
    units: unitScopes(name, application),
  };
}

function unitScopes(name: string, application: ApplicationStatus): Scope {
  return mapValues(application.units ?? {}, (unit, unitName) => unitScope(unitName, unit, name, application));
}

export function unitScope(name: string, unit: UnitStatus, application: string, of: ApplicationStatus): Scope {
  return {
    name,
    application,
    life: life(unit),
    'charm-url': of.charm,
    'workload-status': unit['workload-status'].current,
    'workload-message': unit['workload-status'].message ?? '',
    'agent-status': unit['juju-status'].current,
    'public-address': unit.address ?? '',
    'private-address': unit.address ?? '',
    leader: unit.leader === true,
    subordinate: false,
    principal: '',
    'machine-id': '',
  };
}

function life(thing: { readonly life?: string | undefined }): string {
  return thing.life === undefined || thing.life === '' ? 'alive' : thing.life;
}

function mapValues<A>(record: Readonly<Record<string, A>>, change: (value: A, key: string) => Scope): Scope {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
