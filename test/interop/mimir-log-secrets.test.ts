/**
 * What Mimir's log, which Loki is given as it is, does not hold: keys, signatures and tokens. At its most talkative level,
 * on a real bucket that in the end answers as Amazon does, with the key and the signature in the answer.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { s3Ready, withOptions } from '../support/mimir-inputs.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';
import { freePort, type MinioServer, startMinio } from '../support/minio-server.ts';

const KEYS = { accessKey: 'ACCESSKEYOFMIMIR', secretKey: 'secret-key-of-mimir-0123456789' };
const REGION = 'us-east-1';
const HOST = '127.78.90.9';
const BUCKET = 'cos-mimir-k8s';

let minio: MinioServer;
let bucket: Server;
let port: number;
let refuses = false;
/** As they came in the requests' headers. */
const signatures = new Set<string>();

function answer(asked: IncomingMessage, response: ServerResponse): void {
  const { authorization = '' } = asked.headers;
  const signature = /Signature=([0-9a-f]+)/.exec(authorization)?.[1] ?? '';
  if (signature !== '') signatures.add(signature);
  if (refuses) {
    response
      .writeHead(403, { 'content-type': 'application/xml' })
      .end(
        `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message><AWSAccessKeyId>${KEYS.accessKey}</AWSAccessKeyId><SignatureProvided>${signature}</SignatureProvided></Error>`,
      );
    return;
  }
  const { method, url, headers } = asked;
  const onward = request(`${minio.url}${url}`, { method, headers }, (there) => {
    response.writeHead(there.statusCode ?? 502, there.headers);
    there.pipe(response);
  });
  onward.once('error', () => response.destroy());
  asked.pipe(onward);
}

beforeAll(async () => {
  minio = await startMinio(KEYS, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: KEYS }).createBucket(BUCKET);
  port = await freePort();
  bucket = createServer(answer).listen(port, '127.0.0.1');
});
afterAll(async () => {
  bucket.closeAllConnections();
  bucket.close();
  await minio.stop();
});

const HOOK = 'http://name:password-of-the-hook@127.0.0.1:1/hook?token=token-of-the-hook';
const ALERTING = JSON.stringify({
  alertmanager_config: JSON.stringify({
    route: { receiver: 'hook', group_wait: '0s', group_interval: '1s' },
    receivers: [
      {
        name: 'hook',
        webhook_configs: [
          { url: HOOK, http_config: { authorization: { credentials: 'credentials-of-the-hook' } } },
        ],
      },
    ],
  }),
});
const RULE = JSON.stringify({
  name: 'always',
  interval: '1s',
  rules: [{ alert: 'Always', expr: 'vector(1)' }],
});
const HEADERS = {
  authorization: 'Bearer token-of-a-tenant',
  cookie: 'session=cookie-of-a-tenant',
  'x-access-token': 'access-token-of-a-tenant',
};
const HASTE = [
  '-ruler.poll-interval=1s',
  '-alertmanager.configs.poll-interval=1s',
  '-compactor.cleanup-interval=1s',
];

/** What a caller puts where it can be read. */
const IN_A_URL = 'token-in-a-url';

/** As the charm would say it, of the bucket that may refuse. */
function changes(logLevel: string) {
  return {
    // As the charm would say it of itself, which here is not at 127.0.0.1.
    neighbours: { alertmanagers: [`http://${HOST}:9009/alertmanager`] },
    ...withOptions({ 'log-level': logLevel }),
    agreement: { replicationFactor: 1 },
    objectStorage: s3Ready({ endpoint: `127.0.0.1:${port}`, bucket: BUCKET, ...KEYS, region: REGION }),
  };
}

function asker(url: string) {
  return (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: HEADERS }).then(({ status }) => status);
}

