/** What a charm changes in its own Kubernetes objects: `charmwright/kubernetes`. */
export { type ApplyOptions, applyObject } from './apply.ts';
export * from './errors.ts';
export { type PodGate, passGate } from './gate.ts';
export { type Keeper, type KeepOptions, type Kept, type KeptError, keepObjects } from './keep.ts';
export type { Kind, Kinds, ObjectName, ObjectPatch, Part, PatchOf } from './objects.ts';
export { readObject } from './read.ts';
export { podServiceAccount, type ServiceAccount } from './service-account.ts';
