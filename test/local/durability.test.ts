/**
 * Nothing that was acknowledged is lost while units come and go, with real Mimirs on a real bucket, under constant writes
 * and queries. `npm run endurance` runs the long form.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { described, Endurance, type Report } from '../support/endurance.ts';
import { TestModel } from '../support/local-model.ts';

const LONG = process.env.ENDURANCE !== undefined;
const TEST_MS = 1_500_000;

let model: TestModel;
beforeEach(async () => {
  model = await TestModel.start();
});
afterEach(async () => {
  const log = process.env.ENDURANCE_LOG;
  if (log !== undefined) await writeFile(`${log}.debug`, (await model.log()).join('\n'));
  await model[Symbol.asyncDispose]();
});

async function deploy(units: number, factor: 1 | 3): Promise<Endurance> {
  await model.deployMimir({ units, config: { 'replication-factor': String(factor) } });
  await model.deployMinio();
  await model.integrate();
  await model.untilActive(240);
  await inRing(units);
  return new Endurance(await model.forward('mimir-k8s', 9009));
}

/** Until each unit sees so many ingesters, all there. */
async function inRing(units: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const { task } = await model.run('mimir-k8s/0', 'ring-status');
        return `${task.results?.members} ${task.results?.unhealthy}`;
      },
      // What has come up in a ring once more is taken out at the next update-status.
      { timeout: 480_000, interval: 3000 },
    )
    .toBe(`${units} []`);
}

async function scale(endurance: Endurance, units: number): Promise<void> {
  endurance.tell(`scaling to ${units}`);
  await model.client.call('scale-application', { application: 'mimir-k8s', scale: units });
  await model.until(
    `${units} units`,
    (status) => Object.keys(status.applications['mimir-k8s']?.units ?? {}).length === units,
    600,
  );
  await model.untilActive(240);
  await inRing(units);
  endurance.tell(`there are ${units}`);
}

async function finish(name: string, endurance: Endurance): Promise<Report> {
  const report = await endurance.end();
  console.log(described(name, report));
  if (process.env.ENDURANCE_LOG !== undefined) {
    const told = endurance.told.map(({ at, what }) => `${at} s: ${what}`);
    await writeFile(process.env.ENDURANCE_LOG, `${described(name, report)}\n${told.join('\n')}\n`);
  }
  return report;
}

/** What units have said of their drains. */
async function drains(): Promise<readonly string[]> {
  return (await model.log()).filter((line) => line.includes('juju-log drain'));
}

