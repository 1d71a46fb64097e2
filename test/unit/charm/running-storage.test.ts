/** What a drain knows of the storage of a running Mimir, by the configuration that the charm itself has written. */
import { expect, test } from 'vitest';
import { runningStorage } from '../../../charm/drain/bucket.ts';
import { madeAt } from '../../../charm/drain/drain.ts';
import type { Inputs } from '../../../charm/plan/inputs.ts';
import { CONFIG_FILE } from '../../../charm/plan/paths.ts';
import { plan } from '../../../charm/plan/plan.ts';
import { inputs, s3Ready, withOptions } from '../../support/mimir-inputs.ts';

function configOf(changes: Partial<Inputs>): Readonly<Record<string, string>> {
  const { workload } = plan(inputs(changes));
  if (workload.kind !== 'run') throw new Error(workload.kind);
  return Object.fromEntries(workload.files.map(({ path, content }) => [path, content]));
}

test('on its own disk there is nowhere to put anything', () => {
  expect(runningStorage(configOf({}))).toMatchObject({ kind: 'filesystem', bucket: undefined });
});

test('with a bucket queries know a new block within two minutes', () => {
  const storage = runningStorage(configOf({ objectStorage: s3Ready() }));
  expect(storage).toMatchObject({ kind: 's3', seenAfterSeconds: 100 });
  expect(storage?.bucket).toBeDefined();
});

test('where queries leave recent hours to the units there is nothing to wait for', () => {
  const spare = {
    objectStorage: s3Ready(),
    plannedUnits: 3,
    ...withOptions({ 'recent-from-bucket': false }),
  };
  expect(runningStorage(configOf(spare))?.seenAfterSeconds).toBeUndefined();
});

test('without keys in the configuration the charm cannot look into the bucket', () => {
  const files = configOf({ objectStorage: s3Ready() });
  const keyless = (files[CONFIG_FILE] ?? '').replaceAll(/^ *(?:access_key_id|secret_access_key): .*\n/gm, '');
  expect(runningStorage({ ...files, [CONFIG_FILE]: keyless })).toMatchObject({
    kind: 's3',
    bucket: undefined,
  });
});

test.each(['', 'a: [', '- 1'])('a file that is none of ours (%j) says nothing', (text) => {
  expect(runningStorage({ [CONFIG_FILE]: text })).toBeUndefined();
});

test('a block says when it was made', () => {
  expect(madeAt('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe(Date.parse('2016-07-30T23:54:10.259Z'));
});
