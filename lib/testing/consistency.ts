/** Refuses worlds that Juju cannot produce: a test that passes in one proves nothing. */
import type { JujuEvent } from '../events/event.ts';
import { takesOthers } from '../model/action.ts';
import type { CharmSpec, OptionType } from '../spec/spec.ts';
import { ImpossibleWorld } from './errors.ts';
import { mergeLayers } from './pebble-plan.ts';
import type { ContainerState, RelationState, State } from './state.ts';

/** @throws ImpossibleWorld with all problems at once, each with how to mend it. */
export function checkWorld(spec: CharmSpec, app: string, state: State, event: JujuEvent): void {
  throwAll([
    ...configProblems(spec, state),
    ...relationProblems(spec, app, state),
    ...containerProblems(spec, state),
    ...storageProblems(spec, state),
    ...secretProblems(state),
    ...otherProblems(spec, state),
    ...eventProblems(spec, state, event),
  ]);
}

/** @throws ImpossibleWorld when Juju would not even start the action. */
export function checkAction(
  spec: CharmSpec,
  name: string,
  params: Readonly<Record<string, unknown>>,
  jujuVersion: string,
): void {
  const action = spec.actions[name];
  if (action === undefined)
    throw new ImpossibleWorld([`action "${name}" is not in actions.yaml: ${known(spec.actions)}`]);
  throwAll(
    (action.additionalProperties ?? takesOthers(jujuVersion))
      ? []
      : Object.keys(params)
          .filter((param) => !Object.hasOwn(action.params, param))
          .map((param) => `action "${name}" has no parameter "${param}": ${known(action.params)}`),
  );
}

function throwAll(problems: readonly string[]): void {
  if (problems.length > 0) throw new ImpossibleWorld(problems);
}

function known(declared: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(declared);
  return names.length === 0 ? 'none is declared' : `declared are ${names.join(', ')}`;
}

const OPTION_CHECKS: Readonly<Record<OptionType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  int: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  secret: (value) => typeof value === 'string' && value.startsWith('secret:'),
};

function configProblems(spec: CharmSpec, state: State): string[] {
  return Object.entries(state.config).flatMap(([name, value]) => {
    const option = Object.hasOwn(spec.config, name) ? spec.config[name] : undefined;
    if (option === undefined) return [`config option "${name}" is not in config.yaml: ${known(spec.config)}`];
    if (OPTION_CHECKS[option.type](value)) return [];
    const wanted =
      option.type === 'secret' ? 'that is the URI of a secret: secret:ID' : `of type ${option.type}`;
    return [`config option "${name}" is ${JSON.stringify(value)}: give a value ${wanted}`];
  });
}

function relationProblems(spec: CharmSpec, app: string, state: State): string[] {
  const ids = state.relations.map(({ id }) => id);
  return [
    ...duplicates(ids).map((id) => `two relations have the id ${id}: give each its own, or none`),
    ...state.relations.flatMap((relation) => oneRelationsProblems(spec, app, state, relation)),
  ];
}

function oneRelationsProblems(spec: CharmSpec, app: string, state: State, relation: RelationState): string[] {
  const { endpoint, isPeer, remoteApp, remoteUnits } = relation;
  const declared = Object.hasOwn(spec.endpoints, endpoint) ? spec.endpoints[endpoint] : undefined;
  if (declared === undefined)
    return [`endpoint "${endpoint}" is not in metadata.yaml: ${known(spec.endpoints)}`];
  const problems: string[] = [];
  if (isPeer !== (declared.role === 'peer')) {
    problems.push(
      `endpoint "${endpoint}" is a ${declared.role} endpoint: use ${isPeer ? 'relation' : 'peerRelation'}('${endpoint}')`,
    );
  }
  if (isPeer && Object.hasOwn(remoteUnits, state.unitNumber)) {
    problems.push(
      `unit ${state.unitNumber} is its own peer in "${endpoint}": its data belong into localUnitData`,
    );
  }
  if (!isPeer && remoteApp === app) {
    problems.push(`"${endpoint}" relates "${app}" to itself: name another remoteApp`);
  }
  for (const bag of [
    relation.localAppData,
    relation.localUnitData,
    relation.remoteAppData,
    ...Object.values(remoteUnits),
  ]) {
    for (const [key, value] of Object.entries(bag)) {
      const given: unknown = value;
      if (typeof given !== 'string')
        problems.push(
          `databag key "${key}" of "${endpoint}" is ${typeof given}: databags hold strings, so use JSON.stringify`,
        );
      else if (given === '')
        problems.push(
          `databag key "${key}" of "${endpoint}" is empty: Juju deletes such keys, so leave it out`,
        );
    }
  }
  return problems;
}

