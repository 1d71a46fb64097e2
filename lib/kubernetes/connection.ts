/** The way to the API server: the framework's one HTTP client, so that recordings and tests see these requests, too. */
import { type HttpAnswer, HttpClient, HttpError, type HttpRequest } from '../http.ts';
import type { ServiceAccount } from './service-account.ts';

const LONGEST_MS = 15_000;
/** etcd takes no larger objects. */
const LARGEST = 4 * 1024 * 1024;

/** No answer was had; the message says why, without what was asked. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** @throws NoAnswer */
export async function ask(
  { origin, token, authority }: ServiceAccount,
  { headers, ...request }: Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'>,
): Promise<HttpAnswer> {
  const client = new HttpClient({ origin, caChain: authority, onlyCaChain: true });
  try {
    return await client.send({
      ...request,
      headers: { accept: 'application/json', ...headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(LONGEST_MS),
      largestAnswer: LARGEST,
    });
  } catch (error) {
    if (error instanceof HttpError) throw new NoAnswer(error.reason, { cause: error });
    if (error instanceof DOMException)
      throw new NoAnswer(`no answer within ${LONGEST_MS / 1000} s`, { cause: error });
    throw error;
  } finally {
    client.close();
  }
}
