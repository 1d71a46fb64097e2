/** Three real Mimirs that speak TLS to everybody, as the charm configures them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { HttpClient, type HttpRequest } from 'charmwright/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { advance, type Held } from '../../charm/held-certificate.ts';
import { sumOf } from '../../charm/metrics.ts';
import { HTTP_PORT, TLS_FILE } from '../../charm/plan/paths.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { Authority } from '../support/authority.ts';
import { S3, s3Ready } from '../support/mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { type MinioServer, startMinio } from '../support/minio-server.ts';
import { encodeWriteRequest } from '../support/remote-write.ts';

const HOSTS = ['127.78.1.71', '127.78.1.72', '127.78.1.73'] as const;
const NEWCOMER = '127.78.1.74';
/** Long enough for a Mimir to start. */
const SHORT_MS = 45_000;
const RINGS = [
  'alertmanager.sharding-ring',
  'compactor.ring',
  'distributor.ring',
  'ingester.ring',
  'querier.ring',
  'query-scheduler.ring',
  'ruler.ring',
  'store-gateway.sharding-ring',
];
const SERVICE = 'mimir-k8s.cos.svc.cluster.local';
const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';

let authority: Authority;
let minio: MinioServer;
/** What was answered to the last write, for the message of a test that fails. */
let last = '';
const units: {
  readonly host: string;
  readonly held: Held;
  readonly mimir: MimirServer;
  readonly until: number;
}[] = [];

beforeAll(async () => {
  authority = await Authority.make('The authority');
  minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(S3.bucket);
  for (const host of HOSTS) await startUnit(host, HOSTS[0], host === HOSTS[2] ? SHORT_MS : undefined);
}, 240_000);

afterAll(async () => {
  await Promise.all(units.map(({ mimir }) => mimir.stop()));
  await minio?.stop();
  await authority?.[Symbol.asyncDispose]();
}, 60_000);

/** @param lifetime of its first certificate, which is followed by a longer one once the unit has started. */
async function startUnit(host: string, joins: string, lifetime?: number): Promise<MimirServer> {
  const { held } = await advance(undefined, subjectOf(host), () => ({ kind: 'none' }));
  const own = {
    pem: await signed(held, lifetime),
    authorities: authority.certificate,
    namesLocalhost: true,
    expired: false,
  };
  const until = Date.now() + (lifetime ?? 0);
  const certificates = { relation: 'certificates:9', app: 'authority', request: held.csr, own, others: [] };
  const mimir = await startMimir(
    host,
    {
      plannedUnits: 3,
      objectStorage: s3Ready({ endpoint: new URL(minio.url).host, region: REGION }),
      agreement: { replicationFactor: 3 },
      authorities: authority.certificate,
      neighbours: { certificates },
    },
    [
      ...IMPATIENT,
      ...named(host),
      `-memberlist.join=${joins}`,
      '-ruler.evaluation-delay-duration=0s',
      // In a pod a unit's own is at 127.0.0.1.
      `-ruler.alertmanager-url=https://${host}:${HTTP_PORT}/alertmanager`,
    ],
  );
  if (lifetime !== undefined) await mimir.replace(TLS_FILE, await signed(held));
  units.push({ host, held, mimir, until });
  return mimir;
}

/** In a pod a unit is known in the rings by its host name; here all have one. */
function named(host: string): readonly string[] {
  return RINGS.map((ring) => `-${ring}.instance-id=${host}`);
}

function subjectOf(host: string) {
  const name = `mimir-k8s-${Number(host.split('.').at(-1)) - 71}`;
  return {
    commonName: 'mimir-k8s',
    dnsNames: [`${name}.mimir-k8s-endpoints.cos.svc.cluster.local`, SERVICE, 'localhost'],
  };
}

/** What the unit's file holds with a certificate that was signed now. */
async function signed(held: Held, lifetime?: number): Promise<string> {
  const certificate = await authority.sign(held.csr, lifetime === undefined ? {} : { to: lifetime });
  return `${held['private-key']}${certificate}${authority.certificate}`;
}

