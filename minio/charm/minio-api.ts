/**
 * What the charm asks of MinIO over HTTP: buckets by S3's API, accounts and policies by MinIO's admin API (v3).
 * Every method that writes can be repeated.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from 'charmwright';
import { errors, request } from 'undici';
import * as z from 'zod';
import { type Credentials, queryText, signedHeaders } from '../../s3/sigv4.ts';
import { sealForAdmin } from './madmin.ts';
import type { Policy } from './plan/accounts.ts';

/** Anything this client throws on purpose. */
export class MinioError extends Error {
  override name = 'MinioError';
}

/** MinIO does not answer, or says itself that it is not ready: later it may. */
export class MinioUnreachableError extends MinioError {
  override name = 'MinioUnreachableError';
}

/** MinIO answered and refused. `code` is MinIO's own, such as `AccessDenied`. */
export class MinioRefusedError extends MinioError {
  override name = 'MinioRefusedError';
  readonly status: number;
  readonly code: string;
  constructor(what: string, status: number, code: string) {
    super(`MinIO refused to ${what}: ${code} (HTTP ${status})`);
    this.status = status;
    this.code = code;
  }
}

export interface Bucket {
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** As of MinIO's last count. */
  readonly objects: number;
  readonly bytes: number;
}

export interface MinioApiOptions {
  /** `http://127.0.0.1:9000` */
  readonly url: string;
  readonly region: string;
  /** Root's. */
  readonly credentials: Credentials;
}

const policySchema = z.object({
  Version: z.string(),
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Action: z.array(z.string()).default([]),
      Resource: z.array(z.string()).optional(),
    }),
  ),
});

const usageSchema = z.object({
  bucketsUsageInfo: z.record(z.string(), z.object({ objectsCount: z.number(), size: z.number() })).nullish(),
});

const serverSchema = z.object({ servers: z.array(z.object({ version: z.string() })).min(1) });

const TIMEOUTS = { headersTimeout: 10_000, bodyTimeout: 10_000 } as const;

const ADMIN = '/minio/admin/v3';

