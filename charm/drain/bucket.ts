/** The bucket that a Mimir was started with, by its own configuration file: the relation may be gone already. */
import { gunzipSync } from 'node:zlib';
import { parseJson } from 'charmwright';
import { HttpError } from 'charmwright/http';
import * as z from 'zod/mini';
import type { S3Connection } from '../../relations/s3.ts';
import { durationMs } from '../durations.ts';
import { CONFIG_FILE, RECEIVED_CA_FILE, S3_CA_FILE } from '../plan/paths.ts';
import { askBucket, errorCode } from '../s3-client.ts';
import { readYaml } from '../yaml-text.ts';
import type { Block } from './ingester-api.ts';

const TIMEOUT_MS = 20_000;
/** A tenant's index of a million blocks has some 100 MB; packed, a tenth of it. */
const LARGEST_INDEX = 64 * 1024 * 1024;
/** A thousand names of at most a kilobyte, escaped, and what is said of each. */
const LARGEST_LIST = 8 * 1024 * 1024;
const LARGEST_TEXT = 1024 * 1024;

/** The bucket cannot be read. The text is for the operator, and holds no secret. */
export class BucketError extends Error {
  override name = 'BucketError';
}

const configSchema = z.object({
  common: z.object({
    storage: z.object({
      backend: z.string(),
      s3: z.optional(
        z.object({
          endpoint: z.string(),
          bucket_name: z.string(),
          access_key_id: z.optional(z.string()),
          secret_access_key: z.optional(z.string()),
          insecure: z.boolean(),
          bucket_lookup_type: z.enum(['auto', 'path', 'virtual-hosted']),
          region: z.optional(z.string()),
        }),
      ),
    }),
  }),
  blocks_storage: z.object({
    storage_prefix: z.string(),
    bucket_store: z.optional(z.object({ sync_interval: z.optional(z.string()) })),
  }),
  querier: z.optional(z.object({ query_store_after: z.optional(z.string()) })),
});

/** Where blocks go, and when queries see them there. */
export interface RunningStorage {
  /** `filesystem`: the volume is all there is. */
  readonly kind: 'filesystem' | 's3';
  /** Undefined without a bucket, and where Mimir has its keys from elsewhere than its configuration. */
  readonly bucket: BlocksBucket | undefined;
  /** Queries read the bucket for all times, and know a new block after so many seconds; undefined: after hours. */
  readonly seenAfterSeconds: number | undefined;
}

/** Of a Mimir that was started with these files. Undefined when the configuration is none of ours. */
export function runningStorage(files: Readonly<Record<string, string>>): RunningStorage | undefined {
  const yaml = readYaml(files[CONFIG_FILE] ?? '');
  const read = z.safeParse(configSchema, yaml.ok ? yaml.value : undefined);
  if (!read.success) return undefined;
  const { common, blocks_storage: blocks, querier } = read.data;
  const { s3 } = common.storage;
  if (s3 === undefined) return { kind: 'filesystem', bucket: undefined, seenAfterSeconds: undefined };
  const { access_key_id: accessKey, secret_access_key: secretKey } = s3;
  const own = files[S3_CA_FILE] ?? '';
  const received = files[RECEIVED_CA_FILE] ?? '';
  const connection =
    accessKey === undefined || secretKey === undefined
      ? undefined
      : {
          endpoint: s3.endpoint,
          insecure: s3.insecure,
          bucket: s3.bucket_name,
          accessKey,
          secretKey,
          addressing: s3.bucket_lookup_type,
          signature: 'v4' as const,
          prefix: '',
          ...(s3.region !== undefined && { region: s3.region }),
          ...(own !== '' && { caChain: own }),
        };
  return {
    kind: 's3',
    bucket:
      connection === undefined ? undefined : new BlocksBucket(connection, blocks.storage_prefix, received),
    seenAfterSeconds:
      querier?.query_store_after === '0s'
        ? CHECK_SECONDS + (durationMs(blocks.bucket_store?.sync_interval ?? '15m') ?? 0) / 1000
        : undefined,
  };
}

