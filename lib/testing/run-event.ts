/** One event in one world: Juju's side and Pebble's are simulated, the dispatch is the one of a unit. */

import type { Charm } from '../charm.ts';
import { dispatch, type Host } from '../dispatch/dispatch.ts';
import { hookName, type JujuEvent } from '../events/event.ts';
import { takesServiceContext } from '../juju-version.ts';
import { commitRefusal, HookSession, hookEnvironment, hookScope, type Pending } from '../jujuc/index.ts';
import type { ServiceAccount } from '../kubernetes/service-account.ts';
import type { EndpointSchemas } from '../model/juju.ts';
import type { ActionSpec, CharmSpec } from '../spec/spec.ts';
import { simulatedFiles } from './charm-files.ts';
import { checkResults } from './check-results.ts';
import { checkAction, checkWorld, type Surroundings } from './consistency.ts';
import { CharmCrashed } from './errors.ts';
import { type KillAt, Killer } from './killing.ts';
import { container } from './make.ts';
import type { ActionOutcome, Outcome } from './outcome.ts';
import { Recorder } from './recorder.ts';
import { SimulatedPebble } from './simulated-pebble.ts';
import { type State, stateOf } from './state.ts';
import { unitView } from './unit-view.ts';
import { World } from './world.ts';

/** The Juju of a test that names none. */
const JUJU_VERSION = '3.6.14';

/** How one event is run: to its end, or killed on the way. */
export interface RunOptions extends KillAt {
  /** `return`: a failing hook is an outcome with exit code 1 instead of a thrown CharmCrashed. */
  readonly onFailure?: 'throw' | 'return';
}

/** Who runs the charm. */
export interface ContextOptions {
  /** The charm's name when absent. */
  readonly app?: string;
  /** The working directory when absent. */
  readonly charmDir?: string;
  readonly jujuVersion?: string;
  /**
   * Files and folders of workload containers that the test looks at, `web:/etc/web`. A local model shows no others; in
   * process all are there.
   */
  readonly files?: readonly string[];
  /** Who the unit is to a Kubernetes API that the test has; when absent, the unit is outside of Kubernetes. */
  readonly serviceAccount?: ServiceAccount;
  /**
   * As on a unit, data of other sides is read after events of its relation only, and kept in the state's `charmFiles`
   * in between. When absent, what the state says is what the charm reads.
   */
  readonly remembersRemoteData?: boolean;
}

/** An action with what its user gave. */
export interface ActionCall {
  readonly action: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Ran {
  readonly outcome: Outcome;
  readonly world: World;
}

export function surroundings(
  { spec }: Pick<Charm, 'spec'>,
  { app = spec.name, jujuVersion = JUJU_VERSION }: ContextOptions,
): Surroundings {
  return { app, jujuVersion };
}

/** @throws ImpossibleWorld before anything runs; CharmCrashed when the hook failed. */
export async function runEvent<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  options: ContextOptions,
  state: State,
  event: JujuEvent,
  runOptions: RunOptions = {},
): Promise<Ran> {
  checkWorld(charm.spec, surroundings(charm, options), state, event);
  return dispatchIn(charm, options, stateOf(state), event, {}, runOptions);
}

/** Errors as of `runEvent`. Juju fills the action's defaults in first. */
export async function runAction<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  options: ContextOptions,
  state: State,
  { action, params }: ActionCall,
  runOptions: RunOptions = {},
): Promise<ActionOutcome> {
  const event: JujuEvent = { kind: 'action', action, taskId: '1' };
  checkWorld(charm.spec, surroundings(charm, options), state, event);
  checkAction(charm.spec, surroundings(charm, options), action, params);
  const given = withDefaults(charm.spec.actions[action], params);
  const { outcome, world } = await dispatchIn(charm, options, stateOf(state), event, given, runOptions);
  const failed =
    world.actionFailure ?? (outcome.exitCode === 0 ? undefined : `exit status ${outcome.exitCode}`);
  const { actionResults: results, actionLog: log } = world;
  if (failed !== undefined) return { results, log, failed, state: outcome };
  checkResults(action, charm.spec.actions[action], results);
  return { results, log, state: outcome };
}

