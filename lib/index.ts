/** charmwright: Juju Kubernetes charms in TypeScript. */
export { type ActionHandler, type Charm, type CharmParts, defineCharm, type Handler } from './charm.ts';
export { dispatch, type Host } from './dispatch/dispatch.ts';
export { run } from './dispatch/run.ts';
export * from './errors.ts';
export { type EventOf, type HookName, hookName, type JujuEvent } from './events/event.ts';
export type { Bag, RelationRef } from './hook-tools/relation.ts';
export type { SecretAttributes, SecretContent, SecretInfo } from './hook-tools/secret.ts';
export type { Network } from './hook-tools/unit.ts';
export { parseJson } from './json.ts';
export { JujuVersion } from './juju-version.ts';
export type { Log, LogFields } from './log.ts';
export type { ActionContext, ActionResults, ResultValue } from './model/action.ts';
export { type Container, type EndpointSchemas, Juju, type StorageInstance } from './model/juju.ts';
export { type EndpointSchema, json, type Loaded, Relation, stableJson } from './model/relation.ts';
export { Secrets } from './model/secrets.ts';
export { active, blocked, maintenance, type Status, waiting, worst } from './model/status.ts';
export type * from './spec/spec.ts';
export type * from './spec/types.ts';
