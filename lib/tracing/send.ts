/** The sending of the traces that wait: the work of a process of its own, see `sender.ts`. */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { type HttpAnswer, HttpClient } from '../http.ts';
import { TraceBuffer } from './buffer.ts';
import { DESTINATION_FILE, type Destination, parseDestination } from './destination.ts';
import { tracesRequest } from './otlp.ts';
import { LONGEST_SENDING_MS, noteRefusal, releaseLock, takeLock } from './sender.ts';

/** As ops has them. */
const LIMITS = { requestMs: 1000, requests: 10, allMs: 6000 } as const;

const LOWEST_PRIORITY = 19;
/** Longer than a dispatch takes from opening a file of the buffer to having written to it. */
const WRITE_MS = 50;

/** The data themselves are wrong, or too much: another time they would be again. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

type Answer = Pick<HttpAnswer, 'status' | 'body'>;
/** For a file without a readable line. */
const ACCEPTED: Answer = { status: 200, body: Buffer.alloc(0) };
const LARGEST_ANSWER = 64 * 1024;
/** Bytes of the collector's words that are kept. */
const LONGEST_REFUSAL = 300;

/** Sends what waits in the charm's folder, behind everything else that the machine has to do. */
export async function sendTraces(folder: string): Promise<void> {
  setPriority(LOWEST_PRIORITY);
  setTimeout(() => process.exit(1), LONGEST_SENDING_MS).unref();
  await sendBuffer(folder);
}

/** Sends as much as the limits allow. */
export async function sendBuffer(folder: string): Promise<void> {
  const { url, ca } = readDestination(folder);
  if (url === undefined || !takeLock(folder)) return;
  const isReached = await sendAll(folder, url, ca).catch(() => true);
  // Kept when the collector is away, so that not every hook of a busy time starts a process to find it out.
  if (isReached) releaseLock(folder);
}

/** @returns whether the collector took what it was sent, as far as the limits went. */
async function sendAll(folder: string, url: string, ca: string | undefined): Promise<boolean> {
  const { origin, pathname, search } = new URL(url);
  const client = new HttpClient({ origin, caChain: ca });
  const buffer = new TraceBuffer(folder);
  const end = performance.now() + LIMITS.allMs;
  for (let requests = 0; requests < LIMITS.requests && performance.now() < end; requests++) {
    const [name] = buffer.closed();
    if (name === undefined) break;
    await new Promise((resolve) => setTimeout(resolve, WRITE_MS));
    const traces = buffer.read(name);
    const answer = traces.length === 0 ? ACCEPTED : await send(client, pathname + search, traces);
    if (answer === undefined) return false;
    if (answer.status >= 300) {
      const said = answer.body.toString('utf8', 0, LONGEST_REFUSAL);
      noteRefusal(folder, `${origin} answered ${answer.status}: ${said}`);
      if (!REFUSALS.has(answer.status)) return false;
    }
    buffer.remove(name);
  }
  return true;
}

/** Undefined when there was no answer in time, or none that is HTTP. */
async function send(
  client: HttpClient,
  path: string,
  traces: readonly string[],
): Promise<Answer | undefined> {
  try {
    return await client.send({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: tracesRequest(traces),
      signal: AbortSignal.timeout(LIMITS.requestMs),
      largestAnswer: LARGEST_ANSWER,
    });
  } catch {
    return undefined;
  }
}

function readDestination(folder: string): Destination {
  try {
    return parseDestination(readFileSync(join(folder, DESTINATION_FILE), 'utf8'));
  } catch {
    return {};
  }
}