function withDefaults(
  spec: ActionSpec | undefined,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const defaults = Object.entries(spec?.params ?? {}).filter(([, schema]) => schema.default !== undefined);
  return { ...Object.fromEntries(defaults.map(([name, schema]) => [name, schema.default])), ...params };
}

async function dispatchIn<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  options: ContextOptions,
  before: State,
  event: JujuEvent,
  params: Readonly<Record<string, unknown>>,
  { onFailure = 'throw', ...killAt }: RunOptions,
): Promise<Ran> {
  const { charmDir = process.cwd(), remembersRemoteData = false, serviceAccount } = options;
  const { app, jujuVersion } = surroundings(charm, options);
  const view = unitView(before, charm.spec, app, event);
  const world = new World(before);
  const session = new HookSession(view, hookScope(event, params), world);
  const killer = new Killer(killAt);
  const pebbles = new Map<string, SimulatedPebble>();
  const recorder = new Recorder();
  const host: Host = {
    env: hookEnvironment({
      cause: event,
      unit: view.unit,
      model: before.model,
      charmDir,
      jujuVersion,
      nonce: '0'.repeat(32),
      path: process.env.PATH ?? '',
      agentSocket: '@/var/lib/juju/agents/agent.socket',
    }),
    tools: {
      run: (tool, args, stdin = '') =>
        killer.through('tool', () => {
          const { code, stdout, stderr } = session.answer({ tool, args, stdin, dir: charmDir });
          recorder.tool({ tool, args, ...(stdin === '' ? {} : { stdin }), code });
          return { code, stdout, stderr };
        }),
    },
    pebble(name) {
      const state = before.containers[name] ?? container(name, { canConnect: false });
      const pebble =
        pebbles.get(name) ??
        new SimulatedPebble(state, killer, recorder, {
          takesServiceContext: takesServiceContext(jujuVersion),
        });
      pebbles.set(name, pebble);
      return pebble;
    },
    files: simulatedFiles(world, charm.memory === 'file'),
    remembersRemoteData,
    serviceAccount: async () => serviceAccount,
    stdout: (text) => world.apply({ kind: 'log', level: 'DEBUG', message: text.trimEnd() }),
    stderr: (text) => recorder.stderr(text),
    keepTrace: (trace) => recorder.keepTrace(trace),
    delivering: (delivered) => recorder.delivering(delivered),
  };

  const end = await Promise.race([ended(dispatch(charm, host, { rethrow: true })), killer.death]);
  world.keepContainers(
    [...pebbles.values()].map((pebble) => pebble.state).filter(({ name }) => name in before.containers),
  );
  const pending = session.pending();
  const refusal = end === 'done' ? commitRefusal(view, pending) : undefined;
  if (end === 'done' && refusal === undefined) world.commit(view, pending, event);
  const failure = refusal === undefined ? end : { error: new Error(`Juju refused the commit: ${refusal}`) };
  const outcome: Outcome = {
    ...world.state,
    exitCode: failure === 'done' ? 0 : failure === 'killed' ? 137 : 1,
    killed: failure === 'killed',
    ...(typeof failure === 'object' ? { error: failure.error } : {}),
    ...recorder.recorded(),
    logs: world.logs,
    unitStatusHistory: world.unitStatuses,
    appStatusHistory: world.appStatuses,
    workloadVersionHistory: world.versions,
    secretsRemoved: failure === 'done' ? removedIn(pending) : [],
    storageAdded: failure === 'done' ? pending.storageAdd : {},
    ...(pending.reboot === undefined ? {} : { reboot: pending.reboot }),
  };
  if (typeof failure === 'object' && onFailure === 'throw') {
    throw new CharmCrashed(hookName(event), failure.error, outcome);
  }
  return { outcome, world };
}

function removedIn({ secrets }: Pending): Outcome['secretsRemoved'] {
  return secrets.flatMap(({ id, remove }) => (remove === undefined ? [] : [{ id, ...remove }]));
}

/** How a dispatch ended by itself; what the charm threw is kept apart from what the test harness throws. */
async function ended(running: Promise<number>): Promise<'done' | { readonly error: unknown }> {
  try {
    await running;
    return 'done';
  } catch (error) {
    return { error };
  }
}
