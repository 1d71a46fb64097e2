/** What Mimir's packed charm loads in a dispatch that finds nothing to do: heavy or rare modules show here. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADVICE, PROBE, readReport } from '../support/loaded-modules.ts';
import { TestModel } from '../support/local-model.ts';

let model: TestModel;
beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir();
  await model.integrate();
  await model.untilActive();
});
afterAll(() => model[Symbol.asyncDispose]());

const DISPATCH = `cat > probe.cjs <<'END'
${PROBE}END
export JUJU_DISPATCH_PATH=hooks/update-status JUJU_HOOK_NAME=update-status
./dispatch >&2
NODE_OPTIONS=--require=$PWD/probe.cjs LOADED_MODULES_FILE=$PWD/loaded.json ./dispatch >&2
cat loaded.json`;

/** A socket to Pebble and to Mimir, a signature for the bucket. The hook tools were started before. */
const NODE = ['crypto', 'dns', 'http', 'net', 'stream', 'stream/promises', 'string_decoder', 'v8'];

test('a dispatch with nothing to do loads zod only, and neither YAML nor undici, ajv or pino', async () => {
  const loaded = readReport(await model.exec('mimir-k8s/0', DISPATCH));
  expect(loaded.packages, ADVICE).toEqual(['zod']);
  expect(loaded.builtins, ADVICE).toEqual(NODE);
  expect(loaded.bytes, ADVICE).toBeLessThan(412_000);
});
