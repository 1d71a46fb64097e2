/** A case of the event union that nobody thought of does not compile. */
import { assertNever, type Cases, type JujuEvent, matchEvent } from 'charmwright';
import type { spec } from './example.ts';

type Event = JujuEvent<typeof spec>;
type RelationEvent = Extract<Event, { readonly endpoint: string }>;

// --- All kinds of a union.

export function whoElse(event: RelationEvent): string {
  return matchEvent(event, {
    'relation-created': ({ remoteApp }) => remoteApp,
    'relation-joined': ({ remoteUnit }) => remoteUnit,
    'relation-changed': ({ remoteUnit, remoteApp }) => remoteUnit ?? remoteApp,
    'relation-departed': ({ departingUnit }) => departingUnit,
    'relation-broken': ({ endpoint }) => endpoint satisfies 'database' | 'metrics' | 'peers',
  });
}

export function forgotten(event: RelationEvent): string {
  // @ts-expect-error there is no case for relation-broken
  return matchEvent(event, {
    'relation-created': ({ remoteApp }) => remoteApp,
    'relation-joined': ({ remoteUnit }) => remoteUnit,
    'relation-changed': ({ remoteApp }) => remoteApp,
    'relation-departed': ({ departingUnit }) => departingUnit,
  });
}

export const misspelt: Partial<Cases<RelationEvent, string>> = {
  // @ts-expect-error no such kind of event
  'relation-vanished': () => 'gone',
};

export const unknownField: Partial<Cases<RelationEvent, string>> = {
  // @ts-expect-error the application's own databag changed: there may be no unit
  'relation-changed': ({ remoteUnit }) => remoteUnit.length.toString(),
};

// --- Some kinds, and one case for the others.

export function shortly(event: Event): string {
  return matchEvent(event, {
    'pebble-check-failed': ({ container, check }) => `${container}: ${check}`,
    'storage-attached': ({ storageId }) => storageId satisfies `data/${number}`,
    action: ({ action }) => action satisfies 'backup' | 'restore',
    otherwise: ({ kind }) => kind,
  });
}

export function noneForTheOthers(event: Event): string {
  // @ts-expect-error many kinds have no case, and there is no case for the others
  return matchEvent(event, { install: () => 'installed' });
}

// --- A switch that ends in assertNever.

export function inASwitch(event: RelationEvent): string {
  switch (event.kind) {
    case 'relation-created':
    case 'relation-joined':
    case 'relation-changed':
    case 'relation-departed':
    case 'relation-broken':
      return event.remoteApp;
    default:
      return assertNever(event);
  }
}

export function oneIsForgotten(event: RelationEvent): string {
  switch (event.kind) {
    case 'relation-created':
    case 'relation-joined':
    case 'relation-changed':
    case 'relation-departed':
      return event.remoteApp;
    default:
      // @ts-expect-error relation-broken is left
      return assertNever(event);
  }
}
