/** The cases that the simulated Pebble passes, on a real one: what lib/testing shows is what a pod does. */
import { expect, test } from 'vitest';
import { PEBBLE_CASES } from '../unit/testing/pebble-cases.ts';
import { realPebble } from './support/real-pebble.ts';

test.each(PEBBLE_CASES.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
  const real = await realPebble();
  try {
    await real.client.makeDir(`${real.dir}/srv`);
    await run({ pebble: real.client, dir: `${real.dir}/srv` });
    expect(await real.client.canConnect()).toBe(true);
  } finally {
    await real.remove();
  }
});
