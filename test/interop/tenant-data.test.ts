/** What there is of a tenant, on the real Mimir and a real MinIO: looked at, kept for its time, and deleted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findContainer, peerRelation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TENANT_LIMITS_FILE } from '../../charm/plan/paths.ts';
import { TenantStorage } from '../../charm/tenant-data/objects.ts';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { S3, s3Ready, withOptions } from '../support/mimir-inputs.ts';
import { startTime } from '../support/mimir-process.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { KEYS, mimir, S3_SECRET, s3, world } from '../support/mimir-world.ts';
import { type MinioServer, startMinio } from '../support/minio-server.ts';
import { remoteWrite } from '../support/remote-write.ts';

const HOST = '127.77.1.41';
const ROOT = { accessKey: KEYS['access-key'], secretKey: KEYS['secret-key'] };
const REGION = 'us-east-1';
const BUCKET = 'tenants';
const HOUR_MS = 3_600_000;

let minio: MinioServer;
let server: MimirServer;
let unit: State;

beforeAll(async () => {
  minio = await startMinio(ROOT, REGION);
  await new MinioApi({ url: minio.url, region: REGION, credentials: ROOT }).createBucket(BUCKET);
  const connection = { ...S3, bucket: BUCKET, endpoint: new URL(minio.url).host, region: REGION };
  server = await startMimir(
    HOST,
    {
      objectStorage: s3Ready(connection),
      ...withOptions({ multitenancy: true }),
      agreement: { replicationFactor: 1 },
    },
    [
      ...IMPATIENT,
      '-runtime-config.reload-period=1s',
      '-compactor.cleanup-interval=2s',
      '-compactor.deletion-delay=0s',
      '-blocks-storage.tsdb.ship-interval=1s',
    ],
  );
  const storage = s3(HOST, { bucket: BUCKET, endpoint: minio.url, region: REGION });
  unit = await mimir.run(
    { kind: 'pebble-ready', container: 'mimir' },
    world(HOST, {
      relations: [peerRelation('mimir-peers', { id: 1 }), storage],
      secrets: [S3_SECRET],
      config: { multitenancy: true },
    }),
  );
});

afterAll(async () => {
  await server?.stop();
  await minio?.stop();
});

const RULES = 'groups: [{name: g, rules: [{record: one, expr: vector(1)}]}]';
const ALERTS = '{route: {receiver: nobody}, receivers: [{name: nobody}]}';

async function write(tenant: string, name: string, series: number, age = 0): Promise<void> {
  const many = Array.from({ length: series }, (_, i) => ({
    labels: { __name__: name, job: i % 3 === 0 ? 'node' : 'kubelet', i: String(i) },
    samples: [{ value: i, timestamp: Date.now() - age }],
  }));
  await remoteWrite(`${server.url}/api/v1/push`, many, { 'x-scope-orgid': tenant });
}

const NO_DISK = { list: async () => [], pull: async () => Buffer.alloc(0) };

/** As the charm sees it. */
async function objects(tenant: string): Promise<readonly string[]> {
  const files = Object.entries(findContainer(unit, 'mimir').files).map(([path, content]) => [
    path,
    String(content),
  ]);
  return (await TenantStorage.of(Object.fromEntries(files), NO_DISK)?.objects(tenant))?.keys ?? ['no bucket'];
}

async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 90_000; ; await sleep(500)) {
    const seen = await look();
    if (isIt(seen) || Date.now() > deadline) return seen;
  }
}

const blocksIn = (keys: readonly string[]) => keys.filter((key) => key.endsWith('/meta.json'));

describe('show-cardinality', () => {
  beforeAll(() => write('counted', 'requests', 9));
  const show = (params: object) =>
    mimir.runAction('show-cardinality', { tenant: 'counted', ...params }, unit);

  test('tells the labels with the most values', async () => {
    const { results, failed } = await show({ limit: 2 });
    expect(failed).toBeUndefined();
    expect(results).toMatchObject({ count: '3' });
    expect(JSON.parse(String(results?.labels))).toEqual([
      { label: 'i', values: 9 },
      { label: 'job', values: 2 },
    ]);
  });

  test('tells the values of a label with the most series', async () => {
    const { results } = await show({ label: 'job', selector: '{i!="0"}' });
    expect(results).toMatchObject({ series: '8', count: '2' });
    expect(JSON.parse(String(results?.values))).toEqual([
      { value: 'kubelet', series: 6 },
      { value: 'node', series: 2 },
    ]);
  });

  test('shows series', async () => {
    const { results } = await show({ series: true, selector: '{job="node"}', limit: 1 });
    expect(results).toMatchObject({ series: '3' });
    expect(JSON.parse(String(results?.matching))).toEqual([
      { __name__: 'requests', job: 'node', i: expect.any(String) },
    ]);
  });

  test.each([
    [{ series: true }, 'say which series: selector=\'{job="node"}\''],
    [{ selector: '{' }, expect.stringMatching(/^cannot count the series: .*parse error/)],
  ])('with %j says what is wrong', async (params, problem) => {
    expect((await show(params)).failed).toEqual(problem);
  });

  test('knows nothing of another tenant', async () => {
    const { results } = await mimir.runAction('show-cardinality', { tenant: 'nobody' }, unit);
    expect(results).toMatchObject({ count: '0', labels: '[]' });
  });
});

