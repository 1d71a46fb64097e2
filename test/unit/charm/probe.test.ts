import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { probeBucket } from '../../../charm/probe.ts';
import type { S3Connection } from '../../../relations/s3.ts';
import { CERTIFICATE } from '../../support/certificate.ts';
import { s3Error } from '../../support/fake-mimir.ts';
import { S3 } from '../../support/mimir-inputs.ts';
import { TLS_CERTIFICATE, TLS_KEY } from '../../support/tls.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listening(server: Server): Promise<S3Connection> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { ...S3, endpoint: `127.0.0.1:${port}` };
}

/** A bucket that answers this to whoever asks. */
function answering(status: number, body: string): Promise<S3Connection> {
  return listening(createServer((_request, response) => response.writeHead(status).end(body)));
}

async function withTls(listener: RequestListener): Promise<S3Connection> {
  const server = createTlsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, listener);
  return { ...(await listening(server)), insecure: false };
}

const noSuchKey: RequestListener = (_request, response) => {
  const { status, body } = s3Error(404, 'NoSuchKey');
  response.writeHead(status).end(body);
};

describe('a bucket', () => {
  test.each([
    ['has no such object', 404, 'NoSuchKey'],
    ['is in another region', 400, 'AuthorizationHeaderMalformed'],
    ['is elsewhere', 301, 'PermanentRedirect'],
  ])('that %s is fine', async (_what, status, code) => {
    expect(await probeBucket(await answering(status, s3Error(status, code).body))).toEqual({ kind: 'fine' });
  });

  test('that says nothing but 404, as some do, is fine', async () => {
    expect(await probeBucket(await answering(404, ''))).toEqual({ kind: 'fine' });
  });

  test.each([
    [403, 'InvalidAccessKeyId', 'the access key is unknown to the storage of bucket "cos-mimir-k8s"'],
    [403, 'SignatureDoesNotMatch', 'the secret key is wrong for bucket "cos-mimir-k8s"'],
    [404, 'NoSuchBucket', 'there is no bucket "cos-mimir-k8s"'],
    [403, 'AccountProblem', 'refuses bucket "cos-mimir-k8s"'],
  ])('that answers %i %s is refused in words', async (status, code, words) => {
    expect(await probeBucket(await answering(status, s3Error(status, code).body))).toEqual({
      kind: 'refused',
      cause: expect.stringMatching(new RegExp(`${words} \\(${code}\\)$`)),
    });
  });

  test('that has trouble of its own is away', async () => {
    expect(await probeBucket(await answering(503, s3Error(503, 'SlowDown').body))).toMatchObject({
      kind: 'away',
    });
  });

  test.each([
    ['a page', 200, '<html>welcome</html>'],
    ['more than any error has', 404, 'x'.repeat(1_000_000)],
  ])('whose endpoint answers %s is no S3', async (_what, status, body) => {
    expect(await probeBucket(await answering(status, body))).toMatchObject({
      kind: 'refused',
      cause: expect.stringContaining('does not answer as S3 does'),
    });
  });

  test('is asked for with a signature, below the prefix that Mimir uses', async () => {
    const asked: string[] = [];
    const s3 = await listening(
      createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization}`);
        noSuchKey(request, response);
      }),
    );
    await probeBucket({ ...s3, prefix: 'team', region: 'eu-west-1' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(
      /^\/cos-mimir-k8s\/teamblocks\/\S+ AWS4-HMAC-SHA256 Credential=the-access-key\/\d{8}\/eu-west-1\/s3\/aws4_request/,
    );
  });
});

describe('an endpoint', () => {
  test('where nobody listens is away', async () => {
    const s3 = await answering(200, '');
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    expect(await probeBucket(s3)).toEqual({
      kind: 'away',
      cause: `${s3.endpoint} does not answer (ECONNREFUSED)`,
    });
  });

  test('that a chain vouches for is asked', async () => {
    expect(await probeBucket({ ...(await withTls(noSuchKey)), caChain: TLS_CERTIFICATE })).toEqual({
      kind: 'fine',
    });
  });

  test('that the chain does not vouch for is refused', async () => {
    expect(await probeBucket({ ...(await withTls(noSuchKey)), caChain: CERTIFICATE })).toEqual({
      kind: 'refused',
      cause: expect.stringMatching(/^tls-ca-chain does not vouch for 127\.0\.0\.1:\d+ \([A-Z_]+\)$/),
    });
  });

  test('that Node does not trust is left to Mimir, when there is no chain', async () => {
    expect(await probeBucket(await withTls(noSuchKey))).toEqual({ kind: 'fine' });
  });

  test('that speaks no TLS when it should is refused', async () => {
    const s3 = await listening(createServer(noSuchKey));
    expect(await probeBucket({ ...s3, insecure: false })).toMatchObject({
      kind: 'refused',
      cause: expect.stringContaining('does not speak TLS'),
    });
  });
});
