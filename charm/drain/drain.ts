/**
 * Empties an ingester: others take its writes, what it holds goes to object storage and is seen there, and whoever
 * queries finds it there. Only then it may go.
 *
 * Mimir's answers are no proof: it says 204 to a flush whose upload has failed, and after a stop it counts no block as
 * unshipped, for it has none open. So nothing is stopped before the running ingester's own account and the bucket agree.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sumOf } from '../metrics.ts';
import type { MimirApi } from '../mimir-api.ts';
import { MimirError } from '../mimir-errors.ts';
import { type BlocksBucket, BucketError, type RunningStorage } from './bucket.ts';
import { type IndexedMemory, sinceWhen } from './indexed.ts';
import {
  type Block,
  localBlocks,
  type Progress,
  prepareShutdown,
  progress,
  startFlush,
  stayInRing,
  takeNoWrites,
} from './ingester-api.ts';

export interface Drain {
  /** The ingester's own Mimir. */
  readonly api: MimirApi;
  readonly storage: RunningStorage;
  /** It goes for good, so that a Mimir that is stopped meanwhile flushes by itself. */
  readonly leaving: boolean;
  /**
   * Mimirs that stay and have a store gateway: queries find the blocks when these have loaded them. `unknown`: they are
   * of another application, and are given the time that they take at most. `anew`: all are started anew before the
   * ingester is missed, and read the indexes then.
   */
  readonly readers: readonly MimirApi[] | 'unknown' | 'anew';
  /** Of the drain that was killed before this one. Absent: each begins anew. */
  readonly memory?: IndexedMemory;
  /** In milliseconds since 1970. */
  readonly deadline: number;
  readonly tell: (progress: string) => Promise<void>;
}

export type DrainResult =
  | {
      readonly kind: 'drained';
      /** That were in memory. */
      readonly series: number;
      /** Of the last hours, each seen in the bucket; undefined where the charm has no keys to look. */
      readonly blocks: number | undefined;
    }
  /** Everything is still on the volume, and the ingester takes no writes. Draining it again goes on with it. */
  | { readonly kind: 'stuck'; readonly reason: string };

const POLL_MS = 1000;
const AGAIN_MS = 5000;
/** The others hear within moments that the ingester takes no writes; what is under way is waited for. */
const QUIET_MS = 3000;
const LONGEST_NOISE_MS = 20_000;

/** Once it has taken no writes any more nothing that it was given is lost, whatever the result. */
export async function drainIngester(drain: Drain): Promise<DrainResult> {
  const { deadline, tell } = drain;
  let series = 0;
  let told = '';
  for (;;) {
    const outcome = await attempt(drain, (count) => {
      series = Math.max(series, count);
    });
    if (outcome.kind === 'drained') return { ...outcome, series };
    if (outcome.reason !== told) await tell(outcome.reason);
    told = outcome.reason;
    if (Date.now() + AGAIN_MS > deadline) return outcome;
    await sleep(outcome.again === true ? 0 : AGAIN_MS);
  }
}

type Attempt =
  | { readonly kind: 'drained'; readonly blocks: number | undefined }
  | { readonly kind: 'stuck'; readonly reason: string; readonly again?: true };

async function attempt(drain: Drain, counted: (series: number) => void): Promise<Attempt> {
  try {
    return await tryOnce(drain, counted);
  } catch (error) {
    if (error instanceof BucketError || error instanceof MimirError)
      return { kind: 'stuck', reason: error.message };
    throw error;
  }
}

async function tryOnce(drain: Drain, counted: (series: number) => void): Promise<Attempt> {
  const { api, leaving, storage, deadline, tell } = drain;
  // Mimir may have been started anew since.
  if (leaving) {
    await prepareShutdown(api);
    await stayInRing(api);
  }
  await takeNoWrites(api);
  const before = await quiet(api);
  counted(before.series);
  if (before.series > 0) await tell(`flushing ${before.series} series`);
  const flush = startFlush(api, undefined, Math.max(deadline - Date.now(), POLL_MS));
  let now = await progress(api);
  while (!flush.ended || now.flushing) {
    if (Date.now() > deadline) return { kind: 'stuck', reason: 'the flush has not come to its end in time' };
    await sleep(POLL_MS);
    now = await progress(api);
  }
  if (flush.error !== undefined) throw flush.error;
  const { bucket } = storage;
  const local = (await localBlocks(api)).filter(isRecent);
  const { recent, missing } =
    bucket === undefined ? { recent: local, missing: 0 } : await lookFor(bucket, local);
  if (!now.shipped || missing > 0) return { kind: 'stuck', reason: notThere(missing) };
  await tell(
    bucket === undefined ? 'all blocks are shipped' : `${recent.length} recent blocks seen in the bucket`,
  );
  await untilFound(drain, recent);
  const after = await progress(api);
  if (after.samples !== before.samples)
    return { kind: 'stuck', reason: 'samples came in meanwhile, and are flushed, too', again: true };
  if (!after.shipped) return { kind: 'stuck', reason: notThere(0) };
  return { kind: 'drained', blocks: bucket === undefined ? undefined : recent.length };
}

function notThere(missing: number): string {
  const which = missing === 0 ? 'blocks have' : missing === 1 ? '1 block has' : `${missing} blocks have`;
  return `${which} not arrived in object storage`;
}

/** Until no sample has come in for a moment. */
async function quiet(api: MimirApi): Promise<Progress> {
  const end = Date.now() + LONGEST_NOISE_MS;
  let last = await progress(api);
  let since = Date.now();
  while (Date.now() - since < QUIET_MS && Date.now() < end) {
    await sleep(POLL_MS);
    const now = await progress(api);
    if (now.samples !== last.samples) since = Date.now();
    last = now;
  }
  return last;
}

