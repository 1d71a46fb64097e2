/** An application that is removed, not scaled down: its relation ends at the storage at once, and its metrics go there all the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';

let model: TestModel;
let batch: Batch;
beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir();
  await model.integrate();
  await model.untilUnit('mimir-k8s/0', 'active', /^$/, 240);
  batch = await writeBatch(await model.forward('mimir-k8s/0', 9009), 'kept');
});
afterAll(() => model?.[Symbol.asyncDispose]());

test('goes when its blocks are in the bucket', async () => {
  await model.client.call('remove-application', { application: 'mimir-k8s', destroyStorage: true });
  await model.until('it to go', ({ applications }) => applications['mimir-k8s'] === undefined, 240);
  expect((await model.log()).filter((line) => /drained: 20 series, \d+ blocks seen/.test(line))).toHaveLength(
    1,
  );
}, 300_000);

test('another one of its name, on a new volume, finds all of them', async () => {
  await model.deployMimir();
  await model.integrate();
  await model.untilUnit('mimir-k8s/0', 'active', /^$/, 240);
  await expectWhole(await model.forward('mimir-k8s/0', 9009), batch);
}, 300_000);