/** Requests of all kinds and ends, each with a token as a parameter. */
async function askWithTokens(ask: ReturnType<typeof asker>): Promise<void> {
  const token = `token=${IN_A_URL}`;
  const put = { method: 'POST', body: ALERTING };
  expect(await ask(`/api/v1/alerts?${token}`, put)).toBe(201);
  expect(await ask(`/prometheus/config/v1/rules/b?${token}`, { method: 'POST', body: RULE })).toBe(202);
  expect(await ask(`/prometheus/api/v1/labels?${token}`)).toBe(200);
  expect(await ask(`/prometheus/api/v1/query?query=vector(1)&${token}`)).toBe(200);
  expect(await ask(`/prometheus/api/v1/query?query=sum(&${token}`)).toBe(400);
  expect(await ask(`/api/v1/push?${token}`, { method: 'POST', body: 'nonsense' })).toBe(400);
  expect(await ask(`/no-such-path?${token}`)).toBe(404);
  refuses = true;
  expect(await ask(`/prometheus/config/v1/rules?${token}`)).toBe(400);
  expect(await ask(`/api/v1/alerts?${token}`, put)).toBe(500);
  refuses = false;
}

test('at the default level the parameters of a URL are in two kinds of lines, and in no other', async () => {
  await using mimir = await startMimir(HOST, changes('info'), [...IMPATIENT, ...HASTE]);
  await askWithTokens(asker(mimir.url));
  const lines = () =>
    mimir
      .log()
      .split('\n')
      .filter((line) => line.includes(IN_A_URL));
  // The query that failed, the two that did not, and the request that ended in 500.
  await expect.poll(() => lines().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
  const kinds = lines().map((line) => /msg="query stats"|msg="\w+ \S+ \(500\)/.exec(line)?.[0] ?? line);
  const isQuery = (kind: string) => kind === 'msg="query stats"';
  expect(kinds.filter(isQuery).length).toBeGreaterThanOrEqual(3);
  expect([...new Set(kinds.filter((kind) => !isQuery(kind)))]).toEqual([
    `msg="POST /api/v1/alerts?token=${IN_A_URL} (500)`,
  ]);
  for (const secret of [KEYS.accessKey, KEYS.secretKey, 'of-a-tenant', 'of-the-hook', ...signatures])
    expect(mimir.log()).not.toContain(secret);
}, 120_000);

test('neither keys and signatures of the bucket nor tokens of tenants and receivers are logged', async () => {
  await using mimir = await startMimir(HOST, changes('debug'), [...IMPATIENT, ...HASTE]);
  const says = async (words: RegExp) => {
    for (const deadline = Date.now() + 120_000; !words.test(mimir.log()); await sleep(300))
      if (Date.now() > deadline) throw new Error(`Mimir has not logged ${words}`);
  };
  const ask = asker(mimir.url);

  expect(await ask('/api/v1/alerts', { method: 'POST', body: ALERTING })).toBe(201);
  expect(await ask('/prometheus/config/v1/rules/a', { method: 'POST', body: RULE })).toBe(202);
  expect(await ask('/prometheus/api/v1/query?query=vector(1)')).toBe(200);
  expect(await ask('/prometheus/api/v1/query?query=sum(')).toBe(400);
  expect(await ask('/api/v1/push', { method: 'POST', body: 'nonsense' })).toBe(400);
  expect(await ask('/no-such-path')).toBe(404);
  await says(/msg="?Notify.*receiver=hook|receiver=hook.*msg="?Notify/i);

  refuses = true;
  await says(/level=(?:warn|error).*request signature we calculated/);
  expect(await ask('/prometheus/config/v1/rules')).toBe(400);
  await says(/\/config\/v1\/rules \(400\)/);

  expect(signatures.size).toBeGreaterThan(10);
  const log = mimir.log();
  for (const secret of [KEYS.accessKey, KEYS.secretKey, 'of-a-tenant', 'of-the-hook', ...signatures])
    expect(log.split('\n').filter((line) => line.includes(secret))).toEqual([]);
}, 300_000);
