import { defineConfig } from 'vitest/config';

/**
 * One project for each kind of test, as one tox environment for each in a Python charm.
 * unit: pure parts and one peer at most. scenario: whole hooks, in process. integration: real peers.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts'],
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
          fileParallelism: false,
        },
      },
    ],
  },
});
