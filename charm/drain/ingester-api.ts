/** What an ingester is asked while it is drained. */
import { parseJson } from 'charmwright';
import * as z from 'zod/mini';
import { sumOf } from '../metrics.ts';
import type { MimirApi } from '../mimir-api.ts';
import { MimirAnswerError, MimirError, MimirRefusedError, MimirUnreachableError } from '../mimir-errors.ts';
import { within } from '../patience.ts';

const METRICS = {
  series: 'cortex_ingester_memory_series',
  flushing: 'cortex_ingester_tsdb_forced_compactions_in_progress',
  /** 0 when every block is in object storage, else the time of the oldest that is not. */
  unshipped: 'cortex_ingester_oldest_unshipped_block_timestamp_seconds',
  uploads: 'cortex_ingester_shipper_uploads_total',
  samples: 'cortex_ingester_ingested_samples_total',
} as const;

export interface Progress {
  /** In memory. */
  readonly series: number;
  readonly flushing: boolean;
  /** By the ingester's own account every block is in object storage. */
  readonly shipped: boolean;
  readonly uploads: number;
  /** Taken in since it was started. */
  readonly samples: number;
}

export async function progress(api: MimirApi): Promise<Progress> {
  const samples = await api.metrics(Object.values(METRICS));
  return {
    series: sumOf(samples, METRICS.series),
    flushing: sumOf(samples, METRICS.flushing) > 0,
    shipped: sumOf(samples, METRICS.unshipped) === 0,
    uploads: sumOf(samples, METRICS.uploads),
    samples: sumOf(samples, METRICS.samples),
  };
}

/** A flush under way. */
export interface Flush {
  ended: boolean;
  error?: MimirError;
}

/**
 * Mimir answers 204 whether or not a block has arrived anywhere, so its answer only ends the flush; that the blocks
 * are in object storage must be seen.
 */
export function startFlush(api: MimirApi, tenant: string | undefined, timeoutMs: number): Flush {
  const flush: Flush = { ended: false };
  void api.flush(tenant, timeoutMs).then(
    () => {
      flush.ended = true;
    },
    (error: unknown) => {
      // Mimir breaks off the answer of a long flush and goes on: the metrics tell the end of it.
      flush.ended = true;
      if (error instanceof MimirError && !(error instanceof MimirUnreachableError)) flush.error = error;
    },
  );
  return flush;
}

/** From now on other ingesters take the writes; queries go on. It is kept in the ring, not on the volume. */
export async function takeNoWrites(api: MimirApi): Promise<void> {
  await api.demand({ what: 'make the ingester read-only', method: 'POST', path: READ_ONLY });
}

/** @throws MimirRefusedError with status 409 while a flush is under way. */
export async function takeWrites(api: MimirApi): Promise<void> {
  await api.demand({ what: 'let the ingester take writes', method: 'DELETE', path: READ_ONLY });
}

/** A flush under way keeps an ingester from taking writes again. */
const LONGEST_FLUSH_MS = 120_000;

/** Waits for a flush under way. */
export async function takeWritesAgain(api: MimirApi): Promise<void> {
  const refused = await within(
    LONGEST_FLUSH_MS,
    () =>
      takeWrites(api).catch((error: unknown) => {
        if (error instanceof MimirRefusedError && error.status === 409) return error;
        throw error;
      }),
    (error) => error === undefined,
  );
  if (refused !== undefined) throw refused;
}

const READ_ONLY = '/ingester/prepare-instance-ring-downscale';
const readOnlySchema = z.object({ timestamp: z.number() });

/** Whether it has been asked to take no writes. */
export async function isReadOnly(api: MimirApi): Promise<boolean> {
  const { timestamp } = await json(api, 'ask whether the ingester takes writes', READ_ONLY, readOnlySchema);
  return timestamp > 0;
}

/**
 * When Mimir is stopped next, for whatever reason, it flushes and leaves the rings: kept on the volume, so that it
 * also holds after a crash.
 */
export async function prepareShutdown(api: MimirApi): Promise<void> {
  await api.demand({ what: 'prepare the ingester for its end', method: 'POST', path: SHUTDOWN });
  try {
    await api.demand({
      what: 'prepare the store gateway for its end',
      method: 'POST',
      path: '/store-gateway/prepare-shutdown',
    });
  } catch (error) {
    // It does not run here.
    if (!(error instanceof MimirRefusedError) || error.status !== 404) throw error;
  }
}

const SHUTDOWN = '/ingester/prepare-shutdown';

/**
 * Should it be stopped before its time, it flushes, and is missed: queries that need it fail, where they would else answer
 * without what they do not find in the bucket yet. `prepareShutdown` takes this back.
 */
export async function stayInRing(api: MimirApi): Promise<void> {
  await api.demand({ what: 'keep the ingester in its ring', method: 'DELETE', path: UNREGISTER });
}

/** Whatever its configuration says. */
export async function leaveRingAtShutdown(api: MimirApi): Promise<void> {
  const body = '{"unregister":true}';
  const what = 'let the ingester leave the ring when it ends';
  await api.demand({ what, method: 'PUT', path: UNREGISTER, body });
}

const UNREGISTER = '/ingester/unregister-on-shutdown';

/** When it is stopped next, it comes back to its log as ever. */
export async function cancelShutdown(api: MimirApi): Promise<void> {
  await api.demand({ what: 'take back the end of the ingester', method: 'DELETE', path: SHUTDOWN });
}

/** What it would do when it is stopped next. Undefined: this Mimir has no ingester. */
export async function atShutdown(api: MimirApi): Promise<'leaves' | 'comes back' | undefined> {
  try {
    const { body } = await api.demand({ what: 'ask for the ingester', method: 'GET', path: SHUTDOWN });
    return body.trim() === 'set' ? 'leaves' : 'comes back';
  } catch (error) {
    if (error instanceof MimirRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

export interface Block {
  readonly tenant: string;
  /** A ULID. */
  readonly id: string;
}

const tenantsSchema = z.object({ Tenants: z.nullable(z.array(z.object({ Tenant: z.string() }))) });
const blocksSchema = z.object({ Blocks: z.nullable(z.array(z.object({ ID: z.string() }))) });

/** Those of whom the ingester has anything, in memory or on its volume. */
export async function localTenants(api: MimirApi): Promise<readonly string[]> {
  const { Tenants } = await json(api, 'list the tenants', '/ingester/tenants', tenantsSchema);
  return (Tenants ?? []).map(({ Tenant }) => Tenant);
}

/** Those on the ingester's volume that are complete, shipped or not. */
export async function localBlocks(api: MimirApi): Promise<readonly Block[]> {
  const blocks = (await localTenants(api)).map(async (tenant) => {
    const path = `/ingester/tsdb/${encodeURIComponent(tenant)}`;
    const read = await json(api, `list the blocks of tenant ${tenant}`, path, blocksSchema);
    return (read.Blocks ?? []).map(({ ID: id }) => ({ tenant, id }));
  });
  return (await Promise.all(blocks)).flat();
}

async function json<T>(api: MimirApi, what: string, path: string, schema: z.core.$ZodType<T>): Promise<T> {
  const { body } = await api.demand({ what, method: 'GET', path, accept: 'application/json' });
  const read = z.safeParse(schema, parseJson(body));
  if (!read.success) throw new MimirAnswerError(`cannot ${what}: Mimir answers something else`);
  return read.data;
}
