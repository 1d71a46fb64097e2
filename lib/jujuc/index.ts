/** Juju's side of a hook: for the in-process tests, the local model, and anybody who runs charms. */
export { type CharmFiles, readCharmFiles } from '../spec/charm-files.ts';
export { loadCharmSpec, readCharmSpec } from '../spec/load.ts';
export type { CharmMeta } from '../spec/meta.ts';
export { packedYaml } from '../spec/packed.ts';
export type { CharmSpec, ResultSchema } from '../spec/spec.ts';
export { specOf } from '../spec/spec-of.ts';
export {
  alteringChanges,
  applyBag,
  applyPorts,
  applySecretChange,
  applySecretChanges,
  applySecretTrack,
  applyState,
  commitRefusal,
  MAX_BAG_BYTES,
  sameBag,
} from './commit.ts';
export { type HookCause, type HookEnvironmentInput, hookEnvironment, hookScope } from './environment.ts';
export { type Format, format } from './format.ts';
export { applicationOf, isApplication, isUnit } from './names.ts';
export { parseSecretUri, type SecretUri } from './secret-content.ts';
export { HookSession } from './session.ts';
export { TOOLS } from './tools.ts';
export type {
  Bag,
  CloudSpecView,
  GoalView,
  HookHost,
  HookScope,
  Immediate,
  NetworkView,
  Pending,
  RelationView,
  RotatePolicy,
  SecretChange,
  SecretGrant,
  SecretView,
  StatusName,
  StatusValue,
  StorageView,
  ToolAnswer,
  ToolCall,
  UnitView,
} from './view.ts';
