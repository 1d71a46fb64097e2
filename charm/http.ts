/**
 * One HTTP request. Node's own client: in a dispatch that asks Mimir only whether it is ready, `fetch` costs three
 * times as much to load (docs/explanation/start-up.md).
 */
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as startHttp,
} from 'node:http';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it, from connecting to the last byte. */
  readonly signal: AbortSignal;
  /** Bytes; a longer answer is an error. */
  readonly largestAnswer: number;
  /** Certificates to trust besides those that Node knows, as one PEM text. */
  readonly caChain?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The answer was longer than it may be. */
export class AnswerTooLongError extends Error {
  override name = 'AnswerTooLongError';
}

/** Redirects are answers, too. @throws AnswerTooLongError, the signal's AbortError, or an error of the socket. */
export async function send(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const { method, headers, body, signal, largestAnswer } = request;
  const options = { method, headers, signal };
  const start: Starter = url.startsWith('https:') ? await httpsStarter(request.caChain) : startHttp;
  return new Promise((resolve, reject) => {
    start(url, options, (response) => {
      read(response, largestAnswer).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text }),
        reject,
      );
    })
      .once('error', reject)
      .end(body);
  });
}

type Starter = (
  url: string,
  options: RequestOptions,
  answered: (response: IncomingMessage) => void,
) => ClientRequest;

/** TLS is loaded only where it is spoken. */
async function httpsStarter(caChain: string | undefined): Promise<Starter> {
  const [{ Agent, request: startHttps }, { rootCertificates }] = await Promise.all([
    import('node:https'),
    import('node:tls'),
  ]);
  if (caChain === undefined) return startHttps;
  const agent = new Agent({ ca: [...rootCertificates, caChain], allowPartialTrustChain: true });
  return (url, options, answered) => startHttps(url, { ...options, agent }, answered);
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
