/** A look into a hook from the inside: for what a charm is made of, one function at a time. */
import type { Charm } from '../charm.ts';
import type { CustomEvents } from '../events/event.ts';
import type { EndpointSchemas, Juju } from '../model/juju.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { type EventInput, toEvent } from './input.ts';
import type { Outcome } from './outcome.ts';
import { type ContextOptions, runEvent } from './run-event.ts';
import type { State } from './state.ts';

/**
 * Runs `act` in a hook of this event, in place of the charm's handlers and its reconcile: with the model they would
 * be given, and with a commit at the end. Deferred events and the charm's own events are handled as always, so that
 * `juju.emit` shows what they do. As the manager of `ops.testing`, whose charm is an object to look into.
 *
 * @throws CharmCrashed with what `act` threw; ImpossibleWorld as `run` does
 * @example
 * const { result, outcome } = await inside(charm, 'start', state({ relations: [db] }), (juju) => observe(juju));
 * expect(result.database).toBe('pg:5432');
 * expect(outcome.hookTools.map(({ tool }) => tool)).not.toContain('config-get');
 */
export async function inside<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents, T>(
  charm: Charm<S, R, C>,
  event: EventInput<S>,
  state: State,
  act: (juju: Juju<S, R, C>) => Promise<T> | T,
  options: ContextOptions = {},
): Promise<{ readonly result: T; readonly outcome: Outcome }> {
  const results: T[] = [];
  const { on, reconcile, parts = [], ...rest } = charm;
  const instead: Charm<S, R, C> = {
    ...rest,
    parts: parts.map(({ on: _on, reconcile: _reconcile, ...part }) => part),
    reconcile: async (juju) => void results.push(await act(juju)),
  };
  const juju = toEvent(event, state, options.app ?? charm.spec.name);
  const { outcome } = await runEvent(instead, options, state, juju);
  const [result] = results;
  // A hook that does not run its reconcile has thrown, and an action is no event here. T itself may be undefined.
  return { result: result as T, outcome };
}
