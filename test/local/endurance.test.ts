/** The long form of durability.test.ts: `npm run endurance`, an hour and a half with test/local/roles-under-load.test.ts. What it prints is shown in docs/explanation/durability.md. */
import { describe, expect, test } from 'vitest';
import { expectNothingLost } from '../support/endurance.ts';
import { EnduredModel } from '../support/endured-model.ts';

const TEST_MS = 7_200_000;
/** Who leaves is killed, too, and begins its drain again. */
const LEAVING_SECONDS = 3000;
const KILL_EVERY_MS = 20_000;
const AWAY_MS = 60_000;

describe.runIf(process.env.ENDURANCE !== undefined)('under constant writes and queries', () => {
  test(
    'one copy of each series, 3 to 5 to 2 to 1 to 3 units',
    async () => {
      await using endured = await EnduredModel.of('one copy, 3 to 5 to 2 to 1 to 3 units', 3, 1, {
        kubernetes: true,
      });
      for (const units of [5, 2, 1, 3]) await endured.scale(units);
      const report = await endured.report();
      expectNothingLost(endured.endurance, report);
    },
    TEST_MS,
  );

  test.each([1, 3] as const)(
    'copies: %i, the same, with kills, without storage for a minute, and with the leader killed in a hook',
    async (copies) => {
      await using endured = await EnduredModel.of(
        `${copies === 1 ? 'one copy' : 'three copies'}, 3 to 5 to 2 to 1 to 3 units, chaos`,
        3,
        copies,
      );
      const scale = (units: number, during: () => Promise<unknown> = async () => undefined) =>
        endured.killingWhile(KILL_EVERY_MS, async () => {
          await endured.plan(units);
          await during();
          await endured.untilCount(units, LEAVING_SECONDS);
        });
      await scale(5, () => endured.pass(60_000));
      await endured.atRest();
      await scale(2, () => endured.withoutStorage(AWAY_MS, 'mimir-k8s/4'));
      await endured.atRest();
      await endured.killLeaderInHook();
      await endured.atRest();
      // With three copies one unit is too few for a write: from here on senders keep what they have.
      await scale(1);
      await scale(3, () => endured.pass(60_000));
      await endured.atRest();
      const report = await endured.report();
      expectNothingLost(endured.endurance, report);
    },
    TEST_MS,
  );

  test(
    'three copies, a pod killed with -9 every 20 s for five minutes',
    async () => {
      await using endured = await EnduredModel.of('three copies, kill -9 every 20 s', 3, 3);
      await endured.killingWhile(KILL_EVERY_MS, () => endured.pass(5 * 60_000));
      await endured.atRest();
      expect(await endured.drains(), 'churn is no reason to flush').toEqual([]);
      const report = await endured.report();
      expectNothingLost(endured.endurance, report);
    },
    TEST_MS,
  );
});
