/**
 * Ingesters that end, real ones, with one copy of each series, while one asks all the time: what others notice of it is
 * whether they are in their ring then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leaveRing } from '../../charm/drain/ring-exit.ts';
import { COMPONENTS } from '../../charm/plan/roles.ts';
import { query } from '../../demo/query.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { s3Ready, withOptions } from '../support/mimir-inputs.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { type MinioServer, startMinio } from '../support/minio-server.ts';
import { remoteWrite } from '../support/remote-write.ts';
import { ringMembers } from '../support/ring-members.ts';

const REST = '127.78.1.181';
const LEAVERS = { first: '127.78.1.182', second: '127.78.1.183' } as const;
const ROOT = { accessKey: 'the-access-key', secretKey: 'the-secret-key' };
const REGION = 'us-east-1';
const BUCKET = 'metrics';
const PATIENTLY = { timeout: 60_000, interval: 500 };
const ALL = ['first ACTIVE', 'rest ACTIVE', 'second ACTIVE'];

let minio: MinioServer;
let rest: MimirServer;
const leavers = new Map<string, MimirServer>();

beforeAll(async () => {
  minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(BUCKET);
  rest = await start('rest', REST, 'all');
  for (const [name, host] of Object.entries(LEAVERS)) leavers.set(name, await start(name, host, 'write'));
}, 240_000);

afterAll(async () => {
  await Promise.all([...leavers.values(), rest].map((server) => server?.stop()));
  await minio?.stop();
}, 60_000);

function start(name: string, host: string, roles: string): Promise<MimirServer> {
  const changes = {
    ...withOptions({ roles }),
    objectStorage: s3Ready({ endpoint: new URL(minio.url).host, bucket: BUCKET, region: REGION, ...ROOT }),
    agreement: { replicationFactor: 1 },
    ...(roles !== 'all' && {
      neighbours: {
        members: [
          { relation: 'mimir-cluster:7', app: 'rest', roles: COMPONENTS, plannedUnits: 1, units: [] },
        ],
      },
    }),
  };
  const ids = ['ingester.ring', 'distributor.ring'].map((ring) => `-${ring}.instance-id=${name}`);
  return startMimir(host, changes, [...IMPATIENT, ...ids, `-memberlist.join=${REST}`]);
}

function leaver(name: keyof typeof LEAVERS): MimirServer {
  const found = leavers.get(name);
  if (found === undefined) throw new RangeError(`there is no ${name}`);
  return found;
}

function ask(): Promise<unknown> {
  return query(`${rest.url}/prometheus`, 'count(spread)', Date.now());
}

async function write(): Promise<void> {
  const timestamp = Date.now();
  const series = Array.from({ length: 30 }, (_, i) => ({
    labels: { __name__: 'spread', i: `${i}` },
    samples: [{ value: 1, timestamp }],
  }));
  await remoteWrite(`${rest.url}/api/v1/push`, series);
}

/** Asks until the work is done and the rest has heard of it. @returns what was answered with an error. */
async function failuresWhile(work: () => Promise<void>): Promise<readonly string[]> {
  const failures: string[] = [];
  let ended = false;
  let asked = 0;
  const asking = (async () => {
    while (!ended) {
      asked += 1;
      await ask().catch((error: unknown) => failures.push(String(error)));
      await sleep(10);
    }
  })();
  await work();
  ended = true;
  await asking;
  console.log(`${asked} queries, ${failures.length} failed`);
  return failures;
}

test('one that is out of its ring before it is stopped is missed by no query', async () => {
  await expect.poll(() => ringMembers(rest.url, '/ingester/ring'), PATIENTLY).toEqual(ALL);
  await write();
  const failures = await failuresWhile(async () => {
    await leaveRing(leaver('first').api, 'first');
    expect(await ringMembers(rest.url, '/ingester/ring')).toEqual(['rest ACTIVE', 'second ACTIVE']);
    await leaver('first').stop();
    // One that had been stopped in its ring would be missed from now on.
    for (let i = 0; i < 50; i += 1) await ask();
  });
  expect(failures).toEqual([]);
  expect(await ringMembers(rest.url, '/ingester/ring')).toEqual(['rest ACTIVE', 'second ACTIVE']);
}, 120_000);

test('without that no query is answered any more', async () => {
  await leaver('second').stop();
  await expect.poll(() => ask().catch(String), PATIENTLY).toMatch(/too many unhealthy instances/);
}, 120_000);