/** By a connection of its own: a whole handshake. */
async function ask(host: string, request: HttpRequest) {
  const origin = `https://${host}:${HTTP_PORT}`;
  const client = new HttpClient({ origin, caChain: authority.certificate, serverName: SERVICE });
  try {
    return await client.send({ ...request, signal: AbortSignal.timeout(20_000) });
  } finally {
    client.close();
  }
}

async function write(host: string, name: string, series: number): Promise<number> {
  const timestamp = Date.now();
  const body = encodeWriteRequest(
    Array.from({ length: series }, (_, at) => ({
      labels: { __name__: name, at: String(at), host },
      samples: [{ value: 1, timestamp }],
    })),
  );
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  const answered = await ask(host, { method: 'POST', path: '/api/v1/push', headers, body });
  last = `${answered.status} ${answered.body.toString('utf8')}`;
  return answered.status;
}

const answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

async function count(host: string, name: string): Promise<string | undefined> {
  const path = `/prometheus/api/v1/query?query=${encodeURIComponent(`count(${name})`)}`;
  const { status, body } = await ask(host, { method: 'GET', path });
  if (status !== 200) throw new Error(`query at ${host}: ${status} ${body.toString('utf8')}`);
  return answer.parse(JSON.parse(body.toString('utf8'))).data.result[0]?.value[1];
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(500))
    if (await isSo()) return;
  throw new Error(`not so after 90 s: ${what}; last write: ${last}`);
}

/** Of the certificate that a unit shows. */
function serialAt(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: HTTP_PORT, ca: authority.certificate, servername: SERVICE }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('what is written to one unit is found by all, over TLS from unit to unit', async () => {
  const [first] = HOSTS;
  await until('three ingesters for a write', async () => (await write(first, 'tls_written', 30)) === 200);
  for (const host of HOSTS) expect(await count(host, 'tls_written'), host).toBe('30');
});

test('the ruler notifies its own Alertmanager', async () => {
  const body = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';
  const [first] = HOSTS;
  const posted = await ask(first, { method: 'POST', path: '/prometheus/config/v1/rules/always', body });
  expect(posted.status).toBe(202);
  await until('the alert', async () => {
    const { body: alerts } = await ask(first, { method: 'GET', path: '/alertmanager/api/v2/alerts' });
    return alerts.toString('utf8').includes('Always');
  });
}, 120_000);

test('who does not speak TLS gets nothing', async () => {
  const answered = await fetch(`http://${HOSTS[0]}:${HTTP_PORT}/ready`);
  expect(answered.status).toBe(400);
});

test('certificates are renewed under load: no request fails, and nobody is restarted', async () => {
  const starts = () =>
    Promise.all(
      units.map(async ({ mimir }) => JSON.stringify(await mimir.api.metrics(['process_start_time_seconds']))),
    );
  const [before, serials] = [await starts(), await Promise.all(HOSTS.map((host) => serialAt(host)))];
  let [goesOn, done] = [true, 0];
  const faults: string[] = [];
  const load = HOSTS.map(async (host) => {
    while (goesOn) {
      try {
        const status = await write(host, 'under_load', 5);
        if (status !== 200) faults.push(`write at ${host}: ${status}`);
        await count(host, 'under_load');
        done += 2;
      } catch (error) {
        faults.push(String(error));
      }
    }
  });
  for (let round = 0; round < 5; round++) {
    for (const { held, mimir } of units) await mimir.replace(TLS_FILE, await signed(held));
    const enough = done + 60;
    await until('requests between two renewals', async () => done >= enough || faults.length > 0);
  }
  goesOn = false;
  await Promise.all(load);
  console.log(`${done} requests while each of 3 certificates was renewed 5 times`);
  expect(faults).toEqual([]);
  expect(await starts()).toEqual(before);
  for (const [at, host] of HOSTS.entries()) expect(await serialAt(host)).not.toBe(serials[at]);
}, 240_000);

test('gossip goes on when the certificate that a unit was started with has expired', async () => {
  const [, , last] = units;
  await until('the end of the certificate', async () => Date.now() > (last?.until ?? 0));
  // By the unit that cannot show a good one.
  const fourth = await startUnit(NEWCOMER, HOSTS[2]);
  const metric = 'memberlist_client_cluster_members_count';
  await until('four members', async () => sumOf(await fourth.api.metrics([metric]), metric) === 4);
}, 240_000);
