/** Hooks that are killed at every call they make to Juju or Pebble, and run again, as Juju does. */
import type { Charm } from '../../charm.ts';
import { hookName } from '../../events/event.ts';
import type { EndpointSchemas } from '../../model/juju.ts';
import { stableJson } from '../../model/relation.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import { type EventInput, toEvent } from '../input.ts';
import type { Outcome } from '../outcome.ts';
import { type ActionCall, type ContextOptions, type RunOptions, runAction, runEvent } from '../run-event.ts';
import { type State, stateOf } from '../state.ts';
import { comparable } from './canonical.ts';
import { differences } from './differences.ts';

/** How the ends are compared, and the charm's surroundings. */
export interface CrashTestOptions extends ContextOptions {
  /** Leaves out what may differ: gives the world without it. */
  readonly ignore?: (state: State) => State;
}

/** What became of a hook that was killed after each of its calls. */
export interface CrashTest {
  /** Calls of the undisturbed hook to Juju and Pebble: it was killed after each. */
  readonly calls: number;
  /** How often services started, at most: in the killed run and its repetition together. */
  readonly mostStarts: number;
  /** How often they start when nothing is killed. */
  readonly starts: number;
  /** The first end that differs; undefined when all are the same. */
  readonly first?: { readonly killedAfter: string; readonly differences: readonly string[] };
  /** The same as text: `expect(test.problems).toEqual([])`. */
  readonly problems: readonly string[];
}

/**
 * Runs an event once undisturbed; then kills it after its first call of a hook tool or of Pebble, and lets it run
 * again to its end; after its second call, and so on. Then kills it again and again, each time one call later. All
 * ends must be the same as the undisturbed one. A hook that fails when it is run again counts as a difference.
 *
 * @param event an event, or an action: `{ action: 'backup', params: {} }`, which its user runs again
 * @throws CharmCrashed when the undisturbed hook fails; ImpossibleWorld as `run` does
 * @example
 * const { problems } = await crashTest(charm, 'config-changed', state({ containers: [container('web')] }));
 * expect(problems).toEqual([]);
 */
export async function crashTest<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  event: EventInput<S> | ActionCall,
  state: State,
  options: CrashTestOptions = {},
): Promise<CrashTest> {
  const run: Runner = async (before, runOptions) => {
    if (typeof event === 'object' && 'action' in event)
      return (await runAction(charm, options, before, event, runOptions)).state;
    const juju = toEvent(event, before, options.app ?? charm.spec.name);
    return (await runEvent(charm, options, before, juju, runOptions)).outcome;
  };
  const name =
    typeof event === 'object' && 'action' in event
      ? event.action
      : hookName(toEvent(event, state, options.app ?? charm.spec.name));
  return killEverywhere(name, run, state, options.ignore ?? ((it) => it));
}

/** Runs one event in a state. */
export type Runner = (before: State, options: RunOptions) => Promise<Outcome>;

/** What `crashTest` does, with whatever runs the event. */
export async function killEverywhere(
  name: string,
  run: Runner,
  state: State,
  ignore: (state: State) => State,
): Promise<CrashTest> {
  const whole = await run(state, { onFailure: 'throw' });
  const calls = whole.hookTools.length + whole.pebbleCalls.length;
  const wanted = endOf(ignore, whole);
  let [mostStarts, tools] = [0, 0];
  let first: CrashTest['first'];
  const compare = (killedAfter: string, again: Outcome): void => {
    if (first !== undefined) return;
    const found = differsFrom(wanted, ignore, again);
    if (found.length > 0) first = { killedAfter, differences: found };
  };
  let hunted: Outcome | undefined;
  for (let killAfterEffect = 1; killAfterEffect <= calls; killAfterEffect += 1) {
    const dead = await run(state, { killAfterEffect, onFailure: 'return' });
    const again = await run(stateOf(dead), { onFailure: 'return' });
    compare(`call ${killAfterEffect}: ${lastCall(dead, tools)}`, again);
    tools = dead.hookTools.length;
    mostStarts = Math.max(mostStarts, dead.serviceStarts.length + again.serviceStarts.length);
    // A run that has less left to do than the first may come to its end before it can be killed.
    if (hunted === undefined || hunted.killed)
      hunted = await run(hunted === undefined ? state : stateOf(hunted), {
        killAfterEffect,
        onFailure: 'return',
      });
  }
  const end =
    hunted === undefined || hunted.killed
      ? await run(hunted ? stateOf(hunted) : state, { onFailure: 'return' })
      : hunted;
  compare('each of its calls, one after the other', end);
  const problems =
    first === undefined
      ? []
      : [
          `${name}, killed after ${first.killedAfter}, and run again, ends differently:\n${first.differences.map((line) => `  ${line}`).join('\n')}`,
        ];
  const starts = whole.serviceStarts.length;
  return { calls, mostStarts, starts, ...(first === undefined ? {} : { first }), problems };
}

/** Ids and revisions are the same when all is well, so that they are compared, too. */
function endOf(ignore: (state: State) => State, outcome: Outcome): unknown {
  const state = ignore(stateOf(outcome));
  const numbers = state.secrets.map(({ id, tracked, revisions }) => ({
    id,
    tracked,
    revisions: revisions.map(({ revision }) => revision),
  }));
  return { ...Object(comparable(state)), memory: state.memory, numbers };
}

function differsFrom(wanted: unknown, ignore: (state: State) => State, again: Outcome): readonly string[] {
  if (again.exitCode !== 0) return [`it fails: ${String(again.error)}`];
  const end = endOf(ignore, again);
  return stableJson(end) === stableJson(wanted) ? [] : differences(wanted, end);
}

/** What the dead run did last; `tools` is how many hook tools it had called one call earlier. */
function lastCall(dead: Outcome, tools: number): string {
  const tool = dead.hookTools.at(-1);
  if (tool !== undefined && dead.hookTools.length > tools) return [tool.tool, ...tool.args].join(' ');
  const call = dead.pebbleCalls.at(-1);
  if (call === undefined) return 'nothing';
  const [about] = call.args;
  return `${call.method} of container ${call.container}${typeof about === 'string' ? `: ${about}` : ''}`;
}
