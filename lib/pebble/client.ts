import type { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { abortChange, getChange, getChanges, waitChange } from './changes.ts';
import { actOnChecks, getChecks, getHealth, refreshCheck } from './checks.ts';
import { ApiError, ConnectionError, NotInPlanError, type PathError } from './errors.ts';
import { checkServiceContext, startExec } from './exec.ts';
import { fileAt, listFiles, makeDir, pullEach, pullFile, pushFile, removePath } from './files.ts';
import { getIdentities, postIdentities } from './identities.ts';
import type { Layer, Plan } from './layer.ts';
import { getLogs } from './logs.ts';
import { getMetrics } from './metrics.ts';
import { getNotice, getNotices, notify } from './notices.ts';
import type { ExecOptions, ExecProcess, Pebble } from './pebble.ts';
import { addLayer, getPlan, getPlanYaml } from './plan.ts';
import { actOnServices, getServices, signalServices } from './services.ts';
import { Transport } from './transport.ts';
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
} from './types.ts';

const systemInfoSchema = z.lazy(() =>
  z.pipe(
    z.object({
      version: z.string(),
      'boot-id': z.exactOptional(z.string()),
      'http-address': z.exactOptional(z.string()),
    }),
    z.transform(({ version, 'boot-id': bootId, 'http-address': httpAddress }) => ({
      version,
      ...(bootId === undefined ? {} : { bootId }),
      ...(httpAddress === undefined ? {} : { httpAddress }),
    })),
  ),
);

/** Which Pebble is asked, and how patiently. */
export interface PebbleClientOptions {
  /** On a unit: `/charm/containers/NAME/pebble.socket`. */
  readonly socketPath: string;
  /** How long Pebble may be silent in a request, in milliseconds; 5000 when absent. */
  readonly timeoutMs?: number;
  /** False for the Pebble of a Juju that ignores exec's `serviceContext`: it is then refused. True when absent. */
  readonly takesServiceContext?: boolean;
}

/** Pebble at its unix socket. Connects at the first call; idle connections do not keep the process alive. */
export class PebbleClient implements Pebble {
  readonly #transport: Transport;
  readonly #takesServiceContext: boolean;

  constructor({ socketPath, timeoutMs = 5_000, takesServiceContext = true }: PebbleClientOptions) {
    this.#takesServiceContext = takesServiceContext;
    this.#transport = new Transport(socketPath, timeoutMs);
  }

  systemInfo(): Promise<SystemInfo> {
    return this.#transport.sync(systemInfoSchema, { method: 'GET', path: '/v1/system-info' });
  }

