import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Run twice: as scenarios in process, and again with the packed charms in the local model. */
const both = 'test/both/**/*.test.ts';
/** Those of a new charm run in process where `charmwright init` has put them. */
const template = 'lib/init/template/test/unit/*.test.ts';

/** vitest would leave one of them free. */
const PROCESSORS = availableParallelism();
/** With real programs nearly all is waiting; each file has its own models, addresses and folders. */
const WAITING = { maxWorkers: PROCESSORS + 1, sequence: { groupOrder: 1 } };

/**
 * One project for each kind of test, as one tox environment for each in a Python charm.
 * unit: pure parts and one peer at most. scenario: whole hooks, in process. integration: real peers.
 * both: scenarios again, in the local model.
 */
export default defineConfig({
  test: {
    // Who has the last lines of a log alone is to see what was there instead, and not `[ …(151) ]`.
    chaiConfig: { truncateThreshold: 1_000 },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: PROCESSORS,
        },
      },
      {
        extends: true,
        test: {
          name: 'scenario',
          include: ['test/scenario/**/*.test.ts', both],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          maxWorkers: PROCESSORS,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/local/**/*.test.ts', 'test/interop/**/*.test.ts'],
          globalSetup: ['test/support/packed-charms.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          ...WAITING,
        },
      },
      {
        extends: true,
        test: {
          name: 'both',
          include: [both, template],
          env: { CHARMWRIGHT_BED: 'local' },
          globalSetup: ['test/support/local-bed.ts'],
          testTimeout: 300_000,
          ...WAITING,
        },
      },
    ],
  },
});
