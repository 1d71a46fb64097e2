/**
 * The typed client of a local model's daemon, for the CLI and the tests. `openModel` starts the daemon when none
 * answers; the model then goes on where it was.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import {
  api,
  type Request,
  type Response,
  type StreamRequest,
  type StreamVerb,
  type Task,
  type Verb,
} from './api.ts';
import { ensureDaemon } from './daemon/start.ts';
import { encodeFrame, readFrames } from './frames.ts';
import type { SocketPath } from './socket-path.ts';

export { modelExists } from './daemon/start.ts';

/** The daemon refused: `message` is Juju's own text. `status` is the HTTP status. */
export class ModelError extends Error {
  override name = 'ModelError';
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Which model, and who is told of what takes long. */
export interface OpenOptions {
  /** Default `.juju-local`; need not be absolute. */
  readonly modelDir?: string;
  /** The name a new model gets; default `local`. */
  readonly modelName?: string;
  /** Told what is being waited for, such as peers that are built on first use. */
  readonly progress?: (text: string) => void;
}

/** What a command in a unit reads and writes. */
export interface Stdio {
  /** Bytes for the process's stdin; undefined gives it none. */
  readonly stdin?: AsyncIterable<Buffer | string>;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** New terminal sizes, when a terminal was asked for. */
  readonly resizes?: AsyncIterable<{ columns: number; rows: number }>;
}

/** Opens the model in this folder; makes the model and starts its daemon when needed. */
export async function openModel(options: OpenOptions = {}): Promise<LocalClient> {
  const socket = await ensureDaemon(options);
  return new LocalClient(socket);
}

/**
 * A model that is open. `call` does what the verb of the same name does in `juju-local`: `deploy`, `integrate`, `status`,
 * `run`, `destroy-model`. What comes as a stream has methods of its own. The model goes on after `close`.
 */
export class LocalClient {
  readonly #socket: SocketPath;

  constructor(socket: SocketPath) {
    this.#socket = socket;
  }

  /** One verb; the answer is parsed by its schema. Throws ModelError with Juju's text. */
  async call<V extends Verb>(verb: V, request: Request<V>): Promise<Response<V>> {
    const { status, body } = await post(this.#socket.path, `/1.0/${verb}`, request);
    const answer: unknown = body === '' ? {} : JSON.parse(body);
    if (status !== 200) throw refusal(answer, status);
    // The schema of this very verb has just parsed it; TypeScript cannot follow an indexed generic.
    return api[verb].response.parse(answer) as Response<V>;
  }

  /** Follows a task until it has ended; `log` gets each action-log line as it comes. */
  async waitTask(
    id: string,
    log: (line: { time: string; message: string }) => void = () => {},
  ): Promise<Task> {
    let seen = 0;
    for (;;) {
      const task = await this.call('task', { id, wait: 60, logSeen: seen });
      for (const line of task.log.slice(seen)) log(line);
      seen = task.log.length;
      if (task.completed !== undefined) return task;
    }
  }

  /** Log lines, without their newline; endless with `follow`. */
  async *debugLog(request: StreamRequest<'debug-log'> = {}): AsyncGenerator<string> {
    const response = await this.#stream('debug-log', request);
    if (response.kind !== 'answer') throw new Error('the daemon upgraded a debug-log request');
    try {
      for await (const line of createInterface({ input: response.message })) yield line;
    } finally {
      response.message.destroy();
    }
  }

  /** `juju exec`: the exit code. */
  async exec(request: StreamRequest<'exec'>, stdio: Stdio): Promise<number> {
    return this.#process('exec', request, stdio);
  }

  /** A command in a container: the exit code. */
  async ssh(request: StreamRequest<'ssh'>, stdio: Stdio): Promise<number> {
    return this.#process('ssh', request, stdio);
  }

  /** A raw TCP connection to a unit's or an application's port. */
  async forward(request: StreamRequest<'forward'>): Promise<Duplex> {
    return this.#upgrade('forward', request);
  }

  /** Lets go of the model's folder; the daemon stays. */
  close(): void {
    this.#socket.close();
  }

  async #process<V extends 'exec' | 'ssh'>(
    verb: V,
    request: StreamRequest<V>,
    stdio: Stdio,
  ): Promise<number> {
    const connection = await this.#upgrade(verb, request);
    void sendStdin(connection, stdio).catch(() => connection.destroy());
    void sendResizes(connection, stdio).catch(() => {});
    for await (const { kind, payload } of readFrames(connection)) {
      if (kind === 'stdout') stdio.stdout(payload);
      if (kind === 'stderr') stdio.stderr(payload);
      if (kind === 'exit') {
        connection.destroy();
        return Number(payload.toString());
      }
    }
    throw new ModelError(`cannot follow the command: the connection to ${request.unit} ended`, 502);
  }

  async #upgrade<V extends StreamVerb>(verb: V, request: StreamRequest<V>): Promise<Duplex> {
    const response = await this.#stream(verb, request);
    if (response.kind === 'answer') throw new Error(`the daemon did not upgrade a ${verb} request`);
    return response.connection;
  }

  #stream<V extends StreamVerb>(verb: V, request: StreamRequest<V>): Promise<StreamAnswer> {
    const query = encodeURIComponent(JSON.stringify(request));
    const upgrade = verb === 'debug-log' ? {} : { connection: 'upgrade', upgrade: 'juju-local' };
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        socketPath: this.#socket.path,
        path: `/1.0/${verb}?request=${query}`,
        headers: upgrade,
        agent: false,
      });
      sent.on('error', reject);
      sent.on('upgrade', (_message, connection, head) => {
        if (head.length > 0) connection.unshift(head);
        resolve({ kind: 'upgrade', connection });
      });
      sent.on('response', (message) => {
        if (message.statusCode === 200) resolve({ kind: 'answer', message });
        else
          readAll(message).then(
            (body) => reject(refusal(JSON.parse(body), message.statusCode ?? 500)),
            reject,
          );
      });
      sent.end();
    });
  }
}

type StreamAnswer =
  | { readonly kind: 'answer'; readonly message: IncomingMessage }
  | { readonly kind: 'upgrade'; readonly connection: Duplex };

async function sendStdin(connection: Duplex, stdio: Stdio): Promise<void> {
  for await (const chunk of stdio.stdin ?? []) {
    const payload = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (connection.destroyed) return;
    connection.write(encodeFrame('stdin', payload));
  }
  if (!connection.destroyed) connection.write(encodeFrame('stdin-end'));
}

async function sendResizes(connection: Duplex, stdio: Stdio): Promise<void> {
  for await (const size of stdio.resizes ?? []) {
    if (connection.destroyed) return;
    connection.write(encodeFrame('resize', JSON.stringify(size)));
  }
}

function post(socketPath: string, path: string, body: unknown): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      socketPath,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      agent: false,
    });
    sent.on('error', reject);
    sent.on('response', (message) => {
      readAll(message).then((text) => resolve({ status: message.statusCode ?? 500, body: text }), reject);
    });
    sent.end(JSON.stringify(body));
  });
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(answer: unknown, status: number): ModelError {
  const text =
    typeof answer === 'object' && answer !== null && 'error' in answer
      ? String(answer.error)
      : `HTTP ${status}`;
  return new ModelError(text, status);
}
