/**
 * Asks the bucket what Mimir asks of it when it starts: an object that is not there. A Mimir that runs says nothing of
 * a bucket that has gone, and one that is restarted with wrong keys does not come up again.
 */
import { type HttpAnswer, HttpConnectionError, HttpTooLongError } from 'charmwright/http';
import type { S3Connection } from '../relations/s3.ts';
import { type Encryption, encryptionHeaders } from './plan/encryption.ts';
import type { BucketState } from './plan/inputs.ts';
import { askBucket, type BucketRequest, errorCode } from './s3-client.ts';

const TIMEOUT_MS = 5000;
/** An empty object; beside all that is Mimir's. */
const PROBE_KEY = 'charm/encryption-check';
const NO_TLS = 'no TLS';
/** S3's errors have a few hundred bytes; what is longer is none. */
const LONGEST_ANSWER = 64 * 1024;

/** S3's codes for what is no fault, or one that Mimir gets around: it finds another region by itself. */
const FINE: ReadonlySet<string> = new Set([
  'NoSuchKey',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidRegion',
  'PermanentRedirect',
  'TemporaryRedirect',
]);

/** The usual refusals, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  AccessDenied: 'the keys may not read',
  ExpiredToken: 'the keys have expired for',
  InvalidAccessKeyId: 'the access key is unknown to the storage of',
  NoSuchBucket: 'there is no',
  RequestTimeTooSkewed: 'the clock is too far from that of the storage of',
  SignatureDoesNotMatch: 'the secret key is wrong for',
};

/**
 * Never throws. Takes at most five seconds. Without keys it cannot sign, so that it learns no more than that the storage
 * answers and has the bucket: Mimir's role is Mimir's alone.
 * @param options `trusted`: authorities besides those that the storage names itself, PEM. `encryption`: whether the
 * storage takes it shows only when something is put there, which Mimir does hours after its start.
 */
export async function probeBucket(
  s3: S3Connection,
  { trusted, encryption }: { readonly trusted?: string; readonly encryption?: Encryption } = {},
): Promise<BucketState> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const ask = (request: Pick<BucketRequest, 'method' | 'key' | 'headers'>) =>
    askBucket(s3, { ...request, trusted, signal, largestAnswer: LONGEST_ANSWER });
  try {
    const found = judge(s3, await ask({ method: 'GET', key: 'blocks/not-there' }));
    const signs = s3.signature === 'v4' && s3.accessKey !== undefined;
    if (found.kind !== 'fine' || encryption === undefined || !signs) return found;
    const put = { method: 'PUT', key: PROBE_KEY, headers: encryptionHeaders(encryption) } as const;
    return judgeEncryption(encryption, await ask(put));
  } catch (error) {
    if (error instanceof HttpTooLongError) return notS3(s3, 'a long answer');
    return judgeFailure(s3, signal.aborted ? `not within ${TIMEOUT_MS / 1000} s` : codeOf(error));
  }
}

function judgeEncryption(encryption: Encryption, { status, body }: HttpAnswer): BucketState {
  if (status >= 200 && status < 300) return { kind: 'fine' };
  const code = errorCode(body) ?? `HTTP ${status}`;
  const { type, keyId } = encryption;
  const by = keyId === undefined ? type : `${type} and key "${keyId}"`;
  return { kind: 'refused', cause: `the storage does not encrypt with ${by} (${code}): see s3-sse-type` };
}

function judge(s3: S3Connection, { status, body }: HttpAnswer): BucketState {
  const { endpoint, bucket, signature, accessKey } = s3;
  if (status >= 500) return { kind: 'away', cause: `${endpoint} answers with HTTP ${status}` };
  const code = errorCode(body);
  if (code === undefined)
    return status === 404 && body.length === 0 ? { kind: 'fine' } : notS3(s3, `HTTP ${status}`);
  // We sign by version 4 only.
  if (FINE.has(code) || signature !== 'v4') return { kind: 'fine' };
  // Nobody may read without a name, which says nothing about Mimir's.
  if (accessKey === undefined && code !== 'NoSuchBucket') return { kind: 'fine' };
  return {
    kind: 'refused',
    cause: `${REFUSALS[code] ?? `${endpoint} refuses`} bucket "${bucket}" (${code})`,
  };
}

function notS3({ endpoint }: S3Connection, answer: string): BucketState {
  return { kind: 'refused', cause: `${endpoint} does not answer as S3 does (${answer})` };
}

function judgeFailure({ endpoint, caChain }: S3Connection, code: string | undefined): BucketState {
  // What cannot be asked proves nothing.
  if (code === undefined) return { kind: 'fine' };
  if (code === NO_TLS)
    return { kind: 'refused', cause: `${endpoint} does not speak TLS: http:// instead of https://?` };
  if (/CERT|ISSUER|SIGNATURE/.test(code)) {
    // Without a chain Mimir's image decides whom to trust, and it may know more authorities than Node.
    if (caChain === undefined) return { kind: 'fine' };
    return { kind: 'refused', cause: `tls-ca-chain does not vouch for ${endpoint} (${code})` };
  }
  return { kind: 'away', cause: `${endpoint} does not answer (${code})` };
}

/** Of TLS that met something else Node says `EPROTO`, and what OpenSSL saw in the text alone. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof HttpConnectionError)) return undefined;
  return /wrong version number|packet length too long/.test(error.reason) ? NO_TLS : error.code;
}
