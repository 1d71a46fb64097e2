/**
 * A container's Pebble, in memory: the same interface, answers and errors as the client of the real one. What
 * differs is only that nothing runs: a started service is active until it is stopped.
 */
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ApiError, ChangeError, ConnectionError, NotInPlanError, PathError } from '../pebble/errors.ts';
import { checkServiceContext } from '../pebble/exec.ts';
import type { Layer, Plan } from '../pebble/layer.ts';
import { parseLayer } from '../pebble/layer-text.ts';
import type { ExecOptions, ExecProcess, Pebble } from '../pebble/pebble.ts';
import { pullPath, pushPath } from '../pebble/tree.ts';
import type {
  ActOptions,
  BasicCredentials,
  Change,
  ChangeSelect,
  CheckInfo,
  CheckLevel,
  FileInfo,
  Identity,
  ListOptions,
  LogEntry,
  MakeDirOptions,
  Notice,
  NoticesFilter,
  NotifyOptions,
  PushOptions,
  RefreshedCheck,
  RemoveOptions,
  ServiceInfo,
  SystemInfo,
  Warning,
} from '../pebble/types.ts';
import type { Killer } from './killing.ts';
import { type ChangeTask, changesOf, finishedChange } from './pebble-changes.ts';
import { afterPlanChange, checkInfos, isHealthy, withChecks } from './pebble-checks.ts';
import { checkProgram, SimulatedProcess } from './pebble-exec.ts';
import { exists, isDir, listFiles, makeDir, readFile, removePath, writeFile } from './pebble-files.ts';
import { changeIdentities, checkMetricsAccess, shownIdentities } from './pebble-identities.ts';
import { filterNotices, recordNotice, warningOf } from './pebble-notices.ts';
import { combineLayers, layerProblem, mergeLayers } from './pebble-plan.ts';
import {
  metricsText,
  planAction,
  type ServiceAction,
  serviceInfos,
  started,
  stopped,
} from './pebble-services.ts';
import type { ContainerState } from './state.ts';
import { TIME } from './time.ts';

/** One call of the charm to a workload container. */
export interface PebbleCall {
  readonly container: string;
  readonly method: keyof Pebble;
  readonly args: readonly unknown[];
}

/** What the simulation tells as it happens. */
export interface PebbleWitness {
  call(call: PebbleCall): void;
  serviceStarted(container: string, service: string): void;
  /** A command was begun; `input` settles when its standard input has ended. */
  executed?(
    container: string,
    command: readonly string[],
    options: ExecOptions,
    input: Promise<string>,
  ): void;
}

/**
 * What a Pebble remembers of its changes, from one hook to the next. It stands beside the state, because two ways to the
 * same state may differ in it.
 */
const CHANGES = new WeakMap<ContainerState, readonly Change[]>();

/** Pebble's API over a container that is plain data. Tests of charms get it from `context`. */
export class SimulatedPebble implements Pebble {
  #container: ContainerState;
  readonly #killer: Killer;
  readonly #witness: PebbleWitness;
  readonly #takesServiceContext: boolean;
  readonly #changes: Change[];
  #identities: Readonly<Record<string, Identity>> = {};

  constructor(
    container: ContainerState,
    killer: Killer,
    witness: PebbleWitness,
    { takesServiceContext = true }: { readonly takesServiceContext?: boolean } = {},
  ) {
    this.#takesServiceContext = takesServiceContext;
    this.#container = container;
    this.#changes = [...(CHANGES.get(container) ?? [])];
    this.#killer = killer;
    this.#witness = witness;
  }

