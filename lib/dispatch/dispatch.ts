/**
 * One dispatch: the environment becomes an event; deferred events run first, oldest first; then the event's own
 * handlers; then the reconcile; then statuses are shown; then everything is committed, once.
 *
 * When anything throws, nothing is committed and the exit code is 1: Juju shows the error and runs the same hook
 * again. Juju itself drops the databag, port and secret changes of a failed hook.
 */
import { type Charm, eventTables } from '../charm.ts';
import { EnvironmentError } from '../errors.ts';
import type { CustomEvents, EventSchemas, JujuEvent } from '../events/event.ts';
import { type Environment, type JujuContext, parseContext, parseEvent } from '../events/parse.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import type { ServiceAccount } from '../kubernetes/service-account.ts';
import { JujuLog } from '../log.ts';
import { Aborted } from '../model/aborted.ts';
import { type Breakpoints, breakpointsOf } from '../model/breakpoints.ts';
import type { CharmFiles } from '../model/charm-files.ts';
import { type EndpointSchemas, Juju } from '../model/juju.ts';
import { Memory } from '../model/memory.ts';
import { RelationLedger } from '../model/relation-ledger.ts';
import { RemoteData } from '../model/remote-data.ts';
import { Shown } from '../model/shown.ts';
import type { Trace, Tracer } from '../model/tracer.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { CharmSpec } from '../spec/spec.ts';
import { runAction } from './action.ts';
import { DeferredQueue } from './deferred.ts';
import { type Delivered, Deliveries, type Observer, observersOf } from './deliver.ts';
import { watched } from './security.ts';
import { inSources } from './source-stack.ts';
import { showStatuses } from './statuses.ts';

/** Everything of the outside world that a dispatch touches. */
export interface Host {
  readonly env: Environment;
  readonly tools: ToolRunner;
  /** The framework's own files in the charm's folder. */
  readonly files: CharmFiles;
  /** As on a unit: what other sides published is kept there from one dispatch to the next. */
  readonly remembersRemoteData?: boolean;
  /** The Pebble of a workload container. */
  pebble(container: string): Pebble;
  /** Who the unit is to Kubernetes; undefined outside of it. Absent, it is outside. */
  readonly serviceAccount?: () => Promise<ServiceAccount | undefined>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Takes the trace of a dispatch that is traced, instead of the charm's folder and a collector; for tests. */
  readonly keepTrace?: (trace: Trace) => void;
  /** Is told of each handler as it is called; for tests. */
  readonly delivering?: (delivered: Delivered) => void;
}

/**
 * Handles one event with the outside world that it is given: `run` gives the real one, a test a simulated one.
 * @returns the exit code. With `rethrow` an error of the charm is thrown instead, for tests.
 */
export async function dispatch<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  host: Host,
  options: { readonly rethrow?: boolean } = {},
): Promise<number> {
  const { JUJU_MODEL_UUID = '', JUJU_UNIT_NAME = '' } = host.env;
  const log = new JujuLog(host.tools, host.stderr, {
    appId: `${JUJU_MODEL_UUID}-${JUJU_UNIT_NAME}`,
    toStderr: host.env.JUJU_DEBUG !== undefined,
  });
  const tracer = await tracerOf(charm, host);
  let failure: unknown;
  try {
    await handle(charm, tracer === undefined ? host : { ...host, ...tracer.edges(host), tracer }, log);
    return 0;
  } catch (error) {
    failure = error;
    log.error(`cannot finish: ${describe(error)}`);
    logSecurity(log, error);
    // The user of an action sees stderr, not the log.
    if (isAction(host.env)) host.stderr(lastWords(error));
    if (options.rethrow === true) throw error;
    return 1;
  } finally {
    await log.drain();
    await tracer?.end(failure);
  }
}

/** The first of the charm's parts that watches this dispatch. One that cannot must not stop it. */
async function tracerOf<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  { parts = [] }: Charm<S, R, C>,
  host: Host,
): Promise<Tracer | undefined> {
  try {
    return await parts.find(({ watch }) => watch !== undefined)?.watch?.(host);
  } catch (error) {
    host.stderr(`cannot trace this dispatch: ${describe(error)}\n`);
    return undefined;
  }
}

