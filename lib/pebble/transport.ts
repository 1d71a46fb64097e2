/** One HTTP request to Pebble and its answer's envelope. Every answer is parsed by a schema. */
import type { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { HttpClient, HttpConnectionError, HttpProtocolError, HttpTimeoutError } from '../http.ts';
import { ApiError, ConnectionError, ProtocolError, TimeoutError } from './errors.ts';

export interface PebbleRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: { readonly type: string; readonly content: Uint8Array | Readable };
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long silence may last beyond what the server was asked to wait, in milliseconds. */
  readonly extraTimeoutMs?: number;
}

export interface PebbleAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What an asynchronous request answers at once: the change to wait for. */
export interface Started<T> {
  readonly changeId: string;
  readonly result: T;
}

const envelopeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sync'), result: z.optional(z.unknown()) }),
  z.object({ type: z.literal('async'), change: z.string(), result: z.optional(z.unknown()) }),
  z.object({
    type: z.literal('error'),
    'status-code': z.optional(z.number()),
    result: z.object({ message: z.string(), kind: z.optional(z.string()) }),
  }),
]);

/** Pebble itself sends none; what stands before it might. */
const MOST_REDIRECTS = 5;

type Envelope = z.infer<typeof envelopeSchema>;

export class Transport {
  readonly socketPath: string;
  readonly timeoutMs: number;
  readonly #http: HttpClient;

  constructor(socketPath: string, timeoutMs: number) {
    this.socketPath = socketPath;
    this.timeoutMs = timeoutMs;
    this.#http = new HttpClient({ socketPath });
  }

  /** A request that Pebble answers with its result. */
  async sync<T>(schema: z.core.$ZodType<T>, request: PebbleRequest): Promise<T> {
    const envelope = await this.#envelope(request);
    if (envelope.type !== 'sync') throw this.#protocol(request, `answered with type "${envelope.type}"`);
    return this.parse(schema, envelope.result, request);
  }

  /** A request that Pebble answers with the id of a change. */
  async async<T>(schema: z.core.$ZodType<T>, request: PebbleRequest): Promise<Started<T>> {
    const envelope = await this.#envelope(request);
    if (envelope.type !== 'async') throw this.#protocol(request, `answered with type "${envelope.type}"`);
    return { changeId: envelope.change, result: this.parse(schema, envelope.result, request) };
  }

  /** The answer as it is; for bodies that are not JSON. */
  async raw(request: PebbleRequest): Promise<PebbleAnswer> {
    return this.#send(request, `${request.path}${queryText(request.query)}`, MOST_REDIRECTS);
  }

  async #send(request: PebbleRequest, path: string, redirects: number): Promise<PebbleAnswer> {
    const json = request.json === undefined ? undefined : JSON.stringify(request.json);
    const type = json === undefined ? request.body?.type : 'application/json';
    try {
      const { status, headers, body } = await this.#http.send({
        method: request.method,
        path,
        headers: {
          accept: request.accept ?? 'application/json',
          ...request.headers,
          ...(type !== undefined && { 'content-type': type }),
        },
        body: json ?? request.body?.content,
        silenceMs: this.timeoutMs + (request.extraTimeoutMs ?? 0),
      });
      const { location } = headers;
      if (
        request.method === 'GET' &&
        status >= 300 &&
        status < 400 &&
        location !== undefined &&
        redirects > 0
      ) {
        const { pathname, search } = new URL(location, `http://localhost${path}`);
        return await this.#send(request, `${pathname}${search}`, redirects - 1);
      }
      return { status, contentType: headers['content-type'] ?? '', body };
    } catch (error) {
      throw this.#translate(error, describe(request));
    }
  }

  /** The envelope in an answer's body; ApiError when it is an error. */
  envelope(answer: PebbleAnswer, request: PebbleRequest): Envelope {
    const { status, contentType, body } = answer;
    let data: unknown;
    try {
      data = JSON.parse(body.toString('utf8'));
    } catch (cause) {
      const got = `${body.length} bytes of ${contentType || 'unknown type'}`;
      throw this.#protocol(request, `answered with status ${status} and ${got}, which is not JSON`, {
        cause,
      });
    }
    const envelope = this.parse(envelopeSchema, data, request);
    if (envelope.type === 'error') {
      const { kind = '', message } = envelope.result;
      throw new ApiError(envelope['status-code'] ?? status, kind, message, describe(request));
    }
    return envelope;
  }

  /** Data that passes the schema; the values stay out of the error's text, because they may be secret. */
  parse<T>(schema: z.core.$ZodType<T>, data: unknown, request: PebbleRequest): T {
    const parsed = z.safeParse(schema, data);
    if (parsed.success) return parsed.data;
    throw this.#protocol(request, `answered with an unknown shape (${faultsOf(parsed.error)})`);
  }

  close(): void {
    this.#http.close();
  }

  async #envelope(request: PebbleRequest): Promise<Envelope> {
    return this.envelope(await this.raw(request), request);
  }

  /** The PebbleError for whatever went wrong on the way; errors of the caller's own streams stay as they are. */
  #translate(error: unknown, what: string): unknown {
    const options = { cause: error };
    if (error instanceof HttpTimeoutError) {
      const text = `Pebble at ${this.socketPath} did not answer ${what} within ${this.timeoutMs} ms`;
      return new TimeoutError(text, options);
    }
    if (error instanceof HttpProtocolError) {
      const text = `what listens at ${this.socketPath} is not Pebble: ${error.reason}`;
      return new ProtocolError(text, options);
    }
    if (!(error instanceof HttpConnectionError)) return error;
    return new ConnectionError(this.socketPath, REASONS.get(error.code) ?? error.reason, options);
  }

  #protocol(request: PebbleRequest, fault: string, options?: ErrorOptions): ProtocolError {
    return new ProtocolError(`Pebble at ${this.socketPath}: ${describe(request)} was ${fault}`, options);
  }
}

/** Where data does not fit a schema; what stands there may be secret. */
export function faultsOf(error: z.core.$ZodError): string {
  const faults = error.issues.map((issue) => {
    const where = issue.path.length === 0 ? 'the answer' : issue.path.map(String).join('.');
    if (issue.code === 'invalid_value') return `${where}: expected ${issue.values.map(String).join(' or ')}`;
    return 'expected' in issue ? `${where}: expected ${issue.expected}` : `${where}: ${issue.code}`;
  });
  return faults.slice(0, 5).join('; ');
}

/** Of connections that fail, by their code. */
const REASONS = new Map([
  ['ENOENT', 'the socket does not exist'],
  ['ENOTDIR', 'the socket does not exist'],
  ['ECONNREFUSED', 'nothing listens on the socket'],
  ['ENOTSOCK', 'it is not a socket'],
  ['EACCES', 'no permission to use the socket'],
  ['EPERM', 'no permission to use the socket'],
  ['ECONNRESET', 'the connection was lost'],
  ['EPIPE', 'the connection was lost'],
]);

function describe(request: PebbleRequest): string {
  return `${request.method} ${request.path}`;
}

export function queryText(query: PebbleRequest['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of typeof value === 'string' ? [value] : value) params.append(name, item);
  }
  return params.size === 0 ? '' : `?${params}`;
}