  /** How the container stands now. */
  get state(): ContainerState {
    CHANGES.set(this.#container, this.#changes);
    return this.#container;
  }

  systemInfo(): Promise<SystemInfo> {
    return this.#call('systemInfo', [], () => ({
      version: 'v1.32.1',
      bootId: `boot-${this.#container.name}`,
    }));
  }

  canConnect(): Promise<boolean> {
    return this.#record('canConnect', [], () => this.#container.canConnect);
  }

  health(level?: CheckLevel, names: readonly string[] = []): Promise<boolean> {
    return this.#call('health', [level, names], () => isHealthy(this.#checks(), level, names));
  }

  async addLayer(
    label: string,
    given: Layer | string,
    options: { readonly combine?: boolean } = {},
  ): Promise<void> {
    const layer = typeof given === 'string' ? await parseLayer(given).catch(asError) : given;
    await this.#call('addLayer', [label, given, options], () => {
      if (layer instanceof Error) return refuse(layer.message);
      const { layers } = this.#container;
      const below = layers[label];
      if (below !== undefined && options.combine !== true) refuse(`layer "${label}" already exists`);
      const added = { ...layers, [label]: below === undefined ? layer : combineLayers(below, layer) };
      const problem = layerProblem(label, layer, mergeLayers(Object.values(added)));
      if (problem !== undefined) refuse(problem);
      const before = this.#plan();
      this.#container = { ...this.#container, layers: added };
      this.#container = afterPlanChange(this.#container, before, this.#plan());
    });
  }

  plan(): Promise<Plan> {
    return this.#call('plan', [], () => this.#plan());
  }

  planYaml(): Promise<string> {
    // JSON is YAML.
    return this.#call('planYaml', [], () => `${JSON.stringify(this.#plan())}\n`);
  }

  services(names: readonly string[] = []): Promise<readonly ServiceInfo[]> {
    return this.#call('services', [names], () => serviceInfos(this.#container, this.#plan(), names));
  }

  service(name: string): Promise<ServiceInfo> {
    return this.#call('service', [name], () => {
      const [service] = serviceInfos(this.#container, this.#plan(), [name]);
      if (service === undefined) throw new NotInPlanError('service', name);
      return service;
    });
  }

  start(names: readonly string[], options: ActOptions = {}): Promise<Change> {
    return this.#act('start', names, options);
  }

  stop(names: readonly string[], options: ActOptions = {}): Promise<Change> {
    return this.#act('stop', names, options);
  }

  restart(names: readonly string[], options: ActOptions = {}): Promise<Change> {
    return this.#act('restart', names, options);
  }

  autostart(options: ActOptions = {}): Promise<Change> {
    return this.#act('autostart', [], options);
  }

  replan(options: ActOptions = {}): Promise<Change> {
    return this.#act('replan', [], options);
  }

  sendSignal(signal: string | number, services: readonly string[]): Promise<void> {
    return this.#call('sendSignal', [signal, services], () => {
      const idle = services.find((name) => this.#container.services[name] !== 'active');
      if (idle !== undefined) refuse(`cannot send signal to "${idle}": service is not running`, 500);
    });
  }

  logs(services: readonly string[] = [], count = 30): Promise<readonly LogEntry[]> {
    return this.#call('logs', [services, count], () =>
      Object.entries(this.#container.logs)
        .filter(([name]) => services.length === 0 || services.includes(name))
        .flatMap(([service, lines]) => lines.map((message) => ({ time: TIME, service, message })))
        .slice(-count),
    );
  }

  checks(
    options: { readonly level?: CheckLevel; readonly names?: readonly string[] } = {},
  ): Promise<readonly CheckInfo[]> {
    const { level, names = [] } = options;
    return this.#call('checks', [options], () =>
      this.#checks().filter(
        (check) =>
          (level === undefined || check.level === level) &&
          (names.length === 0 || names.includes(check.name)),
      ),
    );
  }

  check(name: string): Promise<CheckInfo> {
    return this.#call('check', [name], () => {
      const found = this.#checks().find((check) => check.name === name);
      if (found === undefined) throw new NotInPlanError('check', name);
      return found;
    });
  }

  /** It finds the check as the test says it stands. */
  refreshCheck(name: string): Promise<RefreshedCheck> {
    return this.#call('refreshCheck', [name], () => {
      const check = this.#checks().find((each) => each.name === name);
      if (check === undefined) return refuse(`cannot find check with name "${name}"`, 404);
      return { check, ...(check.status === 'down' && { error: 'the test says that this check is down' }) };
    });
  }

  startChecks(names: readonly string[]): Promise<readonly string[]> {
    return this.#call('startChecks', [names], () => this.#switchChecks('start', names));
  }

  stopChecks(names: readonly string[]): Promise<readonly string[]> {
    return this.#call('stopChecks', [names], () => this.#switchChecks('stop', names));
  }

  pull(path: string): Promise<Buffer> {
    return this.#call('pull', [path], () => readFile(this.#container, path));
  }

  pullEach(paths: readonly string[]): Promise<ReadonlyMap<string, Buffer | PathError>> {
    return this.#call('pullEach', [paths], () => new Map(paths.map((path) => [path, this.#read(path)])));
  }

  #read(path: string): Buffer | PathError {
    try {
      return readFile(this.#container, path);
    } catch (error) {
      if (error instanceof PathError) return error;
      throw error;
    }
  }

  pullText(path: string): Promise<string> {
    return this.#call('pullText', [path], () => readFile(this.#container, path).toString('utf8'));
  }

  async push(
    path: string,
    content: string | Uint8Array | Readable,
    options: PushOptions = {},
  ): Promise<void> {
    const bytes = content instanceof Readable ? await buffer(content) : Buffer.from(content);
    await this.#call('push', [path, content instanceof Readable ? bytes : content, options], () => {
      this.#container = writeFile(this.#container, path, bytes, options);
    });
  }

  list(path: string, options: ListOptions = {}): Promise<readonly FileInfo[]> {
    return this.#call('list', [path, options], () => {
      if (!path.startsWith('/')) refuse(`path must be absolute, got "${path}"`);
      return listFiles(this.#container, path, options);
    });
  }

  exists(path: string): Promise<boolean> {
    return this.#call('exists', [path], () => {
      if (!path.startsWith('/')) refuse(`path must be absolute, got "${path}"`);
      return exists(this.#container, path);
    });
  }

  isDir(path: string): Promise<boolean> {
    return this.#call('isDir', [path], () => {
      if (!path.startsWith('/')) refuse(`path must be absolute, got "${path}"`);
      return isDir(this.#container, posix.resolve(path));
    });
  }

  makeDir(path: string, options: MakeDirOptions = {}): Promise<void> {
    return this.#call('makeDir', [path, options], () => {
      this.#container = makeDir(this.#container, path, options);
    });
  }

  remove(path: string, options: RemoveOptions = {}): Promise<void> {
    return this.#call('remove', [path, options], () => {
      this.#container = removePath(this.#container, path, options);
    });
  }

  /** As the client does it: one call for each file and directory. */
  pushPath(sources: string | readonly string[], destDir: string): Promise<void> {
    return pushPath(this, sources, destDir);
  }

  pullPath(sources: string | readonly string[], destDir: string): Promise<void> {
    return pullPath(this, sources, destDir);
  }

  exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecProcess> {
    return this.#call('exec', [command, options], () => {
      checkServiceContext(options, this.#takesServiceContext);
      if (command.length === 0) refuse('must specify command');
      checkProgram(this.#container, command);
      const process = new SimulatedProcess(this.#container, command, options);
      this.#witness.executed?.(this.#container.name, command, options, process.input());
      return process;
    });
  }

  notify(key: string, options: NotifyOptions = {}): Promise<string> {
    return this.#call('notify', [key, options], () => {
      if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+(\/[a-z0-9-]+)+$/.test(key)) {
        refuse(`invalid key "${key}" (must be in "example.com/path" format)`);
      }
      const [notices, id] = recordNotice(this.#container.notices, key, options.data ?? {});
      this.#container = { ...this.#container, notices };
      return id;
    });
  }

  notice(id: string): Promise<Notice> {
    return this.#call('notice', [id], () => {
      const found = this.#container.notices.find((notice) => notice.id === id);
      return found ?? refuse(`cannot find notice with ID "${id}"`, 404);
    });
  }

  /** Nothing happens while a test waits, so that `waitMs` is over at once. */
  notices(filter: NoticesFilter = {}): Promise<readonly Notice[]> {
    return this.#call('notices', [filter], () => filterNotices(this.#container.notices, filter));
  }

  warnings(options: { readonly select?: 'pending' | 'all' } = {}): Promise<readonly Warning[]> {
    return this.#call('warnings', [options], () =>
      filterNotices(this.#container.notices, { types: ['warning'] }).map(warningOf),
    );
  }

  okayWarnings(until: string): Promise<number> {
    return this.#call('okayWarnings', [until], () => 0);
  }

  change(id: string): Promise<Change> {
    return this.#call('change', [id], () => this.#knownChange(id));
  }

  changes(
    options: { readonly select?: ChangeSelect; readonly service?: string } = {},
  ): Promise<readonly Change[]> {
    return this.#call('changes', [options], () =>
      // Nothing is ever under way.
      (options.select ?? 'in-progress') === 'in-progress' ? [] : changesOf(this.#changes, options.service),
    );
  }

  waitChange(id: string, timeoutMs?: number): Promise<Change> {
    return this.#call('waitChange', [id, timeoutMs], () => this.#knownChange(id));
  }

  abortChange(id: string): Promise<Change> {
    return this.#call('abortChange', [id], () => {
      this.#knownChange(id);
      return refuse(`cannot abort change ${id} with nothing pending`);
    });
  }

  metrics(credentials?: BasicCredentials): Promise<string> {
    return this.#call('metrics', [credentials?.username], () => {
      checkMetricsAccess(this.#identities, credentials);
      return metricsText(this.#container, this.#plan());
    });
  }

  identities(): Promise<Readonly<Record<string, Identity>>> {
    return this.#call('identities', [], () => shownIdentities(this.#identities));
  }

  addIdentities(identities: Readonly<Record<string, Identity>>): Promise<void> {
    return this.#changeIdentities('addIdentities', 'add', identities);
  }

  updateIdentities(identities: Readonly<Record<string, Identity>>): Promise<void> {
    return this.#changeIdentities('updateIdentities', 'update', identities);
  }

  replaceIdentities(identities: Readonly<Record<string, Identity | null>>): Promise<void> {
    return this.#changeIdentities('replaceIdentities', 'replace', identities);
  }

  removeIdentities(names: readonly string[]): Promise<void> {
    const gone = Object.fromEntries(names.map((name) => [name, null]));
    return this.#changeIdentities('removeIdentities', 'remove', gone);
  }

  #changeIdentities(
    method: keyof Pebble,
    action: Parameters<typeof changeIdentities>[1],
    changes: Readonly<Record<string, Identity | null>>,
  ): Promise<void> {
    return this.#call(method, [Object.keys(changes)], () => {
      this.#identities = changeIdentities(this.#identities, action, changes);
    });
  }

  #plan(): Plan {
    return mergeLayers(Object.values(this.#container.layers));
  }

  #checks(): readonly CheckInfo[] {
    return checkInfos(this.#container, this.#plan());
  }

  #switchChecks(action: 'start' | 'stop', names: readonly string[]): readonly string[] {
    const checks = this.#checks();
    const missing = names.filter((name) => !checks.some((check) => check.name === name));
    if (missing.length > 0)
      refuse(`cannot ${action} checks: cannot find checks in plan: ${missing.join(', ')}`);
    const changed = checks
      .filter((check) => names.includes(check.name) && (check.status === 'inactive') === (action === 'start'))
      .map(({ name }) => name);
    this.#container = withChecks(this.#container, changed, action === 'start' ? 'up' : 'inactive');
    return changed;
  }

  /** Services are stopped and started one after the other; the first that does not start ends the change. */
  #act(action: ServiceAction, names: readonly string[], options: ActOptions): Promise<Change> {
    const args = action === 'autostart' || action === 'replan' ? [] : [names];
    return this.#call(action, args, () => {
      const plan = this.#plan();
      const { stop, start } = planAction(this.#container, plan, action, names);
      const tasks: ChangeTask[] = stop.map((service) => ({ kind: 'stop', service }));
      for (const name of stop) this.#container = stopped(this.#container, name);
      for (const name of start) {
        const wasActive = this.#container.services[name] === 'active';
        this.#container = started(this.#container, plan, name);
        const failure = wasActive ? undefined : this.#container.startFailures[name];
        tasks.push({ kind: 'start', service: name, ...(failure === undefined ? {} : { failure }) });
        if (failure !== undefined) break;
        if (!wasActive) this.#witness.serviceStarted(this.#container.name, name);
      }
      const change = finishedChange(this.#changes.length + 1, action, names, tasks);
      this.#changes.push(change);
      if (change.err !== undefined && options.timeoutMs !== 0) throw new ChangeError(change);
      return change;
    });
  }

  #knownChange(id: string): Change {
    return (
      this.#changes.find((change) => change.id === id) ?? refuse(`cannot find change with id "${id}"`, 404)
    );
  }

  #call<T>(method: keyof Pebble, args: readonly unknown[], act: () => T): Promise<T> {
    return this.#record(method, args, () => {
      if (this.#container.canConnect) return act();
      throw new ConnectionError(
        `/charm/containers/${this.#container.name}/pebble.socket`,
        'connection refused',
      );
    });
  }

  #record<T>(method: keyof Pebble, args: readonly unknown[], act: () => T): Promise<T> {
    return this.#killer.through('pebble', () => {
      this.#witness.call({ container: this.#container.name, method, args });
      return act();
    });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function refuse(message: string, statusCode = 400): never {
  throw new ApiError(statusCode, '', message);
}
