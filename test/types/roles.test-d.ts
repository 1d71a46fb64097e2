/** What an endpoint is, of which interface, and what comes of it; ids of storage; resources by their type. */

import type { CharmSpec } from 'charmwright';
import {
  defineCharm,
  type EndpointWith,
  type HookName,
  type ResourceWith,
  type StorageId,
  type StorageName,
} from 'charmwright';

const spec = {
  name: 'roles',
  endpoints: {
    database: { role: 'requires', interface: 'postgresql' },
    bucket: { role: 'requires', interface: 's3' },
    site: { role: 'provides', interface: 'http' },
    mates: { role: 'peer', interface: 'roles_mates' },
  },
  extraBindings: [],
  containers: {},
  storage: {
    data: { type: 'filesystem', count: { min: 1, max: 1 } },
    cache: { type: 'filesystem', count: { min: 0, max: null } },
  },
  resources: { image: { type: 'oci-image' }, page: { type: 'file', filename: 'page.html' } },
  config: {},
  actions: {},
} as const satisfies CharmSpec;
type Spec = typeof spec;

// --- Roles and interfaces.

/** A piece of code that asks for a bucket works on an endpoint that requires one. */
function askForBucket(endpoint: EndpointWith<Spec, 'requires', 's3'>): string {
  return endpoint;
}
function serve(endpoint: EndpointWith<Spec, 'provides'>): string {
  return endpoint;
}
function shareWithAll(endpoint: EndpointWith<Spec, 'peer'>): string {
  return endpoint;
}

askForBucket('bucket');
serve('site');
shareWithAll('mates');
// @ts-expect-error it requires a database
askForBucket('database');
// @ts-expect-error it provides
askForBucket('site');
// @ts-expect-error it requires
serve('bucket');
// @ts-expect-error not a peer relation
shareWithAll('site');
// @ts-expect-error no such endpoint
shareWithAll('peers');

/** Of a charm that is not known before, every name may be right. */
export const unknownCharm: EndpointWith<CharmSpec, 'requires'> = 'anything';

// --- Hooks.

export const hooks: readonly HookName<Spec>[] = [
  'database-relation-broken',
  'site-relation-broken',
  'mates-relation-changed',
  'data-storage-attached',
  // @ts-expect-error a peer relation is never broken
  'mates-relation-broken',
  // @ts-expect-error storage has no such hook
  'data-storage-changed',
  // @ts-expect-error a container that the charm does not have
  'web-pebble-ready',
];

defineCharm(spec, {
  on: {
    'bucket-relation-broken': (_juju, event) => void (event.kind satisfies 'relation-broken'),
    // @ts-expect-error a peer relation is never broken
    'mates-relation-broken': () => undefined,
    'cache-storage-detaching': (_juju, event) => {
      const id: StorageId<Spec> = event.storageId;
      // @ts-expect-error a name is not an id
      const wrong: StorageId<Spec> = event.storage;
      return void [id, wrong];
    },
  },
  reconcile: async (juju) => {
    // --- Storage.
    const [data] = await juju.storage('data');
    const id: `data/${number}` | undefined = data?.id;
    // @ts-expect-error it is an instance of another storage
    const other: StorageId<Spec, 'cache'> | undefined = data?.id;
    const name: StorageName<Spec> = 'cache';
    // @ts-expect-error no such storage
    await juju.requestStorage('cash');
    juju.log.info(`${id} ${other} ${name}`);
  },
});

export const ids: readonly StorageId<Spec>[] = [
  'data/0',
  'cache/12',
  // @ts-expect-error no such storage
  'date/0',
  // @ts-expect-error no number
  'data/first',
];

// --- Resources.

export const files: readonly ResourceWith<Spec, 'file'>[] = [
  'page',
  // @ts-expect-error an image, not a file
  'image',
];
