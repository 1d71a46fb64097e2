/**
 * One dispatch: the environment becomes an event; deferred events run first, oldest first; then the event's own
 * handler; then the reconcile; then statuses are shown; then everything is committed, once.
 *
 * When anything throws, nothing is committed and the exit code is 1: Juju shows the error and runs the same hook
 * again. Juju itself drops the databag, port and secret changes of a failed hook.
 */
import type { Charm } from '../charm.ts';
import { ActionFailed } from '../errors.ts';
import { hookName, type JujuEvent } from '../events/event.ts';
import { type Environment, parseContext, parseEvent } from '../events/parse.ts';
import { actionFail, actionGet, actionSet } from '../hook-tools/action.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import { statusSet } from '../hook-tools/unit.ts';
import { JujuLog } from '../log.ts';
import { checkParams, flattenResults, progressLog } from '../model/action.ts';
import { type EndpointSchemas, Juju } from '../model/juju.ts';
import { Memory } from '../model/memory.ts';
import { RelationLedger } from '../model/relation-ledger.ts';
import { worst } from '../model/status.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { readDeferred, writeDeferred } from './deferred.ts';
import { inSources } from './source-stack.ts';

/** Everything of the outside world that a dispatch touches. */
export interface Host {
  readonly env: Environment;
  readonly tools: ToolRunner;
  pebble(container: string): Pebble;
  stderr(text: string): void;
}

/**
 * Handles one event with the outside world that it is given: `run` gives the real one, a test a simulated one.
 * @returns the exit code. With `rethrow` an error of the charm is thrown instead, for tests.
 */
export async function dispatch<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  host: Host,
  options: { readonly rethrow?: boolean } = {},
): Promise<number> {
  const log = new JujuLog(host.tools, host.stderr);
  try {
    await handle(charm, host, log);
    return 0;
  } catch (error) {
    log.error(`cannot finish: ${describe(error)}`);
    // The user of an action sees stderr, not the log.
    if (isAction(host.env)) host.stderr(`${error instanceof Error ? error.message : String(error)}\n`);
    if (options.rethrow === true) throw error;
    return 1;
  } finally {
    await log.drain();
  }
}

async function handle<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  host: Host,
  log: JujuLog,
): Promise<void> {
  const context = parseContext(host.env);
  // parseEvent only returns names that are in the spec it is given, and runAction refuses an action that is not.
  const event = parseEvent(host.env, charm.spec) as JujuEvent<S>;
  const memory = isRestricted(event) ? Memory.empty(host.tools) : await Memory.load(host.tools);
  const ledger = new RelationLedger(memory, event, Object.keys(charm.spec.endpoints));
  const juju = new Juju<S, R>({
    spec: charm.spec,
    schemas: charm.endpoints ?? {},
    context,
    event,
    edges: host,
    memory,
    ledger,
    log,
  });
  if (isRestricted(event)) return runHandler(charm, juju, event);
  if (event.kind === 'action') {
    await runAction(charm, juju, event.action, event.taskId, host.tools);
  } else {
    for (const earlier of readDeferred<S>(memory, log)) await runHandler(charm, juju, earlier);
    await runHandler(charm, juju, event);
    await charm.reconcile?.(juju, event);
    writeDeferred(memory, juju.outcome().deferred);
  }
  await showStatuses(juju, host.tools);
  await juju.flush();
  ledger.save();
  await memory.commit();
}

/** Hooks in which Juju refuses most tools, state-get and status-set among them: only their own handler runs. */
function isRestricted(event: JujuEvent): boolean {
  return event.kind === 'collect-metrics' || event.kind === 'meter-status-changed';
}

async function runHandler<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  juju: Juju<S, R>,
  event: JujuEvent<S>,
): Promise<void> {
  // The table's type ties each hook name to its event; the name computed from the event is one of its keys.
  const handlers = (charm.on ?? {}) as Readonly<
    Record<string, ((juju: Juju<S, R>, event: JujuEvent<S>) => unknown) | undefined>
  >;
  await handlers[hookName(event)]?.(juju, event);
}

async function runAction<S extends CharmSpec, R extends EndpointSchemas<S>>(
  charm: Charm<S, R>,
  juju: Juju<S, R>,
  name: string,
  taskId: string,
  tools: ToolRunner,
): Promise<void> {
  const handlers = (charm.actions ?? {}) as Readonly<
    Record<string, ((context: object) => Promise<Parameters<typeof flattenResults>[0]>) | undefined>
  >;
  const [handler, spec] = [handlers[name], charm.spec.actions[name]];
  try {
    if (handler === undefined || spec === undefined)
      throw new ActionFailed(`this charm has no action "${name}"`);
    const params = await checkParams(name, spec, await actionGet(tools), juju.jujuVersion);
    const results = await handler({ juju, params, taskId, log: progressLog(tools) });
    await actionSet(tools, flattenResults(results));
  } catch (error) {
    if (!(error instanceof ActionFailed)) throw error;
    await actionFail(tools, error.message);
  }
}

async function showStatuses<S extends CharmSpec, R extends EndpointSchemas<S>>(
  juju: Juju<S, R>,
  tools: ToolRunner,
): Promise<void> {
  const { unitStatuses, appStatuses } = juju.outcome();
  const app = worst(appStatuses);
  if (app !== undefined && (await juju.isLeader()))
    await statusSet(tools, 'application', app.name, app.message);
  const unit = worst(unitStatuses);
  if (unit !== undefined) await statusSet(tools, 'unit', unit.name, unit.message);
}

function isAction(env: Environment): boolean {
  return env.JUJU_DISPATCH_PATH?.startsWith('actions/') ?? false;
}

/** The stack, and those of the causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describe(error.cause)}`;
  return `${inSources(error.stack ?? error.message)}${cause}`;
}
