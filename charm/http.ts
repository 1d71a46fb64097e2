/**
 * One HTTP request. Node's own client: in a dispatch that asks Mimir only whether it is ready, `fetch` costs three
 * times as much to load (docs/explanation/start-up.md).
 */
import { type IncomingMessage, request as startRequest } from 'node:http';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it, from connecting to the last byte. */
  readonly signal: AbortSignal;
  /** Bytes; a longer answer is an error. */
  readonly largestAnswer: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The answer was longer than it may be. */
export class AnswerTooLongError extends Error {
  override name = 'AnswerTooLongError';
}

/** @throws AnswerTooLongError, the signal's AbortError, or an error of the socket. */
export function send(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const { method, headers, body, signal, largestAnswer } = request;
  return new Promise((resolve, reject) => {
    startRequest(url, { method, headers, signal }, (response) => {
      read(response, largestAnswer).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text }),
        reject,
      );
    })
      .once('error', reject)
      .end(body);
  });
}

async function read(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > limit) throw new AnswerTooLongError(`answer of more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
