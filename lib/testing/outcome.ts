/** What a test run gives back. */
import type { Trace } from '../model/tracer.ts';
import type { PebbleCall } from './simulated-pebble.ts';
import type { ShownStatus, State } from './state.ts';
import type { LogLine } from './world.ts';

/** One call of a hook tool. */
export interface ToolUse {
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly code: number;
}

/** The world after the event, and what happened on the way there. */
export interface Outcome extends State {
  /** 0; 1 when the charm threw or Juju refused the commit; 137 when it was killed. */
  readonly exitCode: number;
  readonly killed: boolean;
  /** What the charm threw, or why Juju refused the commit. */
  readonly error?: unknown;
  readonly logs: readonly LogLine[];
  readonly stderr: string;
  /** Every status shown, in order; the last one is in the state. */
  readonly unitStatusHistory: readonly ShownStatus[];
  readonly appStatusHistory: readonly ShownStatus[];
  readonly hookTools: readonly ToolUse[];
  readonly pebbleCalls: readonly PebbleCall[];
  /** `mimir/mimir`: container and service, for each time a service really started. */
  readonly serviceStarts: readonly string[];
  /** Storage instances asked for, by name. */
  readonly storageAdded: Readonly<Record<string, number>>;
  readonly reboot?: 'after' | 'now';
  /** Of a dispatch that `charmwright/tracing` has recorded. */
  readonly trace?: Trace;
}

/** What an action gave, and the world after it. */
export interface ActionOutcome {
  readonly results: Readonly<Record<string, unknown>>;
  readonly log: readonly string[];
  /** Why the action failed; undefined when it did not. */
  readonly failed?: string;
  readonly state: Outcome;
}