  async canConnect(): Promise<boolean> {
    try {
      await this.systemInfo();
      return true;
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof ApiError) return false;
      throw error;
    }
  }

  health(level?: CheckLevel, names: readonly string[] = []): Promise<boolean> {
    return getHealth(this.#transport, level, names);
  }

  addLayer(
    label: string,
    layer: Layer | string,
    options: { readonly combine?: boolean } = {},
  ): Promise<void> {
    return addLayer(this.#transport, label, layer, options.combine ?? false);
  }

  plan(): Promise<Plan> {
    return getPlan(this.#transport);
  }

  planYaml(): Promise<string> {
    return getPlanYaml(this.#transport);
  }

  services(names: readonly string[] = []): Promise<readonly ServiceInfo[]> {
    return getServices(this.#transport, names);
  }

  async service(name: string): Promise<ServiceInfo> {
    const [service] = await this.services([name]);
    if (service === undefined) throw new NotInPlanError('service', name);
    return service;
  }

  start(names: readonly string[], options?: ActOptions): Promise<Change> {
    return actOnServices(this.#transport, 'start', names, options);
  }

  stop(names: readonly string[], options?: ActOptions): Promise<Change> {
    return actOnServices(this.#transport, 'stop', names, options);
  }

  restart(names: readonly string[], options?: ActOptions): Promise<Change> {
    return actOnServices(this.#transport, 'restart', names, options);
  }

  autostart(options?: ActOptions): Promise<Change> {
    return actOnServices(this.#transport, 'autostart', [], options);
  }

  replan(options?: ActOptions): Promise<Change> {
    return actOnServices(this.#transport, 'replan', [], options);
  }

  sendSignal(signal: string | number, services: readonly string[]): Promise<void> {
    return signalServices(this.#transport, signal, services);
  }

  logs(services: readonly string[] = [], count = 30): Promise<readonly LogEntry[]> {
    return getLogs(this.#transport, services, count);
  }

  checks(
    options: { readonly level?: CheckLevel; readonly names?: readonly string[] } = {},
  ): Promise<readonly CheckInfo[]> {
    return getChecks(this.#transport, options);
  }

  async check(name: string): Promise<CheckInfo> {
    const [check] = await this.checks({ names: [name] });
    if (check === undefined) throw new NotInPlanError('check', name);
    return check;
  }

  refreshCheck(name: string): Promise<RefreshedCheck> {
    return refreshCheck(this.#transport, name);
  }

  startChecks(names: readonly string[]): Promise<readonly string[]> {
    return actOnChecks(this.#transport, 'start', names);
  }

  stopChecks(names: readonly string[]): Promise<readonly string[]> {
    return actOnChecks(this.#transport, 'stop', names);
  }

  pull(path: string): Promise<Buffer> {
    return pullFile(this.#transport, path);
  }

  pullEach(paths: readonly string[]): Promise<ReadonlyMap<string, Buffer | PathError>> {
    return pullEach(this.#transport, paths);
  }

  async pullText(path: string): Promise<string> {
    return (await this.pull(path)).toString('utf8');
  }

  push(path: string, content: string | Uint8Array | Readable, options: PushOptions = {}): Promise<void> {
    return pushFile(this.#transport, path, content, options);
  }

  list(path: string, options: ListOptions = {}): Promise<readonly FileInfo[]> {
    return listFiles(this.#transport, path, options);
  }

  async exists(path: string): Promise<boolean> {
    return (await fileAt(this.#transport, path)) !== undefined;
  }

  async isDir(path: string): Promise<boolean> {
    return (await fileAt(this.#transport, path))?.type === 'directory';
  }

  makeDir(path: string, options: MakeDirOptions = {}): Promise<void> {
    return makeDir(this.#transport, path, options);
  }

  remove(path: string, options: RemoveOptions = {}): Promise<void> {
    return removePath(this.#transport, path, options);
  }

  async pushPath(sources: string | readonly string[], destDir: string): Promise<void> {
    await (await import('./tree.ts')).pushPath(this, sources, destDir);
  }

  async pullPath(sources: string | readonly string[], destDir: string): Promise<void> {
    await (await import('./tree.ts')).pullPath(this, sources, destDir);
  }

  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecProcess> {
    checkServiceContext(options, this.#takesServiceContext);
    return startExec(this.#transport, command, options);
  }

  notify(key: string, options: NotifyOptions = {}): Promise<string> {
    return notify(this.#transport, key, options);
  }

  notice(id: string): Promise<Notice> {
    return getNotice(this.#transport, id);
  }

  notices(filter: NoticesFilter = {}): Promise<readonly Notice[]> {
    return getNotices(this.#transport, filter);
  }

  async warnings({
    select = 'pending',
  }: {
    readonly select?: 'pending' | 'all';
  } = {}): Promise<readonly Warning[]> {
    return (await import('./warnings.ts')).getWarnings(this.#transport, select);
  }

  async okayWarnings(until: string): Promise<number> {
    return (await import('./warnings.ts')).okayWarnings(this.#transport, until);
  }

  change(id: string): Promise<Change> {
    return getChange(this.#transport, id);
  }

  changes(
    options: { readonly select?: ChangeSelect; readonly service?: string } = {},
  ): Promise<readonly Change[]> {
    return getChanges(this.#transport, options);
  }

  waitChange(id: string, timeoutMs?: number): Promise<Change> {
    return waitChange(this.#transport, id, timeoutMs);
  }

  abortChange(id: string): Promise<Change> {
    return abortChange(this.#transport, id);
  }

  metrics(credentials?: BasicCredentials): Promise<string> {
    return getMetrics(this.#transport, credentials);
  }

  identities(): Promise<Readonly<Record<string, Identity>>> {
    return getIdentities(this.#transport);
  }

  addIdentities(identities: Readonly<Record<string, Identity>>): Promise<void> {
    return postIdentities(this.#transport, 'add', identities);
  }

  updateIdentities(identities: Readonly<Record<string, Identity>>): Promise<void> {
    return postIdentities(this.#transport, 'update', identities);
  }

  replaceIdentities(identities: Readonly<Record<string, Identity | null>>): Promise<void> {
    return postIdentities(this.#transport, 'replace', identities);
  }

  removeIdentities(names: readonly string[]): Promise<void> {
    const identities = Object.fromEntries(names.map((name) => [name, null]));
    return postIdentities(this.#transport, 'remove', identities);
  }

  /** Drops all connections; requests under way fail. A later call connects anew. */
  async close(): Promise<void> {
    this.#transport.close();
  }
}
