/** Ids of storage instances. */
import type { CharmSpec } from './spec.ts';
import type { StorageId } from './types.ts';

/** Whether a text is like `data/0`: a storage's name, and a number that no other instance of the model has. */
export function isStorageId(text: string): text is StorageId<CharmSpec> {
  return /^.+\/\d+$/.test(text);
}

/** @throws TypeError when it is none. For ids that Juju, or a checked state, has given. */
export function storageId(text: string): StorageId<CharmSpec> {
  if (isStorageId(text)) return text;
  throw new TypeError(`"${text}" is not the id of a storage instance, such as "data/0"`);
}
