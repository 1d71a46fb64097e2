/**
 * Sends what is in the buffer, in a process of its own that outlives the dispatch: Juju waits for the dispatch only,
 * and a collector that is away costs a hook nothing.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpAnswer, HttpClient } from '../http.ts';
import { BUFFER_FOLDER, TraceBuffer } from './buffer.ts';
import { DESTINATION_FILE, type Destination, parseDestination } from './destination.ts';
import { tracesRequest } from './otlp.ts';

/** As ops has them. */
const LIMITS = { requestMs: 1000, requests: 10, allMs: 6000 } as const;

/** Beside the traces: who sends, or why nobody should for a while. */
const LOCK_FILE = join(BUFFER_FOLDER, 'lock');
/** After so long it is of a process that was killed. */
const LOCK_STALE_MS = 10_000;
/** What the collector said when it refused traces, for the next dispatch to log. */
const REFUSED_FILE = join(BUFFER_FOLDER, 'refused');
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

/** Waits for its standard input to end, which is when the dispatch is over, whatever ended it. */
const AFTER_THE_DISPATCH = 'read -r _; exec "$0" --input-type=module --eval "$1"';

/**
 * Has the buffer sent as soon as this process has ended. Costs a process of `sh`; Node starts only afterwards.
 * Nothing happens while another one sends, or has just found that the collector is away.
 */
export function exportAfterwards(folder: string): void {
  if (isLocked(folder)) return;
  const code = `const { exportAndExit } = await import(${JSON.stringify(import.meta.url)}); await exportAndExit(${JSON.stringify(folder)});`;
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn('/bin/sh', ['-c', AFTER_THE_DISPATCH, process.execPath, code], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE },
  });
  child.once('error', () => undefined); // no shell: the next dispatch may have one
  child.unref();
  unref(child.stdin);
}

/** What the collector has said against the traces since somebody asked last. */
export function takeRefusal(folder: string): string | undefined {
  const path = join(folder, REFUSED_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    rmSync(path, { force: true });
    return text;
  } catch {
    return undefined;
  }
}

/** The process's own work. */
export async function exportAndExit(folder: string): Promise<void> {
  process.getBuiltinModule('node:os').setPriority(LOWEST_PRIORITY);
  setTimeout(() => process.exit(1), LOCK_STALE_MS).unref();
  await exportBuffer(folder);
  process.exit(0);
}

/** Sends as much as the limits allow. */
export async function exportBuffer(folder: string): Promise<void> {
  const destination = readDestination(folder);
  if (destination.url === undefined || !takeLock(folder)) return;
  const isReached = await sendAll(folder, destination.url, destination.ca).catch(() => true);
  // Left behind when the collector is away, so that not every hook of a busy time starts a process to find it out.
  if (isReached) rmSync(join(folder, LOCK_FILE), { force: true });
}

/** @returns whether the collector took what it was sent, as far as the limits went. */
async function sendAll(folder: string, url: string, ca: string | undefined): Promise<boolean> {
  // Not above: what a dispatch loads of this file must not bring an HTTP client along.
  const { HttpClient } = await import('../http.ts');
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
      writeFileSync(join(folder, REFUSED_FILE), `${origin} answered ${answer.status}: ${said}`, {
        mode: 0o600,
      });
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

function isLocked(folder: string): boolean {
  const lock = statSync(join(folder, LOCK_FILE), { throwIfNoEntry: false });
  return lock !== undefined && Date.now() - lock.mtimeMs < LOCK_STALE_MS;
}

/** False when another process has it. */
function takeLock(folder: string): boolean {
  const path = join(folder, LOCK_FILE);
  if (isLocked(folder)) return false;
  try {
    rmSync(path, { force: true });
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch {
    return false;
  }
}

/** A pipe that is only there to be closed must not keep the dispatch alive. */
function unref(stream: object | null): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}