describe('with one copy of each series', () => {
  test(
    'a pod that moves is not drained, and comes back to its log',
    async () => {
      const endurance = await deploy(2, 1);
      for (const unit of ['mimir-k8s/1', 'mimir-k8s/0']) {
        endurance.tell(`delete-pod ${unit}`);
        await model.client.call('delete-pod', { unit });
        await sleep(5000);
        await model.untilActive(240);
        await inRing(2);
        endurance.tell('it is back');
      }
      const report = await finish('one copy, moves', endurance);
      expect(report).toMatchObject({ lost: 0, readBack: report.acknowledged });
      expect(await drains()).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'a unit is emptied by hand, stays so when its Mimir is restarted, and takes writes again when told to',
    async () => {
      const endurance = await deploy(2, 1);
      const unit = 'mimir-k8s/1';
      await expect.poll(takesWrites, HEARD).toEqual([true, true]);
      const { task, log } = await model.run(unit, 'drain');
      expect(task.results, task.message).toMatchObject({ unit, writes: 'false' });
      // Whether it holds any series is for the ring to say.
      expect(log).toContain('other units take the writes');
      await expect.poll(takesWrites, HEARD).toEqual([true, false]);
      const other = await model.run('mimir-k8s/0', 'drain');
      expect(other.task.message).toMatch(/^writes would fail: they need 1 other ingester .* there are 0/);
      await model.client.call('delete-pod', { unit });
      await model.untilUnit(unit, 'active', /takes no writes: juju run mimir-k8s\/1 drain resume=true/, 240);
      await expect.poll(takesWrites, HEARD).toEqual([true, false]);
      await model.run(unit, 'drain', { resume: true });
      await expect.poll(takesWrites, HEARD).toEqual([true, true]);
      const report = await finish('one copy, drained by hand', endurance);
      expect(report).toMatchObject({ lost: 0, readBack: report.acknowledged });
    },
    TEST_MS,
  );

  /** What one unit does the others hear by gossip. */
  const HEARD = { timeout: 60_000, interval: 1000 };

  /** By unit, as the ring of ingesters says it. */
  async function takesWrites(): Promise<readonly boolean[]> {
    const { task } = await model.run('mimir-k8s/0', 'ring-status');
    const rings = z.object({ ingester: z.array(z.object({ 'read-only': z.boolean() })) });
    const { ingester } = rings.parse(JSON.parse(String(task.results?.rings)));
    return ingester.map((member) => !member['read-only']);
  }

  test(
    'units come and go, and every acknowledged sample is read back',
    async () => {
      const endurance = await deploy(LONG ? 3 : 2, 1);
      for (const units of LONG ? [5, 2, 1, 3] : [3, 1]) await scale(endurance, units);
      const report = await finish('one copy, scaling', endurance);
      expect(report).toMatchObject({ lost: 0, readBack: report.acknowledged });
    },
    TEST_MS,
  );
});

describe('with three copies of each series', () => {
  const KILLS = LONG ? 20 : 4;
  const KILL_EVERY_MS = 20_000;
  const AWAY_MS = 60_000;

  test(
    'pods die, the leader in the middle of a hook, and object storage goes away while a unit leaves',
    async () => {
      const endurance = await deploy(3, 3);
      await killAtRandom(endurance);
      await killLeaderInHook(endurance);
      await leaveWithoutStorage(endurance);
      await scale(endurance, 3);
      const report = await finish('three copies, chaos', endurance);
      expect(report).toMatchObject({ lost: 0, readBack: report.acknowledged });
    },
    TEST_MS,
  );

  /** Half of them as a node that is drained ends a pod, half with kill -9. */
  async function killAtRandom(endurance: Endurance): Promise<void> {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const unit = `mimir-k8s/${Math.floor(Math.random() * 3)}`;
      const verb = kill % 2 === 0 ? 'kill-pod' : 'delete-pod';
      endurance.tell(`${verb} ${unit}`);
      await model.client.call(verb, { unit });
      await sleep(KILL_EVERY_MS);
    }
    await model.untilActive(240);
    await inRing(3);
    endurance.tell('all are back');
    expect(await drains(), 'churn is no reason to flush').toEqual([]);
  }

  async function killLeaderInHook(endurance: Endurance): Promise<void> {
    const units = Object.entries((await model.status()).applications['mimir-k8s']?.units ?? {});
    const [leader = ''] = units.find(([, unit]) => unit.leader) ?? [];
    await model.config({ 'log-level': 'warn' });
    await model.until(`${leader} in a hook`, ({ applications }) => {
      const agent = applications['mimir-k8s']?.units?.[leader]?.['juju-status'];
      return agent?.current === 'executing' && agent.message === 'running config-changed hook';
    });
    endurance.tell(`kill-pod ${leader}, the leader, in config-changed`);
    await model.client.call('kill-pod', { unit: leader });
    await model.untilActive(240);
    await inRing(3);
    endurance.tell('all are back');
  }

  async function leaveWithoutStorage(endurance: Endurance): Promise<void> {
    await minio('stop');
    endurance.tell('object storage is away, and a unit is to leave');
    await model.client.call('scale-application', { application: 'mimir-k8s', scale: 2 });
    const said = new Set<string>();
    // Its own charm would start it again.
    for (const end = Date.now() + AWAY_MS; Date.now() < end; await sleep(1000)) {
      await minio('stop');
      said.add((await model.unit('mimir-k8s/2'))['workload-status'].message ?? '');
    }
    expect([...said].join('\n')).toMatch(/^\[drain\] .*(does not answer|not arrived)/m);
    await minio('start');
    endurance.tell('object storage is back');
    await scale(endurance, 2);
  }

  async function minio(verb: 'stop' | 'start'): Promise<void> {
    const { code, err } = await model.ssh('minio-k8s/0', 'minio', ['/charm/bin/pebble', verb, 'minio']);
    expect(code, err).toBe(0);
  }
});
