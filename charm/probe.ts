/**
 * Asks the bucket what Mimir asks of it when it starts: an object that is not there. A Mimir that runs says nothing of
 * a bucket that has gone, and one that is restarted with wrong keys does not come up again.
 */
import { type HttpAnswer, HttpClient, HttpConnectionError, HttpTooLongError } from 'charmwright/http';
import type { S3Connection } from '../relations/s3.ts';
import { signedHeaders } from '../s3/sigv4.ts';
import type { BucketState } from './plan/inputs.ts';

const TIMEOUT_MS = 5000;
const NO_TLS = 'no TLS';
/** S3's errors have a few hundred bytes; what is longer is none. */
const LONGEST_ANSWER = 64 * 1024;
/** Signed for by clients that were told no region, MinIO's for Go among them. */
const DEFAULT_REGION = 'us-east-1';

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

/** Never throws. Takes at most five seconds. */
export async function probeBucket(s3: S3Connection): Promise<BucketState> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return judge(s3, await ask(s3, signal));
  } catch (error) {
    if (error instanceof HttpTooLongError) return notS3(s3, 'a long answer');
    return judgeFailure(s3, signal.aborted ? `not within ${TIMEOUT_MS / 1000} s` : codeOf(error));
  }
}

function ask(s3: S3Connection, signal: AbortSignal): Promise<HttpAnswer> {
  const host = s3.addressing === 'virtual-hosted' ? `${s3.bucket}.${s3.endpoint}` : s3.endpoint;
  const folder = s3.addressing === 'virtual-hosted' ? '' : `/${s3.bucket}`;
  const url = new URL(`${s3.insecure ? 'http' : 'https'}://${host}${folder}/${s3.prefix}blocks/not-there`);
  const request = { method: 'GET', path: url.pathname } as const;
  const headers = signedHeaders(
    { ...request, host: url.host, query: {}, body: new Uint8Array() },
    {
      credentials: { accessKey: s3.accessKey, secretKey: s3.secretKey },
      region: s3.region ?? DEFAULT_REGION,
      now: new Date(),
    },
  );
  const client = new HttpClient({ origin: url.origin, caChain: s3.caChain });
  return client.send({ ...request, headers, signal, largestAnswer: LONGEST_ANSWER });
}

function judge(s3: S3Connection, { status, body }: HttpAnswer): BucketState {
  const { endpoint, bucket, signature } = s3;
  if (status >= 500) return { kind: 'away', cause: `${endpoint} answers with HTTP ${status}` };
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(body.toString('utf8'))?.[1];
  if (code === undefined)
    return status === 404 && body.length === 0 ? { kind: 'fine' } : notS3(s3, `HTTP ${status}`);
  // We sign by version 4 only.
  if (FINE.has(code) || signature !== 'v4') return { kind: 'fine' };
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
