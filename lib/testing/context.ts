/** State in, one event, state out: through the same dispatch that runs on a unit. */
import type { Charm } from '../charm.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import type { CharmSpec } from '../spec/spec.ts';
import type { ActionName } from '../spec/types.ts';
import { type EventInput, toEvent } from './input.ts';
import { onLocalModel } from './local/settings.ts';
import type { ActionOutcome, Outcome } from './outcome.ts';
import { type ContextOptions, type RunOptions, runAction, runEvent } from './run-event.ts';
import type { State } from './state.ts';

/** Runs the events and actions of one charm, each in a world of its own. */
export interface Context<S extends CharmSpec> {
  /**
   * Runs one event.
   * @throws ImpossibleWorld before anything runs; CharmCrashed when the hook failed.
   */
  run(event: EventInput<S>, state: State, options?: RunOptions): Promise<Outcome>;
  /**
   * Runs an action. Juju fills its defaults in first. Errors as of `run`; and WrongResults when the action succeeded
   * with other results than actions.yaml declares.
   */
  runAction<A extends ActionName<S>>(
    name: A,
    params: Readonly<Record<string, unknown>>,
    state: State,
    options?: RunOptions,
  ): Promise<ActionOutcome<S['actions'][A]>>;
}

/**
 * A charm to be run in worlds: in process, or with `CHARMWRIGHT_BED=local` in a local model, packed. There the state is
 * brought about, the event is caused, and the outcome is what the unit is when it rests.
 *
 * @example
 * const db = relation('db', { remoteAppData: { url: 'pg:5432' } });
 * const after = await context(charm).run({ kind: 'relation-changed', relation: db }, state({ relations: [db] }));
 * expect(after.unitStatus).toEqual(active());
 */
export function context<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  options: ContextOptions = {},
): Context<S> {
  const { app = charm.spec.name } = options;
  return {
    run: async (input, state, runOptions = {}) => {
      const event = toEvent(input, state, app);
      if (!onLocalModel) return (await runEvent(charm, options, state, event, runOptions)).outcome;
      const { runLocally } = await import('./local/context.ts');
      return runLocally(charm, options, state, event, runOptions);
    },
    runAction: async <A extends ActionName<S>>(
      name: A,
      params: Readonly<Record<string, unknown>>,
      state: State,
      runOptions: RunOptions = {},
    ) => {
      const run = onLocalModel ? (await import('./local/context.ts')).runActionLocally : runAction;
      // Its results were compared with those that are declared, from which the type comes.
      return (await run(charm, options, state, { action: name, params }, runOptions)) as ActionOutcome<
        S['actions'][A]
      >;
    },
  };
}
