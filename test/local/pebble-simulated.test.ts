/** The cases that the simulated Pebble passes, on a real one: what lib/testing shows is what a pod does. */
import { expect } from 'vitest';
import { describeCases } from '../unit/testing/pebble-groups.ts';
import { realPebble } from './support/real-pebble.ts';

describeCases(async (run) => {
  const real = await realPebble();
  try {
    await real.client.makeDir(`${real.dir}/srv`);
    await run({ pebble: real.client, dir: `${real.dir}/srv` });
    expect(await real.client.canConnect()).toBe(true);
  } finally {
    await real.remove();
  }
});
