/**
 * The HTTP requests of a charm, on both ways that they go: through `charmwright/http`, and through undici with all
 * that stands on it, `fetch` among it. Loads undici, so it is for recordings only.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { detourHttp, type HttpAnswer, type HttpRequest } from '../http.ts';
import { encode, STREAM } from './values.ts';

/** A request as far as it is kept. */
export interface SentRequest {
  readonly method: string;
  /** With the origin and the query. */
  readonly url: string;
  /** As JSON can hold it. */
  readonly body?: unknown;
}

/** Tells of a request; what is given back is told how it went. */
export type Listen = (
  request: SentRequest,
) => (outcome: { readonly answer: HttpAnswer } | { readonly error: unknown }) => void;

/** Every request is told of, until the returned function is called. Those to Pebble's socket are not. */
export function listenToHttp(listen: Listen): () => void {
  const straighten = detourHttp(async (target, request, send) => {
    if (!('origin' in target)) return send();
    const tell = listen(sentRequest(target.origin, request));
    try {
      const answer = await send();
      tell({ answer });
      return answer;
    } catch (error) {
      tell({ error });
      throw error;
    }
  });
  const before = getGlobalDispatcher();
  setGlobalDispatcher(
    before.compose((dispatch) => (options, handler) => {
      const tell = listen(dispatchedRequest(options));
      return dispatch(options, new Overheard(handler, tell));
    }),
  );
  return () => {
    straighten();
    setGlobalDispatcher(before);
  };
}

/** Every request is answered so, and none is sent, until the returned function is called. */
export function answerHttp(answer: (request: SentRequest) => HttpAnswer): () => void {
  const straighten = detourHttp(async (target, request) =>
    answer(sentRequest('origin' in target ? target.origin : target.socketPath, request)),
  );
  const before = getGlobalDispatcher();
  setGlobalDispatcher(new AnsweringDispatcher(answer));
  return () => {
    straighten();
    setGlobalDispatcher(before);
  };
}

function sentRequest(origin: string, { method, path, body }: HttpRequest): SentRequest {
  return { method, url: `${origin}${path}`, ...(body === undefined ? {} : { body: encode(body) }) };
}

function dispatchedRequest({ method, origin, path, body }: Dispatcher.DispatchOptions): SentRequest {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  const sent = body === undefined || body === null ? {} : { body: isWhole ? encode(body) : STREAM };
  return { method, url: `${String(origin ?? '').replace(/\/$/, '')}${path}`, ...sent };
}

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;

/** Passes everything on, and keeps a copy of the answer. */
class Overheard implements Handler {
  readonly #handler: Handler;
  readonly #tell: ReturnType<Listen>;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(handler: Handler, tell: ReturnType<Listen>) {
    this.#handler = handler;
    this.#tell = tell;
  }

  onRequestStart(...args: Parameters<NonNullable<Handler['onRequestStart']>>): void {
    this.#handler.onRequestStart?.(...args);
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.#handler.onRequestUpgrade?.(...args);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    this.#status = status;
    this.#headers = headers;
    this.#handler.onResponseStart?.(controller, status, headers, text);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk));
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    const [status, headers, body] = [this.#status, this.#headers, Buffer.concat(this.#chunks)];
    this.#tell({ answer: { status, headers, body } });
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#tell({ error });
    this.#handler.onResponseError?.(controller, error);
  }
}

class AnsweringDispatcher extends Dispatcher {
  readonly #answer: (request: SentRequest) => HttpAnswer;

  constructor(answer: (request: SentRequest) => HttpAnswer) {
    super();
    this.#answer = answer;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    const controller = new Immediate();
    handler.onRequestStart?.(controller, {});
    try {
      const { status, headers, body } = this.#answer(dispatchedRequest(options));
      handler.onResponseStart?.(controller, status, headers);
      if (body.length > 0) handler.onResponseData?.(controller, body);
      handler.onResponseEnd?.(controller, {});
    } catch (error) {
      handler.onResponseError?.(controller, error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }
}

/** All of an answer comes at once: there is nothing to pause. */
class Immediate implements Controller {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}
