/** What came of making a container what a charm wants. */
import type { ConnectionError, PebbleError, TimeoutError } from '../pebble/errors.ts';
import type { ServiceInfo } from '../pebble/types.ts';

/** What was done, also when it was not all. */
export interface Done {
  /** The files that were written or removed. */
  readonly changed: readonly string[];
  /** Whether the layer was added. */
  readonly layer: boolean;
  /** Services that ran before, and run now with what has changed. */
  readonly restarted: readonly string[];
  /** Services that did not run before. */
  readonly started: readonly string[];
  /** Services that the workload does not name any more. */
  readonly stopped: readonly string[];
}

/** Filled in as it happens. */
export type Doing = {
  -readonly [Key in keyof Done]: Done[Key] extends readonly string[] ? string[] : boolean;
};

/** How a container stands after `converge`. */
export type Converged =
  /** Pebble is not there yet, went away, or did not answer in time. It is tried again when `converge` is. */
  | { readonly kind: 'unreachable'; readonly error: ConnectionError | TimeoutError }
  /** All is as wanted. */
  | (Done & {
      readonly kind: 'settled';
      /**
       * Of the services as they are in the plan, and so of the files that they read: a charm that has told something of a
       * running service needs to tell it again only when this is another one.
       */
      readonly digest: string;
      /** How each service of the workload stands. */
      readonly services: Readonly<Record<string, ServiceInfo['current']>>;
    })
  /** Pebble refused, or a service does not start. What is not done yet is tried again when `converge` is. */
  | (Done & {
      readonly kind: 'failed';
      readonly error: PebbleError;
      /** One line for a status, such as `service "web" does not start: cannot open the disk`. */
      readonly reason: string;
    });