async function handle<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  host: Host & { readonly tracer?: Tracer },
  log: JujuLog,
): Promise<void> {
  const { tracer } = host;
  const context = parseContext(host.env);
  // parseEvent only returns names that are in the spec it is given, and runAction refuses an action that is not.
  const event = parseEvent(host.env, charm.spec) as JujuEvent<S>;
  const restricted = isRestricted(event);
  // Before anything can fail.
  const remote = restricted ? undefined : loadRemoteData(charm, host, event);
  const memory = await loadMemory(charm, host, restricted);
  const observers = tracer?.observers(observersOf(charm)) ?? observersOf(charm);
  const { juju, deliveries, queue, ledger, breakpoints } = assemble(charm, host, log, {
    context,
    event,
    memory,
    remote,
    observers,
  });
  // The observers' types know any charm, this model one.
  const any = juju as unknown as Juju;
  try {
    const again = () => deliveries.again();
    if (!restricted) await (tracer?.again(again) ?? again());
    if (event.kind === 'action') {
      await breakpoints.beforeHandler();
      const act = () => runAction(charm, juju, event.action, event.taskId, host.tools);
      await (tracer?.action(event.action, act) ?? act());
    } else {
      await deliveries.emit(event);
      await careForSecrets(juju, deliveries, event);
    }
    if (restricted) return charm.memory === 'file' ? await keep(memory, queue) : undefined;
    if (event.kind !== 'action') await reconcile(observers, any, event, breakpoints);
    await showStatuses(observers, any);
    for (const { members } of observers) await members.beforeCommit?.(any);
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    log.debug('the charm ended this dispatch early: nothing is stored, and deferred events stay');
    return error.status === undefined ? undefined : juju.showStatus(error.status);
  }
  await juju.flush();
  ledger.save();
  await keep(memory, queue);
  remote?.save();
}

/** Parts first: what they set up, the charm may use. */
async function reconcile(
  observers: readonly Observer[],
  juju: Juju,
  event: JujuEvent,
  breakpoints: Breakpoints,
): Promise<void> {
  for (const { members } of observers) {
    if (members.reconcile === undefined) continue;
    await breakpoints.beforeHandler();
    await members.reconcile(juju, event);
  }
}

/** What every owner of secrets would do, unless the charm does something else. */
async function careForSecrets<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  juju: Juju<S, R, C>,
  deliveries: Deliveries,
  event: JujuEvent<S>,
): Promise<void> {
  if (event.kind !== 'secret-remove' || deliveries.isHandled(event)) return;
  // Nobody reads that revision any more.
  await juju.secrets.remove(event.secretId, event.revision);
}

async function keep(memory: Memory, queue: DeferredQueue): Promise<void> {
  queue.save();
  await memory.commit();
}

interface Circumstances<S extends CharmSpec> {
  readonly context: JujuContext;
  readonly event: JujuEvent<S>;
  readonly memory: Memory;
  readonly remote: RemoteData | undefined;
  readonly observers: readonly Observer[];
}

/** The model, and what carries events through it. */
function assemble<S extends CharmSpec, R extends EndpointSchemas<S>, C extends CustomEvents>(
  charm: Charm<S, R, C>,
  host: Host,
  log: JujuLog,
  { context, event, memory, remote, observers }: Circumstances<S>,
) {
  const parts = charm.parts ?? [];
  const events: EventSchemas = Object.assign({}, ...eventTables(charm));
  const ledger = new RelationLedger(memory, event, Object.keys(charm.spec.endpoints));
  const queue = new DeferredQueue(memory, log);
  const breakpoints = breakpointsOf(host.env, log, host.stderr);
  const { delivering } = host;
  const deliveries = new Deliveries({ observers, events, queue, breakpoints, log, delivering });
  const juju = new Juju<S, R, C>({
    spec: charm.spec,
    schemas: Object.assign({}, ...parts.map((part) => part.endpoints), charm.endpoints),
    context,
    event,
    edges: { ...host, tools: watched(host.tools, log), pebble: (name) => host.pebble(name) },
    memory,
    ledger,
    remote,
    shown: new Shown(host.files, event),
    deliveries,
    breakpoints,
    log,
  });
  deliveries.juju = juju as unknown as Juju;
  return { juju, deliveries, queue, ledger, breakpoints };
}

async function loadMemory(
  charm: { readonly memory?: 'juju' | 'file' },
  host: Host,
  restricted: boolean,
): Promise<Memory> {
  if (charm.memory === 'file') return Memory.inFile(host.files);
  return restricted ? Memory.empty(host.tools) : Memory.inJuju(host.tools);
}

function loadRemoteData(
  charm: { readonly remoteData?: 'remembered' | 'fresh' },
  host: Host,
  event: JujuEvent,
): RemoteData | undefined {
  const isWanted = host.remembersRemoteData === true && charm.remoteData !== 'fresh';
  return isWanted ? new RemoteData(host.files, event) : undefined;
}

/** Hooks in which Juju refuses most tools, state-get and status-set among them: only their own handlers run. */
function isRestricted(event: JujuEvent): boolean {
  return event.kind === 'collect-metrics' || event.kind === 'meter-status-changed';
}

function isAction(env: Environment): boolean {
  return env.JUJU_DISPATCH_PATH?.startsWith('actions/') ?? false;
}

/** Who looks for attacks wants to know of crashes; the words of the error may say too much. */
function logSecurity(log: JujuLog, error: unknown): void {
  if (error instanceof EnvironmentError) return; // not run by Juju at all
  const name = error instanceof Error ? error.name : typeof error;
  log.security('WARN', 'sys_crash', name, 'the charm threw an error that nothing caught');
}

/** What the user of an action is told; Juju shows it with the action's results. */
function lastWords(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${said}\nThe action failed by a fault of the charm; juju debug-log shows where.\n`;
}

/** The stack, and those of the causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describe(error.cause)}`;
  return `${inSources(error.stack ?? error.message)}${cause}`;
}
