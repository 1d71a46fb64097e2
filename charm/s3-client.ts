/** One request to the bucket, signed with the keys that Mimir has been given. */
import { type HttpAnswer, HttpClient } from 'charmwright/http';
import type { S3Connection } from '../relations/s3.ts';
import { queryText, signedHeaders } from '../s3/sigv4.ts';

/** Signed for by clients that were told no region, MinIO's for Go among them. */
const DEFAULT_REGION = 'us-east-1';

export interface BucketRequest {
  readonly method: 'GET' | 'PUT';
  /** Of the object, without the prefix. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Authorities besides those that the storage names itself, PEM. */
  readonly trusted?: string | undefined;
  readonly signal: AbortSignal;
  readonly largestAnswer: number;
}

/** @throws HttpError when there is no answer. */
export function askBucket(
  s3: S3Connection,
  { method, key, query = {}, headers: more = {}, trusted, signal, largestAnswer }: BucketRequest,
): Promise<HttpAnswer> {
  const host = s3.addressing === 'virtual-hosted' ? `${s3.bucket}.${s3.endpoint}` : s3.endpoint;
  const folder = s3.addressing === 'virtual-hosted' ? '' : `/${s3.bucket}`;
  const url = new URL(`${s3.insecure ? 'http' : 'https'}://${host}${folder}/${s3.prefix}${key}`);
  const request = { method, path: url.pathname };
  const unsigned = { ...request, host: url.host, query, headers: more, body: new Uint8Array() };
  const authorities = [s3.caChain, trusted].filter((each) => each !== undefined).join('\n');
  const client = new HttpClient({
    origin: url.origin,
    ...(authorities !== '' && { caChain: authorities }),
  });
  const asked = queryText(query);
  const path = asked === '' ? request.path : `${request.path}?${asked}`;
  const headers = { ...more, ...signed(s3, unsigned) };
  return client.send({ method, path, headers, signal, largestAnswer });
}

/** Without keys as it is: Mimir has a role that is its alone. */
function signed(
  { accessKey, secretKey, region = DEFAULT_REGION }: S3Connection,
  request: Parameters<typeof signedHeaders>[0],
): Readonly<Record<string, string>> {
  if (accessKey === undefined || secretKey === undefined) return {};
  return signedHeaders(request, { credentials: { accessKey, secretKey }, region, now: new Date() });
}

/** S3's own code for what went wrong; undefined for an answer that has none. */
export function errorCode(body: Buffer): string | undefined {
  return /<Code>([\w.:-]{1,64})<\/Code>/.exec(body.toString('utf8'))?.[1];
}
