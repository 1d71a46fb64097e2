/**
 * The HTTP client of whatever runs in a hook: for Pebble on its unix socket, and for workloads on the network.
 *
 * It is Node's own: in a dispatch that asks a question or two, loading undici or `fetch` costs more than all the
 * questions (docs/explanation/start-up.md). An ES import of `node:http` would read every export of that module, and
 * among them are some that load `fetch`; so Node's modules are asked for at the first request, each where it is used.
 */
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';

/** The server that is asked. */
export type HttpTarget =
  /** An HTTP server on a unix socket. */
  | { readonly socketPath: string }
  | {
      /** `http://10.1.0.7:9009`, without a path. */
      readonly origin: string;
      /** Certificates to trust besides those that Node knows, as one PEM text. */
      readonly caChain?: string | undefined;
      /** Trusts those alone: for a server that no public authority speaks for. */
      readonly onlyCaChain?: boolean;
      /** Whom the certificate must name; the host of the origin when absent. */
      readonly serverName?: string | undefined;
    };

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent in chunks, and destroyed when the request ends before it. */
  readonly body?: string | Uint8Array | Readable | undefined;
  /** The longest silence, from connecting to the last byte, in milliseconds; no limit when absent. */
  readonly silenceMs?: number;
  /** For all of it, from connecting to the last byte. */
  readonly signal?: AbortSignal;
  /** In bytes; no limit when absent. */
  readonly largestAnswer?: number;
}

/** One answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** No answer could be had. Catch a subclass to tell why. The text names the request, without its query. */
export class HttpError extends Error {
  override readonly name: string = 'HttpError';
  /** Why, without the request. */
  readonly reason: string;
  constructor(request: string, reason: string, options?: ErrorOptions) {
    super(`${request}: ${reason}`, options);
    this.reason = reason;
  }
}

/** The server cannot be reached or trusted, or the connection was lost. */
export class HttpConnectionError extends HttpError {
  override readonly name = 'HttpConnectionError';
  /** The kernel's, the resolver's or TLS' own: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`. */
  readonly code: string;
  constructor(request: string, code: string, reason: string, options?: ErrorOptions) {
    super(request, reason || code, options);
    this.code = code;
  }
}

/** The server was silent for longer than `silenceMs`. */
export class HttpTimeoutError extends HttpError {
  override readonly name = 'HttpTimeoutError';
}

/** What answered does not speak HTTP. */
export class HttpProtocolError extends HttpError {
  override readonly name = 'HttpProtocolError';
}

/** The answer was longer than `largestAnswer`. */
export class HttpTooLongError extends HttpError {
  override readonly name = 'HttpTooLongError';
}

/** Stands in the way of each request: sends it on, or answers in the server's stead. */
export type HttpDetour = (
  target: HttpTarget,
  request: HttpRequest,
  send: () => Promise<HttpAnswer>,
) => Promise<HttpAnswer>;

let way: HttpDetour | undefined;

/**
 * Leads the requests of every client in this process another way, until the returned function is called: to record
 * them, or to answer them from a recording or a test.
 */
export function detourHttp(detour: HttpDetour): () => void {
  const before = way;
  way = detour;
  return () => {
    way = before;
  };
}

/**
 * One server. Connections are kept for the next request, as many as there are requests at once; idle ones do not keep
 * the process alive.
 */
