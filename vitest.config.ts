import { defineConfig } from 'vitest/config';

/** Run twice: as scenarios in process, and again with the packed charms in the local model. */
const both = 'test/both/**/*.test.ts';
/** Those of a new charm run in process where `charmwright init` has put them. */
const template = 'lib/init/template/test/unit/*.test.ts';

/**
 * One project for each kind of test, as one tox environment for each in a Python charm.
 * unit: pure parts and one peer at most. scenario: whole hooks, in process. integration: real peers.
 * both: scenarios again, in the local model.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts', both],
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/local/**/*.test.ts', 'test/interop/**/*.test.ts'],
          globalSetup: ['test/support/packed-charms.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // Nearly all of it is waiting for real programs; each file has its own models, addresses and folders.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'both',
          include: [both, template],
          env: { CHARMWRIGHT_BED: 'local' },
          globalSetup: ['test/support/local-bed.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
