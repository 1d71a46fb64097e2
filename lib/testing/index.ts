/** Tests of charms without Juju: a state in, one event, a state out. */
export { parseRecording, type Recording, RecordingError } from '../recording/format.ts';
export { type Replay, type ReplayedCall, type ReplayOptions, replay } from '../recording/replay.ts';
export { completeState } from './complete-state.ts';
export { type Context, context } from './context.ts';
export { CharmCrashed, ImpossibleWorld, InProcessOnly, WrongResults } from './errors.ts';
export { activeOnly } from './explore/canonical.ts';
export { type CrashTest, type CrashTestOptions, crashTest } from './explore/crash-test.ts';
export { type ExploreOptions, explore, type Outside } from './explore/explore.ts';
export type { Exploration, Failure, OrderFound, WaysFound } from './explore/findings.ts';
export type { Possibilities } from './explore/possibilities.ts';
export type { EventInput } from './input.ts';
export { inside } from './inside.ts';
export { type KillAt, Killer } from './killing.ts';
export { loadState, snapshotState } from './load.ts';
export { onLocalModel } from './local/settings.ts';
export {
  type ContainerInput,
  container,
  exec,
  network,
  notice,
  type PeerRelationInput,
  peerRelation,
  type RelationInput,
  relation,
  type SecretInput,
  type StateInput,
  secret,
  state,
  storage,
} from './make.ts';
export type {
  ActionOutcome,
  ExecutedCommand,
  HandledEvent,
  Outcome,
  RemovedSecret,
  ToolUse,
} from './outcome.ts';
export { rockLayer } from './rock-layer.ts';
export type { ActionCall, ContextOptions, RunOptions } from './run-event.ts';
export { type PebbleCall, type PebbleWitness, SimulatedPebble } from './simulated-pebble.ts';
export {
  type CheckState,
  type ContainerState,
  type DeferredEvent,
  type ExecAnswer,
  type ExecCall,
  type ExecResult,
  type FileAttributes,
  findContainer,
  findRelation,
  findSecret,
  type RelationState,
  type ShownStatus,
  type State,
  stateOf,
} from './state.ts';
export type { LogLine } from './world.ts';