interface Call {
  /** For error messages: `create bucket "mimir"`. */
  readonly what: string;
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Instead of root's. */
  readonly as?: Credentials;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export class MinioApi {
  readonly #options: MinioApiOptions;

  constructor(options: MinioApiOptions) {
    this.#options = options;
  }

  /** Waits until MinIO says that it is ready, and knows its accounts. @returns whether it did in time. */
  async waitReady(withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs;
    while (!((await this.#isReady()) && (await this.#knowsAccounts()))) {
      if (Date.now() >= deadline) return false;
      await sleep(100);
    }
    return true;
  }

  /** It calls itself ready some moments before it has loaded its accounts, and refuses all that concerns them. */
  async #knowsAccounts(): Promise<boolean> {
    try {
      await this.policies();
      return true;
    } catch (error) {
      // Refused for another reason: whoever asks next is told why.
      if (error instanceof MinioError) return !(error instanceof MinioUnreachableError);
      throw error;
    }
  }

  /** @returns whether it was missing. */
  async createBucket(name: string): Promise<boolean> {
    const what = `create bucket ${JSON.stringify(name)}`;
    const answer = await this.#call({ what, method: 'PUT', path: `/${encodeURIComponent(name)}` });
    if (answer.status === 409 && errorCode(answer.text) === 'BucketAlreadyOwnedByYou') return false;
    expectSuccess(what, answer);
    return true;
  }

  /** By name. (The admin API could tell all of it at once, but from a cache that misses new buckets.) */
  async buckets(): Promise<readonly Bucket[]> {
    const what = 'list the buckets';
    const answer = await this.#call({ what, method: 'GET', path: '/' });
    expectSuccess(what, answer);
    const { bucketsUsageInfo: usage } = await this.#json(
      'count objects',
      `${ADMIN}/datausageinfo`,
      usageSchema,
    );
    return listedBuckets(answer.text)
      .map(({ name, created }) => ({
        name,
        created,
        objects: usage?.[name]?.objectsCount ?? 0,
        bytes: usage?.[name]?.size ?? 0,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The release that runs. */
  async version(): Promise<string> {
    const { servers } = await this.#json('say its version', `${ADMIN}/info`, serverSchema);
    return servers[0]?.version ?? '';
  }

  /**
   * Whether an account does what it is for: it exists, has this secret key, and may reach this bucket, which exists.
   * @throws MinioUnreachableError, since then nothing is known.
   */
  async reaches(credentials: Credentials, bucket: string): Promise<boolean> {
    const path = `/${encodeURIComponent(bucket)}`;
    const what = `locate bucket "${bucket}"`;
    const answer = await this.#call({ what, method: 'GET', path, query: { location: '' }, as: credentials });
    return answer.status === 200;
  }

  /** Names and contents of all policies that an account can have. */
  policies(): Promise<Readonly<Record<string, Policy>>> {
    const schema = z.record(z.string(), policySchema);
    return this.#json('list the policies', `${ADMIN}/list-canned-policies`, schema);
  }

  putPolicy(name: string, policy: Policy): Promise<void> {
    const body = Buffer.from(JSON.stringify(policy));
    return this.#put(`set policy "${name}"`, 'add-canned-policy', { name }, body);
  }

  /** Creates the account or gives it this secret key, and makes the policy of this name its only one. */
  async putUser({ accessKey, secretKey }: Credentials, policyName: string): Promise<void> {
    const secret = Buffer.from(JSON.stringify({ secretKey, status: 'enabled' }));
    const body = sealForAdmin(this.#options.credentials.secretKey, secret);
    await this.#put(`set account "${accessKey}"`, 'add-user', { accessKey }, body);
    const query = { policyName, userOrGroup: accessKey, isGroup: 'false' };
    await this.#put(`give account "${accessKey}" its policy`, 'set-user-or-group-policy', query);
  }

  removeUser(accessKey: string): Promise<void> {
    return this.#remove(`remove account "${accessKey}"`, 'remove-user', { accessKey });
  }

  removePolicy(name: string): Promise<void> {
    return this.#remove(`remove policy "${name}"`, 'remove-canned-policy', { name });
  }

  async #isReady(): Promise<boolean> {
    try {
      const url = `${this.#options.url}/minio/health/ready`;
      const { statusCode, body } = await request(url, TIMEOUTS);
      await body.dump();
      return statusCode === 200;
    } catch {
      return false;
    }
  }

  async #put(
    what: string,
    operation: string,
    query: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<void> {
    const call = { what, method: 'PUT', path: `${ADMIN}/${operation}`, query } as const;
    expectSuccess(what, await this.#call(body === undefined ? call : { ...call, body }));
  }

  async #remove(what: string, operation: string, query: Readonly<Record<string, string>>): Promise<void> {
    const answer = await this.#call({ what, method: 'DELETE', path: `${ADMIN}/${operation}`, query });
    if (answer.status !== 404) expectSuccess(what, answer);
  }

  async #json<T>(what: string, path: string, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#call({ what, method: 'GET', path });
    expectSuccess(what, answer);
    const result = schema.safeParse(parseJson(answer.text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new MinioError(
      `cannot read what MinIO answered to "${what}": ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`,
    );
  }

  async #call({ what, method, path, query = {}, body = new Uint8Array(), as }: Call): Promise<Answer> {
    const { url, region, credentials } = this.#options;
    const unsigned = { method, host: new URL(url).host, path, query, body };
    const headers = signedHeaders(unsigned, { credentials: as ?? credentials, region, now: new Date() });
    const search = queryText(query);
    try {
      const answer = await request(`${url}${path}${search === '' ? '' : `?${search}`}`, {
        method,
        headers,
        body: body.length === 0 ? null : body,
        ...TIMEOUTS,
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 500)
        throw new MinioUnreachableError(serverTrouble(what, answer.statusCode, text));
      return { status: answer.statusCode, text };
    } catch (error) {
      if (!isNetworkError(error)) throw error;
      throw new MinioUnreachableError(`cannot ${what}: MinIO at ${url} does not answer (${error.message})`, {
        cause: error,
      });
    }
  }
}

function expectSuccess(what: string, { status, text }: Answer): void {
  if (status >= 300) throw new MinioRefusedError(what, status, errorCode(text));
}

/** Names and times in S3's XML. Neither can hold a character that XML would write otherwise. */
function listedBuckets(xml: string): { name: string; created: string }[] {
  const buckets = xml.matchAll(
    /<Bucket>\s*<Name>([a-z0-9.-]+)<\/Name>\s*<CreationDate>([\d:.TZ-]+)<\/CreationDate>/g,
  );
  return [...buckets].map(([, name = '', created = '']) => ({ name, created }));
}

function serverTrouble(what: string, status: number, text: string): string {
  return `cannot ${what}: MinIO answers ${errorCode(text)} (HTTP ${status})`;
}

/** MinIO's code for an error: S3's API answers XML, the admin API JSON. */
function errorCode(text: string): string {
  return (
    /<Code>(\w+)<\/Code>|"Code"\s*:\s*"(\w+)"/.exec(text)?.slice(1).find(Boolean) ?? 'an error without a code'
  );
}

function isNetworkError(error: unknown): error is Error {
  if (error instanceof errors.UndiciError) return true;
  // The kernel's own: ECONNREFUSED, ENOTFOUND, EAI_AGAIN. Node's, for mistakes in the program, begin with ERR_.
  return error instanceof Error && 'code' in error && /^E(?!RR_)/.test(String(error.code));
}
