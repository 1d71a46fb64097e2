/** Events that Juju sends to such a unit. */
import type { JujuEvent, SecretEvent } from '../../events/event.ts';
import type { SecretView } from '../../jujuc/index.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import { mergeLayers } from '../pebble-plan.ts';
import type { State } from '../state.ts';

export function eventProblems(spec: CharmSpec, state: State, event: JujuEvent): string[] {
  if ('relationId' in event) return relationEventProblems(state, event);
  if ('container' in event) return workloadEventProblems(spec, state, event);
  if ('secretId' in event) return secretEventProblems(state, event);
  if ('storageId' in event) return storageEventProblems(state, event);
  if (event.kind === 'leader-elected' && !state.leader) {
    return ['leader-elected runs only on the leader: give the state leader: true'];
  }
  return [];
}

function storageEventProblems(state: State, event: Extract<JujuEvent, { storageId: string }>): string[] {
  const { kind, storageId } = event;
  return state.storages.some(({ id }) => id === storageId)
    ? []
    : [`${kind} names storage "${storageId}", which the state does not have: add it to its storages`];
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
  if (relation.dying === true && !['relation-departed', 'relation-broken'].includes(event.kind)) {
    return [
      `${event.kind} does not come to relation ${event.relationId}, which is being removed: leave its dying out, or send relation-departed or relation-broken`,
    ];
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

function secretEventProblems(state: State, event: SecretEvent): string[] {
  const secret = state.secrets.find(({ id }) => `secret:${id}` === event.secretId);
  if (secret === undefined)
    return [`${event.kind} names ${event.secretId}, which the state does not have: add it to its secrets`];
  const isOwner = secret.owner === 'unit' || (secret.owner === 'application' && state.leader);
  if (event.kind === 'secret-changed') {
    if (isOwner)
      return [
        `${event.kind} goes to those who read a secret, not to its owner: give the secret owner: 'none'`,
      ];
    return secret.tracked === undefined
      ? [
          `${event.kind} goes to those who have read a secret: leave tracked out, or give the revision that was read`,
        ]
      : [];
  }
  if (secret.owner === 'none')
    return [`${event.kind} goes to a secret's owner: give the secret an owner, application or unit`];
  if (secret.owner === 'application' && !state.leader) {
    return [`${event.kind} of an application's secret goes to the leader: give the state leader: true`];
  }
  return ownersEventProblems(secret, event);
}

function ownersEventProblems(
  { label, id, rotate = 'never', expire, revisions }: SecretView,
  event: SecretEvent,
): string[] {
  const name = `secret ${label ?? id}`;
  const numbers = revisions.map(({ revision }) => revision);
  switch (event.kind) {
    case 'secret-changed':
      return [];
    case 'secret-rotate':
      return rotate === 'never'
        ? [`${event.kind} comes to secrets that rotate: give ${name} rotate: 'daily'`]
        : [];
    case 'secret-expired':
      return [
        ...unknownRevision(name, event.revision, numbers),
        ...(expire === undefined
          ? [`${event.kind} comes to secrets that expire: give ${name} expire: '2030-01-01T00:00:00Z'`]
          : []),
      ];
    case 'secret-remove':
      return [
        ...unknownRevision(name, event.revision, numbers),
        ...(event.revision === numbers.at(-1)
          ? [
              `${event.kind} names an old revision that nobody reads, and ${event.revision} is the latest of ${name}: give it a later one`,
            ]
          : []),
      ];
  }
}

function unknownRevision(name: string, revision: number, numbers: readonly number[]): string[] {
  return numbers.includes(revision)
    ? []
    : [`revision ${revision} of ${name} is not there: it has ${numbers.join(', ')}`];
}