/** Queriers look once a minute, a fifth earlier or later, for indexes that are older than `sync_interval`. */
const CHECK_SECONDS = 75;

const indexSchema = z.object({
  blocks: z.nullish(z.array(z.object({ block_id: z.string(), uploaded_at: z.number() }))),
});

/** In a tenant's folder: all of the tenant is deleted, and nothing of it is uploaded any more. */
export const DELETION_MARK = 'markers/tenant-deletion-mark.json';

/** The blocks in a bucket, as they lie there. */
export class BlocksBucket {
  readonly #s3: S3Connection;
  readonly #folder: string;
  readonly #trusted: string | undefined;

  constructor(s3: S3Connection, folder: string, trusted: string) {
    this.#s3 = s3;
    this.#folder = folder;
    this.#trusted = trusted === '' ? undefined : trusted;
  }

  /** Whether the block is whole: what describes it is uploaded last. @throws BucketError */
  async has({ tenant, id }: Block): Promise<boolean> {
    return (await this.#get(`${tenant}/${id}/meta.json`, 16 * 1024 * 1024)) !== undefined;
  }

  /** @throws BucketError */
  async isDeleted(tenant: string): Promise<boolean> {
    return (await this.#get(`${tenant}/${DELETION_MARK}`, LARGEST_TEXT)) !== undefined;
  }

  /**
   * The blocks of the tenant's index, by which queries find them, and when each was uploaded, in milliseconds since 1970.
   * @throws BucketError
   */
  async indexed(tenant: string): Promise<ReadonlyMap<string, number>> {
    const packed = await this.#get(`${tenant}/bucket-index.json.gz`, LARGEST_INDEX);
    if (packed === undefined) return new Map();
    const read = z.safeParse(indexSchema, unpacked(packed));
    if (!read.success) throw new BucketError(`the index of tenant ${tenant} cannot be read`);
    return new Map((read.data.blocks ?? []).map(({ block_id: id, uploaded_at: at }) => [id, at * 1000]));
  }

  /**
   * Names of objects, whoever wrote them: at most a thousand, as they come.
   * @param prefix from the root of the bucket. @throws BucketError
   */
  async keys(prefix: string): Promise<readonly string[]> {
    // Names may hold what XML does not.
    const query = { 'list-type': '2', 'encoding-type': 'url', prefix };
    const listed = await this.#ask('', LARGEST_LIST, query);
    const text = listed?.toString('utf8') ?? '';
    if (!text.includes('<ListBucketResult')) throw new BucketError('the bucket cannot be listed');
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => decodeURIComponent(key));
  }

  /** What a small object holds; undefined when it is not there. @param key from the root of the bucket. @throws BucketError */
  async text(key: string): Promise<string | undefined> {
    return (await this.#ask(encoded(key), LARGEST_TEXT))?.toString('utf8');
  }

  #get(key: string, largestAnswer: number): Promise<Buffer | undefined> {
    return this.#ask(`${this.#folder}/${encoded(key)}`, largestAnswer);
  }

  async #ask(
    key: string,
    largestAnswer: number,
    query?: Readonly<Record<string, string>>,
  ): Promise<Buffer | undefined> {
    const { endpoint } = this.#s3;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const request = { method: 'GET', key, trusted: this.#trusted, signal, largestAnswer } as const;
      const { status, body } = await askBucket(this.#s3, {
        ...request,
        ...(query !== undefined && { query }),
      });
      if (status === 200) return body;
      if (status === 404 && !body.includes('NoSuchBucket')) return undefined;
      throw new BucketError(`${endpoint} answers with ${errorCode(body) ?? `HTTP ${status}`}`);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const why = signal.aborted ? `not within ${TIMEOUT_MS / 1000} s` : error.reason;
      throw new BucketError(`${endpoint} does not answer (${why})`, { cause: error });
    }
  }
}

function encoded(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

function unpacked(packed: Buffer): unknown {
  try {
    return parseJson(gunzipSync(packed).toString('utf8'));
  } catch {
    return undefined;
  }
}