function containerProblems(spec: CharmSpec, state: State): string[] {
  return Object.entries(state.containers).flatMap(([name, container]) => {
    if (!Object.hasOwn(spec.containers, name)) {
      return [`container "${name}" is not in metadata.yaml: ${known(spec.containers)}`];
    }
    return name === container.name
      ? inContainer(container)
      : [`container "${container.name}" stands under the name "${name}"`];
  });
}

function inContainer(container: ContainerState): string[] {
  const plan = mergeLayers(Object.values(container.layers));
  const where = `container "${container.name}"`;
  return [
    ...Object.keys(container.services)
      .filter((service) => plan.services[service] === undefined)
      .map((service) => `${where} has a service "${service}" that no layer defines: add it to its layers`),
    ...Object.keys(container.checks)
      .filter((check) => plan.checks[check] === undefined)
      .map((check) => `${where} has a check "${check}" that no layer defines: add it to its layers`),
    ...[...Object.keys(container.files), ...container.dirs]
      .filter((path) => !path.startsWith('/') || path.endsWith('/'))
      .map((path) => `${where} has the path "${path}": give it absolute, without a slash at its end`),
  ];
}

function storageProblems(spec: CharmSpec, state: State): string[] {
  const ids = state.storages.map(({ id }) => id);
  return [
    ...duplicates(ids).map((id) => `two storage instances are called ${id}: give each its own index`),
    ...ids
      .filter((id) => !Object.hasOwn(spec.storage, id.slice(0, id.lastIndexOf('/'))))
      .map((id) => `storage "${id}" is not in metadata.yaml: ${known(spec.storage)}`),
  ];
}

function secretProblems(state: State): string[] {
  const relationIds = new Set(state.relations.map(({ id }) => id));
  const labels = state.secrets.flatMap(({ owner, label }) =>
    owner === 'none' || label === undefined ? [] : [label],
  );
  return [
    ...duplicates(state.secrets.map(({ id }) => id)).map(
      (id) => `two secrets have the id ${id}: give each its own, or none`,
    ),
    ...duplicates(labels).map(
      (label) => `two owned secrets have the label "${label}": labels of one owner differ`,
    ),
    ...state.secrets.flatMap(({ id, label, revisions, tracked, grants }) => {
      const name = `secret ${label ?? id}`;
      const numbers = revisions.map(({ revision }) => revision);
      return [
        ...(/^[0-9a-v]{20}$/.test(id)
          ? []
          : [`${name} has the id "${id}": ids are 20 letters (a to v) and digits, without "secret:"`]),
        ...(revisions.length > 0 ? [] : [`${name} has no revision: give it content`]),
        ...(tracked === undefined || tracked <= (numbers.at(-1) ?? 0)
          ? []
          : [`${name} is tracked at revision ${tracked}, which is not there yet`]),
        ...grants
          .filter(({ relationId }) => !relationIds.has(relationId))
          .map(
            ({ relationId }) =>
              `${name} is granted through relation ${relationId}: add that relation to the state`,
          ),
      ];
    }),
  ];
}

function otherProblems(spec: CharmSpec, state: State): string[] {
  const bindings = ['', 'juju-info', ...Object.keys(spec.endpoints), ...spec.extraBindings];
  return [
    ...Object.keys(state.resources)
      .filter((name) => !Object.hasOwn(spec.resources, name))
      .map((name) => `resource "${name}" is not in metadata.yaml: ${known(spec.resources)}`),
    ...Object.keys(state.networks)
      .filter((name) => !bindings.includes(name))
      .map((name) => `network "${name}" is neither an endpoint nor an extra binding of metadata.yaml`),
    ...state.ports
      .filter((port) => !/^(\d{1,5}\/(tcp|udp)|icmp)$/.test(port))
      .map((port) => `port "${port}" is not as Juju writes it: 9009/tcp`),
  ];
}

