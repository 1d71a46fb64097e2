import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { ApiError, ChangeError, TimeoutError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { Change, ChangeSelect } from './types.ts';

/** How long one request may wait at the server; a change is waited for by several of them. */
const POLL_MS = 4_000;

/** The limit of `ops` for what acts on services. */
export const SERVICE_TIMEOUT_MS = 30_000;

/** Of a change and of each of its tasks. */
const commonFields = () => ({
  id: z.string(),
  kind: z.string(),
  summary: z.string(),
  status: z.string(),
  'spawn-time': z.string(),
  'ready-time': z.exactOptional(z.string()),
  data: z.nullish(z.record(z.string(), z.unknown())),
});

const taskSchema = z.lazy(() =>
  z.pipe(
    z.object({
      ...commonFields(),
      log: z.nullish(z.array(z.string())),
      progress: z.object({ label: z.string(), done: z.number(), total: z.number() }),
    }),
    z.transform(({ log, data, 'spawn-time': spawnTime, 'ready-time': readyTime, ...task }) => ({
      ...task,
      log: log ?? [],
      data: data ?? {},
      spawnTime,
      ...(readyTime === undefined ? {} : { readyTime }),
    })),
  ),
);

const changeSchema = z.lazy(() =>
  z.pipe(
    z.object({
      ...commonFields(),
      tasks: z.nullish(z.array(taskSchema)),
      ready: z.boolean(),
      err: z.exactOptional(z.string()),
    }),
    z.transform(({ tasks, err, data, 'spawn-time': spawnTime, 'ready-time': readyTime, ...change }) => ({
      ...change,
      tasks: tasks ?? [],
      data: data ?? {},
      spawnTime,
      ...(err ? { err } : {}),
      ...(readyTime === undefined ? {} : { readyTime }),
    })),
  ),
);

export function getChange(transport: Transport, id: string): Promise<Change> {
  return transport.sync(changeSchema, { method: 'GET', path: changePath(id) });
}

export async function getChanges(
  transport: Transport,
  options: { readonly select?: ChangeSelect; readonly service?: string },
): Promise<readonly Change[]> {
  const query = { select: options.select, for: options.service };
  return (
    (await transport.sync(z.nullish(z.array(changeSchema)), {
      method: 'GET',
      path: '/v1/changes',
      query,
    })) ?? []
  );
}

export function abortChange(transport: Transport, id: string): Promise<Change> {
  return transport.sync(changeSchema, { method: 'POST', path: changePath(id), json: { action: 'abort' } });
}

export async function waitChange(
  transport: Transport,
  id: string,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<Change> {
  const deadline = process.uptime() * 1000 + timeoutMs;
  for (;;) {
    const left = deadline - process.uptime() * 1000;
    if (left <= 0) {
      throw new TimeoutError(`Pebble change ${id} did not finish within ${timeoutMs / 1_000} s`);
    }
    const change = await waitOnce(transport, id, Math.max(1, Math.ceil(Math.min(left, POLL_MS))));
    if (change?.ready) return change;
  }
}

/** Waits for a change that must end well. */
export async function completeChange(
  transport: Transport,
  id: string,
  timeoutMs = SERVICE_TIMEOUT_MS,
): Promise<Change> {
  const change = await waitChange(transport, id, timeoutMs);
  if (change.err !== undefined) throw new ChangeError(change);
  return change;
}

async function waitOnce(transport: Transport, id: string, ms: number): Promise<Change | undefined> {
  try {
    return await transport.sync(changeSchema, {
      method: 'GET',
      path: `${changePath(id)}/wait`,
      query: { timeout: `${ms}ms` },
      extraTimeoutMs: ms,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.statusCode === 504) return undefined;
    if (error.statusCode !== 404) throw error;
    // No such change, which this tells; or a Pebble too old to wait, which must be asked again and again.
    const change = await getChange(transport, id);
    if (!change.ready) await sleep(100);
    return change;
  }
}

function changePath(id: string): string {
  return `/v1/changes/${encodeURIComponent(id)}`;
}