/** Blocks are deleted 12 hours after they were compacted into others: younger ones must be there. */
const RECENT_MS = 6 * 3600 * 1000;

function isRecent({ id }: Block): boolean {
  return Date.now() - madeAt(id) < RECENT_MS;
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The first ten characters of a ULID, in milliseconds since 1970. */
export function madeAt(ulid: string): number {
  return [...ulid.slice(0, 10)].reduce((time, char) => time * 32 + CROCKFORD.indexOf(char), 0);
}

/** Requests to the bucket at a time. */
const AT_ONCE = 8;

/** Those of these blocks that shall be in the bucket, and how many are not: of a deleted tenant none is left there. */
async function lookFor(
  bucket: BlocksBucket,
  blocks: readonly Block[],
): Promise<{ readonly recent: readonly Block[]; readonly missing: number }> {
  const missing: Block[] = [];
  for (let first = 0; first < blocks.length; first += AT_ONCE) {
    const some = blocks.slice(first, first + AT_ONCE);
    const there = await Promise.all(some.map((block) => bucket.has(block)));
    missing.push(...some.filter((_, at) => there[at] !== true));
  }
  const deleted = new Set<string>();
  for (const tenant of new Set(missing.map((block) => block.tenant)))
    if (await bucket.isDeleted(tenant)) deleted.add(tenant);
  const isWanted = ({ tenant }: Block) => !deleted.has(tenant);
  return { recent: blocks.filter(isWanted), missing: missing.filter(isWanted).length };
}

/** Blocks that were uploaded so long ago are known to all. They may have been made long before, while storage was away. */
const KNOWN_MS = 10 * 60_000;
/** A Mimir that rebuilds its indexes twice a minute has done so after this. */
const UNSEEN_INDEX_MS = 50_000;

/**
 * Until queries do not need this ingester: the blocks are in their tenants' indexes, every store gateway that stays has
 * loaded them, and queriers have read the indexes again. Meanwhile the ingester answers for them.
 */
async function untilFound(drain: Drain, blocks: readonly Block[]): Promise<void> {
  const { readers, storage, deadline, tell } = drain;
  const { bucket, seenAfterSeconds } = storage;
  if (seenAfterSeconds === undefined || readers.length === 0 || blocks.length === 0) return;
  const uploaded = bucket === undefined ? undefined : await lastUpload(bucket, blocks);
  if (uploaded !== undefined && Date.now() - uploaded > KNOWN_MS) return;
  await tell('waiting until queries find the blocks in the bucket');
  const since = await indexedSince(drain, blocks);
  if (readers === 'anew') return;
  const left = Math.max(0, since + seenAfterSeconds * 1000 - Date.now());
  if (left > 0 && Date.now() + left > deadline) throw notFound('queriers to know them');
  const asked = readers === 'unknown' ? [] : readers;
  await Promise.all([sleep(left), ...asked.map((reader) => untilSynced(reader, since, deadline))]);
}

/** When all of them were seen in their indexes, which may have been in a drain that was killed. */
async function indexedSince({ storage, memory, deadline }: Drain, blocks: readonly Block[]): Promise<number> {
  const ids = blocks.map(({ id }) => id);
  const known = sinceWhen(await memory?.recall(), ids);
  if (known !== undefined) return known;
  if (storage.bucket === undefined) await sleep(UNSEEN_INDEX_MS);
  else await untilIndexed(storage.bucket, blocks, deadline);
  const since = Date.now();
  await memory?.remember({ since, blocks: ids });
  return since;
}

function notFound(what: string): BucketError {
  return new BucketError(`the blocks are in object storage, and it is too early for ${what}`);
}

async function untilIndexed(bucket: BlocksBucket, blocks: readonly Block[], deadline: number): Promise<void> {
  while ((await lastUpload(bucket, blocks)) === undefined) {
    if (Date.now() > deadline) throw notFound('its index to have them');
    await sleep(AGAIN_MS);
  }
}

/** When the last of these blocks was uploaded. Undefined while one is not in its tenant's index. */
async function lastUpload(bucket: BlocksBucket, blocks: readonly Block[]): Promise<number | undefined> {
  let last = 0;
  for (const [tenant, own] of Map.groupBy(blocks, (block) => block.tenant)) {
    const index = await bucket.indexed(tenant);
    const uploads = own.flatMap(({ id }) => index.get(id) ?? []);
    if (uploads.length < own.length) return undefined;
    last = Math.max(last, ...uploads);
  }
  return last;
}

const SYNCED = 'cortex_bucket_stores_blocks_last_successful_sync_timestamp_seconds';

/** By which clocks of units may differ. */
const SKEW_MS = 10_000;

/**
 * The second synchronisation that ends after a time has begun after it. One that does not answer any more has gone, too.
 * @param since in milliseconds since 1970, by the clock of this unit.
 */
async function untilSynced(reader: MimirApi, since: number, deadline: number): Promise<void> {
  const ends = new Set<number>();
  while (ends.size < 2) {
    if (Date.now() > deadline) throw notFound('a store gateway to have loaded them');
    try {
      const end = sumOf(await reader.metrics([SYNCED]), SYNCED);
      if (end * 1000 > since + SKEW_MS) ends.add(end);
    } catch (error) {
      if (!(error instanceof MimirError)) throw error;
      return;
    }
    await sleep(POLL_MS);
  }
}
