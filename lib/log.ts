/**
 * Logging through pino to `juju-log`. Each call of juju-log is a process, so lines that come while one runs are
 * sent together; pino itself is loaded with the first line, because most dispatches have nothing to say.
 */

import type { ToolRunner } from './hook-tools/runner.ts';
import { jujuLog, type LogLevel } from './hook-tools/unit.ts';

/** What is shown as JSON after the message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Of a security event; not of the log. */
export type SecurityLevel = 'INFO' | 'WARN' | 'CRITICAL';

/**
 * Writes to Juju's log, which `juju debug-log` shows. Values under keys such as `password` or `token` are
 * hidden.
 */
export interface Log {
  /** Finer than debug; Juju shows it when the model is configured so. */
  trace(message: string, fields?: LogFields): void;
  /** For who looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** What happened. */
  info(message: string, fields?: LogFields): void;
  /** What should not be, and what the charm goes on with. */
  warn(message: string, fields?: LogFields): void;
  /** What a person must look at. */
  error(message: string, fields?: LogFields): void;
  /**
   * A security event in the vocabulary of OWASP, as a line of JSON at level TRACE, as ops writes them:
   * `security('CRITICAL', 'authz_fail', 'status-set', 'not the leader')`. Never with a secret in it.
   */
  security(level: SecurityLevel, type: string, data: string, description: string): void;
}

type Level = Exclude<keyof Log, 'security'>;

interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

const JUJU_LEVELS: Readonly<Record<number, LogLevel>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARNING',
};

/** Characters; longer messages are sent in pieces. One argument of a process holds 128 KiB, a character 1 to 3. */
const LONGEST = 40_000;

/** Values under these keys are never logged. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'secretKey', 'accessKey', 'content'];

export interface JujuLogOptions {
  /** The model's UUID and the unit, for security events. */
  readonly appId?: string;
  /** Every line on stderr as well: what `JUJU_DEBUG` in the environment asks for. */
  readonly toStderr?: boolean;
}

export class JujuLog implements Log {
  readonly #tools: ToolRunner;
  readonly #stderr: (text: string) => void;
  readonly #appId: string;
  readonly #isToStderr: boolean;
  readonly #pending: { level: Level; message: string; fields: LogFields }[] = [];
  #sending: Promise<void> | undefined;

  constructor(tools: ToolRunner, stderr: (text: string) => void, options: JujuLogOptions = {}) {
    this.#tools = tools;
    this.#stderr = stderr;
    this.#appId = options.appId ?? 'charm';
    this.#isToStderr = options.toStderr ?? false;
  }

  trace(message: string, fields: LogFields = {}): void {
    this.#add('trace', message, fields);
  }
  debug(message: string, fields: LogFields = {}): void {
    this.#add('debug', message, fields);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#add('info', message, fields);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#add('warn', message, fields);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#add('error', message, fields);
  }

  security(level: SecurityLevel, type: string, data: string, description: string): void {
    const event = {
      datetime: new Date().toISOString(),
      level,
      type: 'security',
      appid: this.#appId,
      event: `${type}:${data}`,
      description,
    };
    this.#add('trace', JSON.stringify(event), {});
  }

  /** Returns when everything logged so far has reached Juju. */
  async drain(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  #add(level: Level, message: string, fields: LogFields): void {
    this.#pending.push({ level, message, fields });
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** A log that cannot be written must not fail the hook: it goes to stderr, which Juju logs as well. */
  async #send(): Promise<void> {
    await Promise.resolve(); // what is logged in the same breath goes in the same call
    while (this.#pending.length > 0) {
      const lines = await format(this.#pending.splice(0));
      for (const { level, text } of together(lines)) {
        if (this.#isToStderr) this.#stderr(`${new Date().toISOString()} ${level} ${text}\n`);
        try {
          await jujuLog(this.#tools, level, text);
        } catch {
          this.#stderr(`${level} ${text}\n`);
        }
      }
    }
  }
}

async function format(
  entries: readonly { level: Level; message: string; fields: LogFields }[],
): Promise<Line[]> {
  const { pino } = await import('pino');
  const lines: Line[] = [];
  const logger = pino(
    {
      level: 'trace',
      base: null,
      timestamp: false,
      redact: SECRET_FIELDS.flatMap((field) => [`fields.${field}`, `fields.*.${field}`]),
    },
    { write: (json: string) => lines.push(toLine(json)) },
  );
  for (const { level, message, fields } of entries) logger[level]({ fields: plain(fields) }, message);
  return lines;
}

/** JSON shows nothing of an Error. */
function plain(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]),
  );
}

function toLine(json: string): Line {
  const parsed: unknown = JSON.parse(json);
  const { level, msg, fields } = Object(parsed);
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  return { level: JUJU_LEVELS[Number(level)] ?? 'ERROR', text: `${msg}${rest}` };
}

/** Neighbours of one level become one message; long ones are cut into pieces. */
function together(lines: readonly Line[]): Line[] {
  const joined: Line[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    if (last !== undefined && last.level === line.level && last.text.length + line.text.length < LONGEST) {
      joined[joined.length - 1] = { level: line.level, text: `${last.text}\n${line.text}` };
    } else {
      joined.push(...pieces(line));
    }
  }
  return joined;
}

function pieces({ level, text }: Line): Line[] {
  const count = Math.max(1, Math.ceil(text.length / LONGEST));
  return Array.from({ length: count }, (_, i) => ({
    level,
    text: text.slice(i * LONGEST, (i + 1) * LONGEST),
  }));
}