function eventProblems(spec: CharmSpec, state: State, event: JujuEvent): string[] {
  if ('relationId' in event) return relationEventProblems(state, event);
  if ('container' in event) return workloadEventProblems(spec, state, event);
  if ('secretId' in event) return secretEventProblems(state, event);
  if (event.kind === 'leader-elected' && !state.leader) {
    return ['leader-elected runs only on the leader: give the state leader: true'];
  }
  return [];
}

function relationEventProblems(state: State, event: Extract<JujuEvent, { relationId: number }>): string[] {
  const relation = state.relations.find(({ id }) => id === event.relationId);
  if (relation === undefined) {
    return [
      `${event.kind} names relation ${event.relationId}, which the state does not have: add it to its relations`,
    ];
  }
  if (event.kind === 'relation-broken' && relation.isPeer) {
    return ['a peer relation is never broken: leave the event out'];
  }
  const unit = 'remoteUnit' in event ? event.remoteUnit : undefined;
  if (unit === undefined) return [];
  const number = Number(unit.slice(unit.lastIndexOf('/') + 1));
  if (Object.hasOwn(relation.remoteUnits, number) && !relation.departed.includes(number)) return [];
  return [
    `${event.kind} names unit ${unit}, which is not in the relation: add ${number} to its ${relation.isPeer ? 'units' : 'remoteUnits'}`,
  ];
}

function workloadEventProblems(
  spec: CharmSpec,
  state: State,
  event: Extract<JujuEvent, { container: string }>,
): string[] {
  const { kind, container: name } = event;
  const container = state.containers[name];
  if (container === undefined || !container.canConnect) {
    const why = Object.hasOwn(spec.containers, name) ? 'cannot be reached' : 'is not in metadata.yaml';
    return [`${kind} comes from container "${name}", which ${why}: add container('${name}') to the state`];
  }
  if (kind === 'pebble-custom-notice') {
    const { id, key } = event.notice;
    const has = container.notices.some((notice) => notice.id === id && notice.key === key);
    return has
      ? []
      : [`${kind} tells of notice "${key}", which container "${name}" does not have: add it to its notices`];
  }
  if (kind === 'pebble-ready') return [];
  const plan = mergeLayers(Object.values(container.layers));
  if (plan.checks[event.check] === undefined) {
    return [
      `${kind} names check "${event.check}", which no layer of container "${name}" defines: add it to its layers`,
    ];
  }
  const isDown = container.checks[event.check]?.status === 'down';
  if (kind === 'pebble-check-failed' && !isDown) {
    return [
      `${kind} names check "${event.check}", which is up: give the container checks: { '${event.check}': { status: 'down', failures: 3 } }`,
    ];
  }
  if (kind === 'pebble-check-recovered' && isDown) {
    return [`${kind} names check "${event.check}", which is down: leave it out of the container's checks`];
  }
  return [];
}

function secretEventProblems(state: State, event: Extract<JujuEvent, { secretId: string }>): string[] {
  const secret = state.secrets.find(({ id }) => `secret:${id}` === event.secretId);
  if (secret === undefined)
    return [`${event.kind} names ${event.secretId}, which the state does not have: add it to its secrets`];
  const isOwner = secret.owner === 'unit' || (secret.owner === 'application' && state.leader);
  if (event.kind === 'secret-changed') {
    if (!isOwner) return [];
    return [`${event.kind} goes to those who read a secret, not to its owner: give the secret owner: 'none'`];
  }
  if (secret.owner === 'none')
    return [`${event.kind} goes to a secret's owner: give the secret an owner, application or unit`];
  if (secret.owner === 'application' && !state.leader) {
    return [`${event.kind} of an application's secret goes to the leader: give the state leader: true`];
  }
  return [];
}

function duplicates<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
