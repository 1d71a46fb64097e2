/**
 * Asks the bucket what Mimir asks of it when it starts: an object that is not there. A Mimir that runs says nothing of
 * a bucket that has gone, and one that is restarted with wrong keys does not come up again.
 */
import { AwsV4Signer } from 'aws4fetch';
import type { S3Connection } from '../relations/s3.ts';
import type { BucketState } from './plan/inputs.ts';

const TIMEOUT_MS = 5000;
/** S3's errors have a few hundred bytes; what is longer is none. */
const LONGEST_ANSWER = 64 * 1024;
/** Signed for by clients that were told no region, MinIO's for Go among them. */
const DEFAULT_REGION = 'us-east-1';

/** S3's codes that say that the keys or the bucket are wrong. Others, such as another region, Mimir may get around. */
const REFUSALS: Readonly<Record<string, string>> = {
  AccessDenied: 'the keys may not read',
  AllAccessDisabled: 'all access is disabled to',
  ExpiredToken: 'the keys have expired for',
  InvalidAccessKeyId: 'the access key is unknown to the storage of',
  NoSuchBucket: 'there is no',
  RequestTimeTooSkewed: 'the clock is too far from that of the storage of',
  SignatureDoesNotMatch: 'the secret key is wrong for',
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Never throws. Takes at most five seconds. */
export async function probeBucket(s3: S3Connection): Promise<BucketState> {
  try {
    return judge(s3, await ask(s3));
  } catch (error) {
    return judgeFailure(s3, error);
  }
}

async function ask(s3: S3Connection): Promise<Answer> {
  const host = s3.addressing === 'virtual-hosted' ? `${s3.bucket}.${s3.endpoint}` : s3.endpoint;
  const folder = s3.addressing === 'virtual-hosted' ? '' : `/${s3.bucket}`;
  const signer = new AwsV4Signer({
    url: `${s3.insecure ? 'http' : 'https'}://${host}${folder}/${s3.prefix}blocks/not-there`,
    accessKeyId: s3.accessKey,
    secretAccessKey: s3.secretKey,
    service: 's3',
    region: s3.region ?? DEFAULT_REGION,
  });
  const { url, headers } = await signer.sign();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  if (s3.caChain === undefined || s3.insecure)
    return read(await fetch(url, { headers, signal, redirect: 'manual' }));
  // Node's own fetch has no way to trust one more authority.
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ connect: { ca: s3.caChain, allowPartialTrustChain: true } });
  try {
    return await read(
      await undici.fetch(url, {
        headers: Object.fromEntries(headers),
        signal,
        redirect: 'manual',
        dispatcher,
      }),
    );
  } finally {
    await dispatcher.destroy();
  }
}

async function read(response: {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array> | null;
}): Promise<Answer> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER) break;
  }
  return { status: response.status, text };
}

function judge({ endpoint, bucket, signature }: S3Connection, { status, text }: Answer): BucketState {
  if (status >= 500) return { kind: 'away', cause: `${endpoint} answers with HTTP ${status}` };
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1];
  // We sign by version 4 only.
  const refusal = signature === 'v4' && code !== undefined ? REFUSALS[code] : undefined;
  if (refusal !== undefined) return { kind: 'refused', cause: `${refusal} bucket "${bucket}" (${code})` };
  if (code !== undefined || status < 400) return { kind: 'fine' };
  return { kind: 'refused', cause: `${endpoint} does not answer as S3 does (HTTP ${status})` };
}

function judgeFailure({ endpoint, caChain }: S3Connection, error: unknown): BucketState {
  const code = codeOf(error);
  // What cannot be asked, as on a port that `fetch` shuns, proves nothing.
  if (code === undefined) return { kind: 'fine' };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return { kind: 'refused', cause: `${endpoint} does not speak TLS: http:// instead of https://?` };
  if (/CERT|ISSUER|SIGNATURE/.test(code)) {
    // Without a chain Mimir's image decides whom to trust, and it may know more authorities than Node.
    if (caChain === undefined) return { kind: 'fine' };
    return { kind: 'refused', cause: `tls-ca-chain does not vouch for ${endpoint} (${code})` };
  }
  return { kind: 'away', cause: `${endpoint} does not answer (${code})` };
}

/** `fetch` says only that it failed; why is in the cause. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.name === 'TimeoutError' ? `not within ${TIMEOUT_MS / 1000} s` : undefined;
}
