/**
 * Nothing that was acknowledged is lost while units come and go, with real Mimirs on a real bucket, under constant writes
 * and queries. The long form is in endurance.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { expectNothingLost } from '../support/endurance.ts';
import { EnduredModel } from '../support/endured-model.ts';
import { ringMembers } from '../support/ring-members.ts';

const TEST_MS = 1_500_000;

describe('with one copy of each series', () => {
  test(
    'a pod that moves is not drained, and comes back to its log',
    async () => {
      await using endured = await EnduredModel.of('one copy, moves', 2, 1);
      for (const unit of ['mimir-k8s/1', 'mimir-k8s/0']) {
        await endured.kill('delete-pod', unit);
        await sleep(5000);
        await endured.atRest();
      }
      const report = await endured.report();
      expectNothingLost(endured.endurance, report, {});
      expect(await endured.drains()).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'a unit is emptied by hand, stays so when its Mimir is restarted, and takes writes again when told to',
    async () => {
      await using endured = await EnduredModel.of('one copy, drained by hand', 2, 1);
      const { model } = endured;
      const unit = 'mimir-k8s/1';
      await expect.poll(() => takesWrites(endured), HEARD).toEqual([true, true]);
      const interrupted = model.run(unit, 'drain');
      await expect.poll(() => takesWrites(endured), HEARD).toEqual([true, false]);
      await endured.kill('kill-pod', unit, 'in the middle of the action');
      expect((await interrupted).task.message).toBe('action terminated');
      await expect.poll(() => takesWrites(endured), BACK).toEqual([true, true]);
      await endured.atRest();
      const { task, log } = await model.run(unit, 'drain');
      expect(task.results, task.message).toMatchObject({ unit, writes: 'false' });
      // Whether it holds any series is for the ring to say.
      expect(log).toContain('other units take the writes');
      await expect.poll(() => takesWrites(endured), HEARD).toEqual([true, false]);
      const other = await model.run('mimir-k8s/0', 'drain');
      expect(other.task.message).toMatch(/^writes would fail: they need 1 other ingester .* there are 0/);
      await endured.kill('delete-pod', unit);
      await model.untilUnit(unit, 'active', /takes no writes: juju run mimir-k8s\/1 drain resume=true/, 240);
      await expect.poll(() => takesWrites(endured), HEARD).toEqual([true, false]);
      await model.run(unit, 'drain', { resume: true });
      await expect.poll(() => takesWrites(endured), HEARD).toEqual([true, true]);
      const report = await endured.report();
      expectNothingLost(endured.endurance, report, {});
    },
    TEST_MS,
  );

  /** What one unit does the others hear by gossip. */
  const HEARD = { timeout: 60_000, interval: 1000 };
  const BACK = { timeout: 180_000, interval: 1000 };

  /** By unit, as the ring of ingesters says it. */
  async function takesWrites({ model }: EnduredModel): Promise<readonly boolean[]> {
    const { task } = await model.run('mimir-k8s/0', 'ring-status');
    const rings = z.object({ ingester: z.array(z.object({ 'read-only': z.boolean() })) });
    const { ingester } = rings.parse(JSON.parse(String(task.results?.rings)));
    return ingester.map((member) => !member['read-only']);
  }

  /** It is out for three seconds before it is stopped. */
  const OUT = { timeout: 300_000, interval: 100 };
  const INTERRUPTED = [
    ['mimir-k8s/2', 'delete-pod'],
    ['mimir-k8s/1', 'kill-pod'],
  ] as const;

  test(
    'units come and go, also when they are killed or moved in the middle of their drain, and every acknowledged sample is read back',
    async () => {
      await using endured = await EnduredModel.of('one copy, scaling', 2, 1);
      await endured.scale(3);
      await endured.plan(1);
      for (const [unit, verb] of INTERRUPTED) {
        await endured.untilSaid(unit, /waiting until queries find the blocks/);
        await endured.kill(verb, unit, 'in the middle of its drain');
      }
      const stays = await endured.model.forward('mimir-k8s/0', 9009);
      const isInRing = async () =>
        (await ringMembers(stays, '/ingester/ring')).some((member) => member.startsWith('mimir-k8s-1 '));
      // The one that was killed is there again; it is drained to its end, and killed before it is stopped.
      await expect.poll(isInRing, OUT).toBe(false);
      await endured.kill('kill-pod', 'mimir-k8s/1', 'out of its ring');
      await endured.untilCount(1);
      await endured.atRest();
      const report = await endured.report();
      expectNothingLost(endured.endurance, report);
    },
    TEST_MS,
  );
});

describe('with three copies of each series', () => {
  const KILLS = 4;
  const KILL_EVERY_MS = 20_000;
  const AWAY_MS = 60_000;

  test(
    'pods die, the leader in the middle of a hook, and object storage goes away while a unit leaves',
    async () => {
      await using endured = await EnduredModel.of('three copies, chaos', 3, 3);
      await killAtRandom(endured);
      await endured.killLeaderInHook();
      await endured.atRest();
      await endured.plan(2);
      const said = await endured.withoutStorage(AWAY_MS, 'mimir-k8s/2');
      expect(said).toMatch(/^\[drain\] .*(does not answer|not arrived)/m);
      await endured.untilCount(2);
      await endured.atRest();
      await endured.scale(3);
      const report = await endured.report();
      expectNothingLost(endured.endurance, report);
    },
    TEST_MS,
  );

  /** Half of them as a node that is drained ends a pod, half with kill -9. */
  async function killAtRandom(endured: EnduredModel): Promise<void> {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const unit = `mimir-k8s/${Math.floor(Math.random() * 3)}`;
      await endured.kill(kill % 2 === 0 ? 'kill-pod' : 'delete-pod', unit);
      await sleep(KILL_EVERY_MS);
    }
    await endured.atRest();
    expect(await endured.drains(), 'churn is no reason to flush').toEqual([]);
  }
});
