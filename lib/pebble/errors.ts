import type { Change } from './types.ts';

/** Any failure of a call to Pebble. Catch a subclass to tell them apart. */
export class PebbleError extends Error {
  override readonly name: string = 'PebbleError';
}

/** Pebble cannot be reached, or went away during the call. */
export class ConnectionError extends PebbleError {
  override readonly name = 'ConnectionError';
  readonly socketPath: string;
  constructor(socketPath: string, reason: string, options?: ErrorOptions) {
    super(
      `cannot reach Pebble at ${socketPath}: ${reason}. ` +
        'The container may be starting or restarting; wait for its pebble-ready event.',
      options,
    );
    this.socketPath = socketPath;
  }
}

/** Pebble answered, but too late: nothing is known about the outcome of the call. */
export class TimeoutError extends PebbleError {
  override readonly name = 'TimeoutError';
}

/** What answered does not speak Pebble's protocol, or speaks a version of it that is not known here. */
export class ProtocolError extends PebbleError {
  override readonly name = 'ProtocolError';
}

/** Pebble refused the request. `kind` and `pebbleMessage` are Pebble's own. */
export class ApiError extends PebbleError {
  override readonly name = 'ApiError';
  readonly statusCode: number;
  /** Such as `not-found` or `no-default-services`; empty when Pebble gave none. */
  readonly kind: string;
  readonly pebbleMessage: string;
  constructor(statusCode: number, kind: string, pebbleMessage: string, request = 'request') {
    super(`Pebble refused ${request}: ${pebbleMessage} (status ${statusCode}${kind ? `, ${kind}` : ''})`);
    this.statusCode = statusCode;
    this.kind = kind;
    this.pebbleMessage = pebbleMessage;
  }
}

/** A file operation failed. `kind` and `pebbleMessage` are Pebble's own. */
export class PathError extends PebbleError {
  override readonly name = 'PathError';
  /** `not-found`, `permission-denied`, or `generic-file-error` for anything else. */
  readonly kind: string;
  readonly path: string;
  readonly pebbleMessage: string;
  constructor(kind: string, path: string, pebbleMessage: string) {
    super(`${path}: ${pebbleMessage} (${kind})`);
    this.kind = kind;
    this.path = path;
    this.pebbleMessage = pebbleMessage;
  }
}

/** The Pebble of this Juju would take the option and not heed it. */
export class UnsupportedError extends PebbleError {
  override readonly name = 'UnsupportedError';
  constructor(option: string, needed: string) {
    super(`the Pebble of this Juju ignores the option ${option}; it needs ${needed}`);
  }
}

/** A text is no layer. */
export class LayerError extends PebbleError {
  override readonly name = 'LayerError';
  constructor(problem: string, options?: ErrorOptions) {
    super(`cannot read the layer: ${problem}`, options);
  }
}

/** The plan has no service, or no check, of this name. */
export class NotInPlanError extends PebbleError {
  override readonly name = 'NotInPlanError';
  readonly what: 'service' | 'check';
  /** The name that was asked for. */
  readonly missing: string;
  constructor(what: 'service' | 'check', missing: string) {
    super(`there is no ${what} "${missing}" in the plan: add the layer that has it first`);
    this.what = what;
    this.missing = missing;
  }
}

/** Some of the files and directories of a `pushPath` or `pullPath` could not be copied; all others were. */
export class MultiPushPullError extends PebbleError {
  override readonly name = 'MultiPushPullError';
  /** In the order they were met. `path` is what was to be copied; of an unreadable source, the source itself. */
  readonly errors: readonly { readonly path: string; readonly error: Error }[];
  constructor(doing: 'push' | 'pull', errors: MultiPushPullError['errors']) {
    const first = errors[0] === undefined ? '' : `: ${errors[0].path}: ${errors[0].error.message}`;
    const more = errors.length > 1 ? `; and ${errors.length - 1} more` : '';
    super(`cannot ${doing} ${errors.length === 1 ? 'one file' : `${errors.length} files`}${first}${more}`);
    this.errors = errors;
  }
}

/** A change (start, stop, exec …) finished badly. The text holds the logs of its failed tasks. */
export class ChangeError extends PebbleError {
  override readonly name = 'ChangeError';
  readonly change: Change;
  constructor(change: Change) {
    super(changeText(change));
    this.change = change;
  }
}

function changeText(change: Change): string {
  const lines = [`Pebble change ${change.id} (${change.summary}) failed: ${change.err ?? change.status}`];
  for (const task of change.tasks) {
    if (task.status !== 'Error' || task.log.length === 0) continue;
    lines.push(`Log of task ${task.id} (${task.summary}):`, ...task.log);
  }
  return lines.join('\n');
}

/** How much of a command's output goes into an error's text; the attributes hold all of it. */
const SHOWN_OUTPUT = 1_024;

/** A command ran and ended with a code other than 0. */
export class ExecError extends PebbleError {
  override readonly name = 'ExecError';
  readonly command: readonly string[];
  readonly exitCode: number;
  /** Whole, or `null` when the caller read the stream itself. */
  readonly stdout: string | null;
  /** Whole, or `null` when the caller read the stream itself, or when it was combined with stdout. */
  readonly stderr: string | null;
  constructor(command: readonly string[], exitCode: number, stdout: string | null, stderr: string | null) {
    super(
      `command ${JSON.stringify(command)} ended with exit code ${exitCode}` +
        shown('stdout', stdout) +
        shown('stderr', stderr),
    );
    this.command = command;
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

function shown(name: string, text: string | null): string {
  if (text === null || text === '') return '';
  const cut = text.length > SHOWN_OUTPUT ? `${text.slice(0, SHOWN_OUTPUT)} [truncated]` : text;
  return `, ${name}: ${JSON.stringify(cut)}`;
}
