import type { Readable, Writable } from 'node:stream';
import type { PathError } from './errors.ts';
import type { Layer, Plan } from './layer.ts';
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

/** How a command is run. */
export interface ExecOptions {
  /** Take environment, user, group and working directory of this service; the other options override them. */
  readonly serviceContext?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** Pebble kills the command after so many milliseconds, and the change fails. */
  readonly timeoutMs?: number;
  readonly user?: string;
  readonly userId?: number;
  readonly group?: string;
  readonly groupId?: number;
  /** What the command reads. Without it, write to the process's `stdin` and end it. */
  readonly stdin?: string | Uint8Array | Readable;
  /** Send stderr into stdout, in the order it was written. With a terminal that is so unless this is `false`. */
  readonly combineStderr?: boolean;
  /** Give the command a terminal to write to, as programs want it that draw, or that ask whether one is there. */
  readonly terminal?: boolean;
  /**
   * Stdin is the terminal's too: what is written there is typed, Ctrl-C included, and its end is Ctrl-D. Only with
   * `terminal`.
   */
  readonly interactive?: boolean;
  /** The terminal's size in characters, when it is opened; both, or neither. */
  readonly width?: number;
  readonly height?: number;
}

/** What a command wrote. */
export interface ExecOutput {
  readonly stdout: string;
  /** Empty when stderr was combined with stdout. */
  readonly stderr: string;
}

/** A command that runs in the container. If this process dies, Pebble kills the command. */
export interface ExecProcess {
  /** The id of the change that is the run. */
  readonly changeId: string;
  /** Fed and ended by the options' `stdin`, if there was one. What is written after the command's end is lost. */
  readonly stdin: Writable;
  /** Held in memory until it is read, so that a command never stalls on output that nobody reads. */
  readonly stdout: Readable;
  /** `null` when stderr is combined with stdout. */
  readonly stderr: Readable | null;
  /**
   * Waits for the end. Leaves the streams to the caller.
   * @throws ExecError on an exit code other than 0; ChangeError when Pebble could not run the command or killed
   * it after its timeout.
   */
  wait(): Promise<void>;
  /** Ends stdin, waits for the end, and returns all output as UTF-8 text. Errors as of `wait`, with the output. */
  output(): Promise<ExecOutput>;
  /** Sends a signal such as `SIGHUP`, or its number, to the command; nothing when it has ended. */
  sendSignal(signal: string | number): void;
  /**
   * Tells the terminal its new size in characters; nothing without a terminal. The command hears SIGWINCH only of an
   * `interactive` one.
   */
  resize(width: number, height: number): void;
}

/**
 * A container's Pebble. Every method may throw ConnectionError, TimeoutError, ProtocolError and ApiError; what
 * else it throws stands beside it.
 *
 * Methods that act on services wait for the change they make (30 s, as in `ops`, unless told otherwise), and throw
 * ChangeError when it fails and TimeoutError when it does not finish in time.
 */
export interface Pebble {
  /** Version of Pebble, and which start of the container this is. */
  systemInfo(): Promise<SystemInfo>;
  /**
   * Whether Pebble answers. False when the socket is missing or refuses, or when Pebble answers with an error. A
   * Pebble that takes the connection and does not answer is a TimeoutError, not `false`.
   */
  canConnect(): Promise<boolean>;
  /** Whether all checks of the level are up; `ready` includes `alive`. */
  health(level?: CheckLevel, names?: readonly string[]): Promise<boolean>;

  /**
   * Adds a layer. With `combine`, a layer of that label may exist and is combined with the new one; without it,
   * that is an ApiError. Merged lists (`override: merge`) grow with each repetition: ask `layerApplied` first.
   * @param layer as an object, or as the YAML text that is sent as it is.
   */
  addLayer(label: string, layer: Layer | string, options?: { readonly combine?: boolean }): Promise<void>;
  /** All layers combined, as Pebble runs them. */
  plan(): Promise<Plan>;
  /**
   * The plan as text; equal texts are equal plans. Cheaper than `plan()`, which loads a YAML library, where the question
   * is whether the plan is still the one that was seen before.
   */
  planYaml(): Promise<string>;

  /** All services, or the named ones; names that are not in the plan are left out. */
  services(names?: readonly string[]): Promise<readonly ServiceInfo[]>;
  /** One service. @throws NotInPlanError */
  service(name: string): Promise<ServiceInfo>;
  /** Starts services and those they require. Without a name, Pebble refuses. */
  start(names: readonly string[], options?: ActOptions): Promise<Change>;
  /** Stops services and those that require them. */
  stop(names: readonly string[], options?: ActOptions): Promise<Change>;
  /** Stops and starts these services; one that does not run is started. */
  restart(names: readonly string[], options?: ActOptions): Promise<Change>;
  /** Starts the services with `startup: enabled`. ApiError `no-default-services` when there are none. */
  autostart(options?: ActOptions): Promise<Change>;
  /**
   * Restarts the services whose plan changed since they were started, and starts those with `startup: enabled`.
   * A service that ran once and was stopped since is started too when its plan changed: stop it again after this.
   */
  replan(options?: ActOptions): Promise<Change>;
  /** Sends a signal such as `SIGHUP`, or its number, to the running services. */
  sendSignal(signal: string | number, services: readonly string[]): Promise<void>;

