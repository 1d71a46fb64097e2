/** charmwright: Juju Kubernetes charms in TypeScript. */
export {
  type ActionHandler,
  type Charm,
  type CharmParts,
  type CustomHandlers,
  defineCharm,
  definePart,
  type Handler,
  type Handlers,
  type Members,
  type Part,
  type Statuses,
} from './charm.ts';
export { dispatch, type Host } from './dispatch/dispatch.ts';
export { run } from './dispatch/run.ts';
export * from './errors.ts';
export {
  assertNever,
  type CharmEvent,
  type CustomEvent,
  type CustomEvents,
  type EventData,
  type EventOf,
  type EventSchemas,
  type HookName,
  hookName,
  type JujuEvent,
} from './events/event.ts';
export { type Cases, matchEvent, type OfKind } from './events/match.ts';
export type { Bag, RelationRef } from './hook-tools/relation.ts';
export type { RotatePolicy, SecretAttributes, SecretContent, SecretInfo } from './hook-tools/secret.ts';
export type {
  CloudSpec,
  GoalState,
  Network,
  NetworkAddress,
  NetworkInterface,
  StatusShown,
} from './hook-tools/unit.ts';
export { parseJson } from './json.ts';
export { JujuVersion } from './juju-version.ts';
export type { Log, LogFields, SecurityLevel } from './log.ts';
export type { ActionContext, ActionReturn } from './model/action.ts';
export type { CharmFiles } from './model/charm-files.ts';
export { json } from './model/json-value.ts';
export {
  type Container,
  type EndpointSchemas,
  Juju,
  type LoadedConfig,
  type PortName,
  type StorageInstance,
} from './model/juju.ts';
export { type EndpointSchema, type Loaded, Relation, stableJson } from './model/relation.ts';
export { type SecretName, type SecretSettings, Secrets, secretId } from './model/secrets.ts';
export { active, blocked, maintenance, type Status, waiting, worst } from './model/status.ts';
export type * from './spec/meta.ts';
export type * from './spec/parameters.ts';
export type * from './spec/results.ts';
export type * from './spec/spec.ts';
export { mountLocations } from './spec/spec.ts';
export type * from './spec/types.ts';
export { type ConvergeOptions, converge } from './workload/converge.ts';
export type { Converged, Done } from './workload/outcome.ts';
export type { Wanted, WantedFile, Workload } from './workload/wanted.ts';
