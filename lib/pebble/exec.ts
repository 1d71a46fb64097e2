/** Commands in the container: one request, and a websocket each for control, for stdin and stdout, for stderr. */
import { Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { completeChange } from './changes.ts';
import { Channel } from './channel.ts';
import { formatDuration } from './durations.ts';
import { ExecError, PebbleError, ProtocolError, UnsupportedError } from './errors.ts';
import type { ExecOptions, ExecOutput, ExecProcess } from './pebble.ts';
import { signalName } from './signals.ts';
import type { Transport } from './transport.ts';

/** How long after the command's timeout Pebble may take to report it. */
const REPORT_MS = 1_000;

const startedSchema = z.lazy(() => z.object({ 'task-id': z.string() }));
const exitSchema = z.lazy(() => z.object({ 'exit-code': z.number() }));

interface Channels {
  readonly control: Channel;
  readonly stdio: Channel;
  readonly stderr: Channel | null;
}

/** @throws UnsupportedError when there is one and Pebble would not heed it. */
export function checkServiceContext({ serviceContext }: ExecOptions, isTaken: boolean): void {
  if (serviceContext === undefined || isTaken) return;
  throw new UnsupportedError('serviceContext', 'Juju 3.1.6 or newer, other than 3.2.0');
}

export async function startExec(
  transport: Transport,
  command: readonly string[],
  options: ExecOptions,
): Promise<ExecProcess> {
  const { terminal = false } = options;
  const splitStderr = !(options.combineStderr ?? terminal);
  const { changeId, result } = await transport.async(startedSchema, {
    method: 'POST',
    path: '/v1/exec',
    json: {
      command,
      'service-context': options.serviceContext,
      environment: options.environment,
      'working-dir': options.workingDir,
      timeout: options.timeoutMs === undefined ? undefined : formatDuration(options.timeoutMs),
      user: options.user,
      'user-id': options.userId,
      group: options.group,
      'group-id': options.groupId,
      'split-stderr': splitStderr,
      ...(terminal && {
        terminal,
        interactive: options.interactive,
        width: options.width,
        height: options.height,
      }),
    },
  });
  const channels = await openChannels(transport, changeId, result['task-id'], splitStderr);
  return new PebbleProcess(transport, changeId, command, channels, options);
}

/** Pebble waits for all of them before it starts the command, and expects them in this order. */
async function openChannels(
  transport: Transport,
  changeId: string,
  taskId: string,
  splitStderr: boolean,
): Promise<Channels> {
  const { socketPath, timeoutMs } = transport;
  const begun: Channel[] = [];
  const open = async (name: 'control' | 'stdio' | 'stderr') => {
    const path = `/v1/tasks/${encodeURIComponent(taskId)}/websocket/${name}`;
    const channel = await Channel.connect(socketPath, path, timeoutMs);
    begun.push(channel);
    await channel.opened;
    return channel;
  };
  try {
    const control = await open('control');
    const stdio = await open('stdio');
    return { control, stdio, stderr: splitStderr ? await open('stderr') : null };
  } catch (cause) {
    for (const channel of begun) channel.destroy();
    // When the command could not be started, the change says why, which the websocket cannot.
    await completeChange(transport, changeId);
    const text = `Pebble at ${socketPath} refused the websockets of the command in change ${changeId}`;
    throw new ProtocolError(text, { cause });
  }
}

class PebbleProcess implements ExecProcess {
  readonly changeId: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly #transport: Transport;
  readonly #command: readonly string[];
  readonly #control: Channel;
  readonly #channels: readonly Channel[];
  readonly #timeoutMs: number | undefined;
  readonly #feedsItself: boolean;
  #exitCode: Promise<number> | undefined;
  #fault: Error | undefined;

  constructor(
    transport: Transport,
    changeId: string,
    command: readonly string[],
    { control, stdio, stderr }: Channels,
    options: ExecOptions,
  ) {
    this.changeId = changeId;
    this.stdin = stdio.input();
    this.stdout = stdio.output;
    this.stderr = stderr?.output ?? null;
    this.#transport = transport;
    this.#command = command;
    this.#control = control;
    this.#channels = stderr === null ? [control, stdio] : [control, stdio, stderr];
    this.#timeoutMs = options.timeoutMs;
    this.#feedsItself = options.stdin !== undefined;
    if (options.stdin !== undefined) this.#feed(options.stdin);
    // Pebble closes the control channel with the command's end; without this, a command that nobody waits for
    // would keep the process alive after that.
    void Promise.all([control.closed, ...this.#channels.map(({ ended }) => ended)]).then(() =>
      this.#release(),
    );
  }

  async wait(): Promise<void> {
    const exitCode = await this.#complete();
    if (exitCode !== 0) throw new ExecError(this.#command, exitCode, null, null);
  }

  async output(): Promise<ExecOutput> {
    if (!this.#feedsItself) this.stdin.end();
    const texts = Promise.all([readAll(this.stdout), this.stderr === null ? null : readAll(this.stderr)]);
    const exitCode = await this.#complete();
    const [stdout, stderr] = await texts;
    if (exitCode !== 0) throw new ExecError(this.#command, exitCode, stdout, stderr);
    return { stdout, stderr: stderr ?? '' };
  }

  sendSignal(signal: string | number): void {
    this.#control.command({ command: 'signal', signal: { name: signalName(signal) } });
  }

  resize(width: number, height: number): void {
    this.#control.command({ command: 'resize', resize: { width, height } });
  }

  #complete(): Promise<number> {
    this.#exitCode ??= this.#end();
    return this.#exitCode;
  }

  async #end(): Promise<number> {
    try {
      const limit = this.#timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.#timeoutMs + REPORT_MS;
      const change = await completeChange(this.#transport, this.changeId, limit);
      // Pebble has sent all output by now; what is still on its way gets a moment.
      const ended = Promise.all(this.#channels.slice(1).map((channel) => channel.ended));
      await Promise.race([ended, sleep(REPORT_MS, undefined, { ref: false })]);
      if (this.#fault !== undefined) throw this.#fault;
      // As `ops` does: -1 when Pebble does not say, as after its restart in the middle of the command.
      return exitSchema.safeParse(change.tasks[0]?.data).data?.['exit-code'] ?? -1;
    } catch (error) {
      throw this.#fault ?? error;
    } finally {
      this.#release();
    }
  }

  /** Closing the control channel of a command that still runs makes Pebble kill it. */
  #release(): void {
    for (const channel of this.#channels) channel.destroy();
  }

  #feed(source: string | Uint8Array | Readable): void {
    if (!(source instanceof Readable)) {
      this.stdin.end(source);
      return;
    }
    pipeline(source, this.stdin).catch((error: Error) => {
      this.#fault = new PebbleError(`cannot read the command's stdin: ${error.message}`, { cause: error });
      this.#release();
    });
  }
}

async function readAll(stream: Readable): Promise<string> {
  return (await buffer(stream)).toString('utf8');
}
