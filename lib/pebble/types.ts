/**
 * What Pebble's API says, as data. Names are Pebble's own in camel case.
 *
 * Times are RFC 3339 text exactly as Pebble wrote them: they carry nanoseconds, which `Date` would lose, and a
 * notice's time is a cursor (`after`) that must not lose any. Durations are milliseconds.
 */

/** One of the known words, or a word that a newer Pebble says: reading must not fail on it. */
export type Known<Words extends string> = Words | (string & {});

/** Which Pebble answers. */
export interface SystemInfo {
  readonly version: string;
  /** Changes with each start of the container. */
  readonly bootId?: string;
  readonly httpAddress?: string;
}

/** How a service stands. */
export interface ServiceInfo {
  readonly name: string;
  readonly startup: Known<'enabled' | 'disabled'>;
  readonly current: Known<'active' | 'inactive' | 'backoff' | 'error'>;
  /** Since when `current` holds; RFC 3339. */
  readonly currentSince?: string;
}

/** One line that a service has written. Pebble keeps the last 100 KiB of each. */
export interface LogEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly service: string;
  readonly message: string;
}

/** What a check speaks for: the process is `alive`, or the workload is `ready` for work. */
export type CheckLevel = 'alive' | 'ready';

/** How a health check stands. */
export interface CheckInfo {
  readonly name: string;
  /** Absent when the check has no level. */
  readonly level?: Known<CheckLevel>;
  readonly startup: Known<'enabled' | 'disabled' | ''>;
  readonly status: Known<'up' | 'down' | 'inactive'>;
  readonly successes?: number;
  readonly failures: number;
  readonly threshold: number;
  /** The `perform-check` change when the check is up, the `recover-check` change when it is down. */
  readonly changeId?: string;
  /** The change before that one: whose tasks tell why the check went down, or how it came up again. */
  readonly previousChangeId?: string;
}

/** What a check found when it was run at once. */
export interface RefreshedCheck {
  /** After the run. */
  readonly check: CheckInfo;
  /** Why the run failed; absent when it did not. */
  readonly error?: string;
}

/** One step of a change. */
export interface Task {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly status: string;
  readonly log: readonly string[];
  readonly progress: { readonly label: string; readonly done: number; readonly total: number };
  readonly spawnTime: string;
  readonly readyTime?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Something that Pebble does in the background, such as starting services or running a command. */
export interface Change {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly status: Known<'Do' | 'Doing' | 'Done' | 'Abort' | 'Undo' | 'Undoing' | 'Hold' | 'Error' | 'Wait'>;
  readonly tasks: readonly Task[];
  /** Finished, well or badly. */
  readonly ready: boolean;
  /** Why the change failed; absent when it did not. */
  readonly err?: string;
  readonly spawnTime: string;
  readonly readyTime?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Which changes are listed. */
export type ChangeSelect = 'in-progress' | 'ready' | 'all';

/** Something that a workload or Pebble itself has recorded. */
export interface Notice {
  readonly id: string;
  /** `null` for a public notice. */
  readonly userId: number | null;
  readonly type: Known<'custom' | 'change-update' | 'warning'>;
  readonly key: string;
  readonly firstOccurred: string;
  readonly lastOccurred: string;
  readonly lastRepeated: string;
  readonly occurrences: number;
  readonly lastData: Readonly<Record<string, string>>;
  readonly repeatAfterMs?: number;
  readonly expireAfterMs?: number;
}

/** What Pebble wants an operator to know. The message is its identity. */
export interface Warning {
  readonly message: string;
  readonly firstAdded: string;
  readonly lastAdded: string;
  /** Absent when nobody has okayed it yet. */
  readonly lastShown?: string;
  readonly expireAfterMs?: number;
  readonly repeatAfterMs?: number;
}

/** Which notices are listed; all that this user may see, when nothing is said. */
export interface NoticesFilter {
  readonly types?: readonly string[];
  readonly keys?: readonly string[];
  /** Only what was repeated after this RFC 3339 time. */
  readonly after?: string;
  /** All users' notices (admins only); not together with `userId`. */
  readonly allUsers?: boolean;
  readonly userId?: number;
  /** Wait up to so many milliseconds for the first notice that fits; an empty list when none came. */
  readonly waitMs?: number;
}

/** What may be said with a custom notice. */
export interface NotifyOptions {
  readonly data?: Readonly<Record<string, string>>;
  /** A repetition within so many milliseconds is counted, but not told again. */
  readonly repeatAfterMs?: number;
}

/** What stands at a path. */
export type FileType = 'file' | 'directory' | 'symlink' | 'socket' | 'named-pipe' | 'device' | 'unknown';

/** A file or directory in a container. */
export interface FileInfo {
  readonly path: string;
  readonly name: string;
  readonly type: Known<FileType>;
  /** Bytes; only regular files have it. */
  readonly size?: number;
  /** As `chmod` takes them: `0o644`. */
  readonly permissions: number;
  /** RFC 3339. */
  readonly lastModified: string;
  readonly userId?: number;
  readonly user?: string;
  readonly groupId?: number;
  readonly group?: string;
}

/**
 * Whose a new file or directory is, and its new parents too. A user alone, whom the container must know, brings his
 * primary group; a group alone is refused.
 */
export interface Ownership {
  readonly user?: string;
  readonly userId?: number;
  readonly group?: string;
  readonly groupId?: number;
}

/** How a file is written. */
export interface PushOptions extends Ownership {
  /** Make missing parent directories, with permissions 0755. */
  readonly makeDirs?: boolean;
  /** `0o000` to `0o777`; 0644 when absent. */
  readonly permissions?: number;
}

/** How a directory is made. */
export interface MakeDirOptions extends Ownership {
  /** Make missing parents, and do not mind when the directory is there already. */
  readonly makeParents?: boolean;
  /** `0o000` to `0o777`; 0755 when absent. */
  readonly permissions?: number;
}

/** What of a directory is listed. */
export interface ListOptions {
  /** A file-name pattern as in `*.yaml`; no path in it. */
  readonly pattern?: string;
  /** The directory itself instead of what is in it. */
  readonly itself?: boolean;
}

/** How a path is removed. */
export interface RemoveOptions {
  /** With all that is in it; a path that is not there is then no error. */
  readonly recursive?: boolean;
}

/** How acting on services waits for what it began. */
export interface ActOptions {
  /**
   * How long to wait for the change, in milliseconds; 30,000 when absent, as in `ops`. With 0 the change is returned
   * as it stands, begun or not: `waitChange` waits for it later.
   */
  readonly timeoutMs?: number;
}

/** HTTP's basic authentication, for an identity of type `basic`. */
export interface BasicCredentials {
  readonly username: string;
  /** In clear; the identity holds its hash. */
  readonly password: string;
}

/** `local` is a user on the same machine, `basic` an HTTP user (sha512-crypt hash), `cert` a client certificate. */
export interface Identity {
  readonly access: Known<'admin' | 'read' | 'metrics' | 'untrusted'>;
  readonly local?: { readonly userId: number };
  /** Pebble answers `*****` instead of the hash. */
  readonly basic?: { readonly password: string };
  /** Pebble answers `*****` instead of the certificate. */
  readonly cert?: { readonly pem: string };
}