  /**
   * The last lines that services have written to stdout and stderr, oldest first.
   * @param services all when empty.
   * @param count how many lines; 30 when absent.
   */
  logs(services?: readonly string[], count?: number): Promise<readonly LogEntry[]>;

  /** All health checks, or those of a level or of these names. */
  checks(options?: {
    readonly level?: CheckLevel;
    readonly names?: readonly string[];
  }): Promise<readonly CheckInfo[]>;
  /** One health check, as it stands now. @throws NotInPlanError */
  check(name: string): Promise<CheckInfo>;
  /** Runs a check at once, stopped or not, and tells what it found. ApiError with status 404 when there is none. */
  refreshCheck(name: string): Promise<RefreshedCheck>;
  /** Returns the names of the checks that were not running before. */
  startChecks(names: readonly string[]): Promise<readonly string[]>;
  /** Returns the names of the checks that were running before. */
  stopChecks(names: readonly string[]): Promise<readonly string[]>;

  /** Reads a file. @throws PathError */
  pull(path: string): Promise<Buffer>;
  /** Reads a file as UTF-8. @throws PathError */
  pullText(path: string): Promise<string>;
  /** Reads several files at once: of each path its content, or why it could not be read. */
  pullEach(paths: readonly string[]): Promise<ReadonlyMap<string, Buffer | PathError>>;
  /** Writes a file: beside it first, then renamed over it. @throws PathError */
  push(path: string, content: string | Uint8Array | Readable, options?: PushOptions): Promise<void>;
  /** What is in a directory, by name; for a file, the file. @throws PathError */
  list(path: string, options?: ListOptions): Promise<readonly FileInfo[]>;
  /** Whether the path, after links, is there. @throws PathError when that cannot be found out */
  exists(path: string): Promise<boolean>;
  /** Whether the path, after links, is a directory; false when nothing is there. @throws PathError */
  isDir(path: string): Promise<boolean>;
  /** Makes a directory. @throws PathError */
  makeDir(path: string, options?: MakeDirOptions): Promise<void>;
  /** Removes a file, or an empty directory; with `recursive`, one with all that is in it. @throws PathError */
  remove(path: string, options?: RemoveOptions): Promise<void>;

  /**
   * Copies files and directories of the charm's into a directory of the container, which is made if need be.
   *
   * A directory is placed inside `destDir`; of one given as `/src/*`, only what is in it. Files keep their permissions
   * and their owner, directories do not. A link to a file is copied as that file; sockets, devices and pipes are left
   * out. What cannot be copied does not keep the rest from being copied.
   * @throws MultiPushPullError at the end
   * @example await pebble.pushPath(['/var/lib/site/*', '/etc/motd'], '/srv');
   */
  pushPath(sources: string | readonly string[], destDir: string): Promise<void>;
  /**
   * The other way, by the same rules, but with the permissions and the owner of any new file of the charm's.
   * @throws MultiPushPullError at the end
   */
  pullPath(sources: string | readonly string[], destDir: string): Promise<void>;

  /** Starts a command (no shell) and connects to its streams. ApiError when the executable is not there. */
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecProcess>;

  /** Records a custom notice; the key is `example.com/path`. Returns the notice's id. */
  notify(key: string, options?: NotifyOptions): Promise<string>;
  /** One notice. @throws ApiError of status 404 when there is none. */
  notice(id: string): Promise<Notice>;
  /** Oldest repetition first. */
  notices(filter?: NoticesFilter): Promise<readonly Notice[]>;
  /**
   * What Pebble wants an operator to know: `pending` (when absent) is what nobody has okayed. A newer Pebble, which
   * keeps warnings as notices, knows no difference.
   */
  warnings(options?: { readonly select?: 'pending' | 'all' }): Promise<readonly Warning[]>;
  /**
   * Says that somebody has seen the warnings up to this RFC 3339 time.
   * @returns how many; none in a newer Pebble, where a warning ends by itself.
   */
  okayWarnings(until: string): Promise<number>;

  /** One change, as it stands now. @throws ApiError of status 404 when there is none. */
  change(id: string): Promise<Change>;
  /** Changes that are under way, or those that are asked for. */
  changes(options?: {
    readonly select?: ChangeSelect;
    readonly service?: string;
  }): Promise<readonly Change[]>;
  /** Waits until the change is finished, well or badly; without `timeoutMs`, forever. */
  waitChange(id: string, timeoutMs?: number): Promise<Change>;
  /** Asks Pebble to stop a change that is under way. */
  abortChange(id: string): Promise<Change>;

  /**
   * Counters of services and checks, as Prometheus reads them.
   * @param credentials of an identity of type `basic`. Without them, and also with unknown ones, a Pebble behind a
   * socket goes by who holds the socket. ApiError with status 401 for an identity that may not read metrics.
   */
  metrics(credentials?: BasicCredentials): Promise<string>;

  /** Who may use this Pebble, by name. */
  identities(): Promise<Readonly<Record<string, Identity>>>;
  /** ApiError when one of them is there already. */
  addIdentities(identities: Readonly<Record<string, Identity>>): Promise<void>;
  /** ApiError when one of them is not there. */
  updateIdentities(identities: Readonly<Record<string, Identity>>): Promise<void>;
  /** Adds or replaces identities; `null` removes one, and it does not matter whether it was there. */
  replaceIdentities(identities: Readonly<Record<string, Identity | null>>): Promise<void>;
  /** ApiError when one of them is not there. */
  removeIdentities(names: readonly string[]): Promise<void>;
}