test('show-stats tells each tenant apart', async () => {
  await write('counted', 'requests', 9);
  await write('small', 'requests', 2);
  const { results } = await mimir.runAction('show-stats', {}, unit);
  expect(JSON.parse(String(results?.tenants))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ tenant: 'counted', series: 9 }),
      expect.objectContaining({ tenant: 'small', series: 2 }),
    ]),
  );
  const one = await mimir.runAction('show-stats', { tenant: 'small' }, unit);
  expect(one.results).toMatchObject({ 'tenant-count': '1', series: '2' });
});

test('a tenant`s old blocks go after its own time, and another`s stay', async () => {
  const started = await startTime(server.url);
  for (const tenant of ['brief', 'patient']) {
    await write(tenant, 'old', 3, 40 * HOUR_MS);
    await server.api.flush(tenant, 60_000);
    expect(
      blocksIn(
        await until(
          () => objects(tenant),
          (keys) => blocksIn(keys).length > 0,
        ),
      ),
    ).toHaveLength(1);
  }
  const limits = '{compactor_blocks_retention_period: 1d}';
  const after = await mimir.runAction('set-tenant-limits', { tenant: 'brief', limits }, unit);
  await server.replace(
    TENANT_LIMITS_FILE,
    String(findContainer(after.state, 'mimir').files[TENANT_LIMITS_FILE]),
  );
  expect(
    blocksIn(
      await until(
        () => objects('brief'),
        (keys) => blocksIn(keys).length === 0,
      ),
    ),
  ).toEqual([]);
  expect(blocksIn(await objects('patient'))).toHaveLength(1);
  expect(await startTime(server.url)).toBe(started);
});

describe('delete-tenant', () => {
  // The name of one begins with that of the other.
  beforeAll(async () => {
    for (const tenant of ['doomed', 'doomed-not']) {
      await write(tenant, 'metrics', 5);
      await server.api.flush(tenant, 60_000);
      await mimir.runAction('upload-rules', { namespace: 'n', rules: RULES, tenant }, unit);
      await mimir.runAction('set-alertmanager-config', { config: ALERTS, tenant }, unit);
      await until(
        () => objects(tenant),
        (keys) => blocksIn(keys).length > 0,
      );
    }
  });

  test('without the name repeated deletes nothing', async () => {
    const before = await objects('doomed');
    for (const confirm of ['', 'doome']) {
      const { failed } = await mimir.runAction('delete-tenant', { tenant: 'doomed', confirm }, unit);
      expect(failed).toBe(
        'nothing was deleted: repeat the name to delete all that there is of the tenant, confirm=doomed',
      );
    }
    // Mimir may have written its index of the bucket meanwhile.
    expect(await objects('doomed')).toEqual(expect.arrayContaining([...before]));
  });

  test('as a dry run shows what there is', async () => {
    const { results } = await mimir.runAction('delete-tenant', { tenant: 'doomed', 'dry-run': true }, unit);
    expect(results).toMatchObject({ state: 'there', marked: 'false' });
    expect(JSON.parse(String(results?.ingesters))).toHaveLength(1);
    expect(JSON.parse(String(results?.objects))).toEqual(
      expect.arrayContaining([
        'alerts/alerts/doomed',
        expect.stringMatching(/^blocks\/doomed\/[0-9A-Z]{26}\/index$/),
        expect.stringMatching(/^rules\/rules\/doomed\//),
      ]),
    );
  });

  test('leaves nothing of the tenant, and all of another one', async () => {
    const others = await objects('doomed-not');
    const begun = Date.now();
    const params = { tenant: 'doomed', confirm: 'doomed', timeout: 120 };
    const { results, failed } = await mimir.runAction('delete-tenant', params, unit);
    expect(failed).toBeUndefined();
    // What ingesters have they drop within an hour; that they do is seen in test/local/tenants.test.ts.
    expect(results).toMatchObject({
      state: 'in-ingesters',
      summary: expect.stringMatching(
        /^storage was listed and has nothing but the mark; the last hours are in/,
      ),
      'objects-left': '0',
      objects: '[]',
      marked: 'true',
    });
    const goneBy = Date.parse(String(results?.['gone-by']));
    expect(goneBy - begun).toBeGreaterThan(66 * 60_000);
    expect(goneBy - Date.now()).toBeLessThan(67 * 60_000);
    expect(await objects('doomed')).toEqual([]);
    expect(await objects('doomed-not')).toEqual(expect.arrayContaining(blocksIn(others)));
    expect(await server.api.rules('doomed')).toEqual({});
    expect(await server.api.rules('doomed-not')).toHaveProperty('n');
    expect(await server.api.alertmanagerConfig('doomed')).toBeUndefined();
  });

  test('afterwards the metrics are still taken, and not kept', async () => {
    await write('doomed', 'late', 1);
    const { results } = await mimir.runAction('delete-tenant', { tenant: 'doomed', 'dry-run': true }, unit);
    expect(results).toMatchObject({ state: 'in-ingesters', marked: 'true' });
  });

  test('again deletes rules that somebody has loaded since', async () => {
    await mimir.runAction('upload-rules', { namespace: 'n', rules: RULES, tenant: 'doomed' }, unit);
    expect(await server.api.rules('doomed')).toHaveProperty('n');
    const { results } = await mimir.runAction('delete-tenant', { tenant: 'doomed', confirm: 'doomed' }, unit);
    expect(results).toMatchObject({ state: 'in-ingesters', 'objects-left': '0' });
    expect(await server.api.rules('doomed')).toEqual({});
  });

  test('says so when there was nothing', async () => {
    const params = { tenant: 'never-was', 'dry-run': true };
    const { results } = await mimir.runAction('delete-tenant', params, unit);
    expect(results).toMatchObject({ state: 'gone', 'objects-left': '0', ingesters: '[]' });
  });
});
