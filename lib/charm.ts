/** A charm, declared in one place. */

import type { EventOf, HookName, JujuEvent } from './events/event.ts';
import type { ActionContext, ActionResults } from './model/action.ts';
import type { EndpointSchemas, Juju } from './model/juju.ts';
import type { CharmSpec } from './spec/spec.ts';
import type { ActionName } from './spec/types.ts';

/** Runs for an event. What it throws fails the hook: nothing is committed, and Juju runs the hook again. */
export type Handler<S extends CharmSpec, R extends EndpointSchemas<S>, E> = (
  juju: Juju<S, R>,
  event: E,
) => Promise<void> | void;

/**
 * Runs for an action, and returns its results. It throws {@link ActionFailed} to fail the action with a
 * message.
 */
export type ActionHandler<S extends CharmSpec, A extends ActionName<S>, R extends EndpointSchemas<S>> = (
  action: ActionContext<S, A, R>,
) => Promise<ActionResults> | ActionResults;

/** What a charm may have; every part is optional. */
export interface CharmParts<S extends CharmSpec, R extends EndpointSchemas<S>> {
  /** Schemas of relation data, by endpoint. */
  readonly endpoints?: R;
  /** Runs once in every dispatch but actions', after the event's own handler. The one place to make things so. */
  readonly reconcile?: Handler<S, R, JujuEvent<S>>;
  /** Only what cannot wait for the reconcile, by hook name: `stop`, `s3-relation-broken`. */
  readonly on?: { readonly [H in HookName<S>]?: Handler<S, R, EventOf<S, H>> };
  /** One handler for each action in actions.yaml. */
  readonly actions?: { readonly [A in ActionName<S>]: ActionHandler<S, A, R> };
}

/** A declared charm: give it to `run` on a unit, and to `context` of `charmwright/testing` in a test. */
export interface Charm<S extends CharmSpec = CharmSpec, R extends EndpointSchemas<S> = EndpointSchemas<S>>
  extends CharmParts<S, R> {
  readonly spec: S;
}

/**
 * Declares a charm. `spec` is what `charmwright generate` wrote from the YAML files: names that are not in them
 * do not compile.
 *
 * @example
 * export const charm = defineCharm(spec, {
 *   reconcile: async (juju) => juju.addStatus(active()),
 *   actions: { greet: ({ params }) => ({ greeting: `hello ${params.name}` }) },
 * });
 */
export function defineCharm<S extends CharmSpec, const R extends EndpointSchemas<S>>(
  spec: S,
  parts: CharmParts<S, R>,
): Charm<S, R> {
  return { spec, ...parts };
}
