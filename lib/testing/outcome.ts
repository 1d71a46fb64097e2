/** What a test run gives back. */
import type { CharmEvent } from '../events/event.ts';
import type { Trace } from '../model/tracer.ts';
import type { ExecOptions } from '../pebble/pebble.ts';
import type { ShownResults } from '../spec/results.ts';
import type { ActionSpec } from '../spec/spec.ts';
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

/** A handler that ran: of the event itself, of one that was deferred earlier, or of one of the charm's own. */
export interface HandledEvent {
  /** `s3-relation-changed`, or the name of a custom event. */
  readonly name: string;
  /** A part's name, or `charm`. */
  readonly observer: string;
  readonly event: CharmEvent;
  /** It was deferred by an earlier dispatch. */
  readonly again: boolean;
  /** The handler has deferred it. */
  readonly deferred: boolean;
}

/** A command that was run in a container. */
export interface ExecutedCommand {
  readonly container: string;
  readonly command: readonly string[];
  readonly options: ExecOptions;
  /** What it was given on its standard input. */
  readonly stdin: string;
}

/** A revision of a secret that the charm has removed; all of them when there is none. */
export interface RemovedSecret {
  readonly id: string;
  readonly revision?: number;
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
  /** Every workload version that was sent, in order. */
  readonly workloadVersionHistory: readonly string[];
  /** Handlers in the order in which they were called. */
  readonly handled: readonly HandledEvent[];
  readonly hookTools: readonly ToolUse[];
  readonly pebbleCalls: readonly PebbleCall[];
  /** `mimir/mimir`: container and service, for each time a service really started. */
  readonly serviceStarts: readonly string[];
  /** Commands run in containers, in order. */
  readonly executed: readonly ExecutedCommand[];
  readonly secretsRemoved: readonly RemovedSecret[];
  /** Storage instances asked for, by name. */
  readonly storageAdded: Readonly<Record<string, number>>;
  readonly reboot?: 'after' | 'now';
  /** Of a dispatch that `charmwright/tracing` has recorded. */
  readonly trace?: Trace;
}

/**
 * What an action gave, and the world after it. Its results are those that actions.yaml declares, as the text that Juju
 * makes of them; of a failed action they are what it had given by then.
 */
export type ActionOutcome<A extends ActionSpec = ActionSpec> = {
  readonly log: readonly string[];
  readonly state: Outcome;
} & (
  | { readonly failed?: undefined; readonly results: ShownResults<A> }
  /** Why the action failed. */
  | { readonly failed: string; readonly results: Partial<ShownResults<A>> }
);
