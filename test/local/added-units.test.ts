/**
 * Units that are added one after the other under constant writes and queries, with one copy of each series, so that every
 * query needs each of them from the moment on in which it is known. `npm run endurance`; what it prints is shown in
 * docs/explanation/durability.md. What counts is seen in test/interop/mimir-ring-entry.test.ts each time.
 */
import { test } from 'vitest';
import { expectNothingLost } from '../support/endurance.ts';
import { EnduredModel } from '../support/endured-model.ts';

test.runIf(process.env.ENDURANCE !== undefined)(
  'one copy of each series, 1 to 6 units, one at a time',
  async () => {
    const name = 'one copy, 1 to 6 units, one at a time';
    await using endured = await EnduredModel.of(name, 1, 1, { kubernetes: true });
    for (const units of [2, 3, 4, 5, 6]) await endured.scale(units);
    const report = await endured.report();
    expectNothingLost(endured.endurance, report);
  },
  1_500_000,
);
