/** Keys of the bucket that are given anew while metrics come in: who reads them starts again on them, and nobody else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1'] as const;
/** Ticks since the machine started, of the container's MinIO. */
const MINIO_STARTED =
  'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = minio ] && cut -d" " -f22 $p/stat; done; true';

let model: TestModel;
let urls: readonly string[];
const written: Batch[] = [];

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ units: UNITS.length });
  await model.integrate();
  await model.untilActive();
  urls = await Promise.all(UNITS.map((unit) => model.forward(unit, 9009)));
});

afterAll(() => model[Symbol.asyncDispose]());

async function minioStarted(): Promise<string> {
  return (await model.ssh('minio-k8s/0', 'minio', ['/bin/sh', '-c', MINIO_STARTED])).out.trim();
}

test('each Mimir starts once on the new keys, MinIO goes on, and no sample is lost', async () => {
  const [url = ''] = urls;
  written.push(await writeBatch(url, 'before'));
  const before = { mimir: await Promise.all(urls.map(startTime)), minio: await minioStarted() };
  expect(before.minio).toMatch(/^\d+$/);

  const { task } = await model.run('minio-k8s/0', 'rotate-credentials');
  expect(task).toMatchObject({ status: 'completed', results: { rotated: '1' } });

  for (const [at, unit] of urls.entries()) {
    await expect
      .poll(() => startTime(unit).catch(() => before.mimir[at]), { timeout: 120_000, interval: 500 })
      .not.toBe(before.mimir[at]);
  }
  await model.untilActive();
  const after = await Promise.all(urls.map(startTime));
  expect(await minioStarted()).toBe(before.minio);

  const end = Date.now();
  const again = () => writeBatch(url, 'after', { end }).then((batch) => written.push(batch), String);
  await expect.poll(again, { timeout: 60_000, interval: 1_000 }).toBe(2);
  for (const unit of UNITS) {
    const { task: flushed } = await model.run(unit, 'flush-ingesters');
    expect(flushed.status, 'the new keys reach the bucket').toBe('completed');
  }
  await expectWhole(url, ...written);
  expect(await Promise.all(urls.map(startTime)), 'they have started once').toEqual(after);
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});