export class HttpClient {
  readonly #target: HttpTarget;
  #agent: Agent | undefined;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /**
   * Any answer is one, redirects and failures too.
   * @throws HttpError, the signal's reason, or whatever ended the stream that was to be sent.
   */
  send(request: HttpRequest): Promise<HttpAnswer> {
    if (way === undefined) return this.#send(request);
    return way(this.#target, request, () => this.#send(request));
  }

  #send(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path, headers, body, silenceMs, signal, largestAnswer } = request;
    this.#agent ??= openAgent(this.#target);
    const options = {
      ...address(this.#target),
      agent: this.#agent,
      method,
      path,
      headers: { ...lengthOf(body), ...headers },
      ...(silenceMs !== undefined && { timeout: silenceMs }),
      ...(signal !== undefined && { signal }),
    };
    const what = nameOf(this.#target, request);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : classified(what, error));
      const sent = process.getBuiltinModule('node:http').request(options, (response) => {
        const { statusCode: status = 0, headers } = response;
        read(response, what, largestAnswer).then((body) => resolve({ status, headers, body }), fail);
      });
      sent.once('error', fail);
      sent.once('timeout', () =>
        sent.destroy(new HttpTimeoutError(what, `no answer within ${silenceMs} ms`)),
      );
      if (!(body instanceof Readable)) {
        sent.end(body);
        return;
      }
      // First, so that an error of the caller's own stream is not taken for one of the connection.
      body.once('error', reject);
      pipeline(body, sent, () => undefined);
    });
  }

  /** Drops all connections; requests under way fail. A later request connects anew. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/** `GET http://10.1.0.7:9009/ready`. A query may hold what nobody else is to read. */
function nameOf(target: HttpTarget, { method, path }: HttpRequest): string {
  const asked = path.replace(/\?.*$/s, '');
  return 'socketPath' in target
    ? `${method} ${asked} at ${target.socketPath}`
    : `${method} ${target.origin}${asked}`;
}

function openAgent(target: HttpTarget): Agent {
  if ('socketPath' in target || new URL(target.origin).protocol === 'http:') {
    return new (process.getBuiltinModule('node:http').Agent)({ keepAlive: true });
  }
  const { Agent } = process.getBuiltinModule('node:https');
  if (target.caChain === undefined) return new Agent({ keepAlive: true });
  const known = target.onlyCaChain === true ? [] : process.getBuiltinModule('node:tls').rootCertificates;
  const ca = [...known, target.caChain];
  return new Agent({ keepAlive: true, ca, allowPartialTrustChain: true });
}

function address(target: HttpTarget): object {
  if ('socketPath' in target) return { ...target, ...NO_TLS };
  const { protocol, hostname, port } = new URL(target.origin);
  readyForNames(hostname);
  return {
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port !== '' && { port }),
    ...(protocol === 'http:' ? NO_TLS : target.serverName !== undefined && { servername: target.serverName }),
  };
}

/** Node would else work out a name for TLS before it knows that there is none: a large regular expression, 5 ms. */
const NO_TLS = { servername: '' } as const;

let isReadyForNames = false;

/**
 * Node looks at any host's name with a regular expression for IPv6 addresses, which V8 takes 3.6 ms to compile the first
 * time and 0.6 without unrolling what repeats in it. The flag is set for that moment only: while flags are not what they
 * were, V8 refuses the compiled code that Node brings along.
 */
function readyForNames(hostname: string): void {
  const net = process.getBuiltinModule('node:net');
  if (isReadyForNames || net.isIPv4(hostname)) return;
  isReadyForNames = true;
  const v8 = process.getBuiltinModule('node:v8');
  v8.setFlagsFromString('--no-regexp-unroll');
  net.isIPv6(hostname);
  v8.setFlagsFromString('--regexp-unroll');
}

/** How long the body is. Node says it only for some methods, and sends the bytes all the same. */
function lengthOf(body: HttpRequest['body']): Record<string, string | number> {
  if (body === undefined) return {};
  if (body instanceof Readable) return { 'transfer-encoding': 'chunked' };
  return { 'content-length': Buffer.byteLength(body) };
}

async function read(
  response: IncomingMessage,
  what: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > limit) throw new HttpTooLongError(what, `an answer of more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Node tells its errors apart by their codes; those of its HTTP parser begin with HPE_. */
function classified(what: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const [code, options] = [String(error.code), { cause: error }];
  if (code.startsWith('HPE_')) return new HttpProtocolError(what, error.message, options);
  return new HttpConnectionError(what, code, error.message, options);
}
