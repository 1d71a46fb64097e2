/**
 * Processes that die and disks that refuse, with real Mimirs on a real bucket. Each test ends where it began: all is
 * active, and every sample ever written is read back. The tests build on one another.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';

let model: TestModel;
let mimir: readonly [string, string];
const written: Batch[] = [];

beforeAll(async () => {
  model = await TestModel.start();
  // Both start at once, with all there is to know from the first hook on.
  await model.deployMimir({ units: 2 });
  await model.deployMinio();
  await model.integrate();
  await reach();
  await model.untilActive();
});

afterAll(() => model[Symbol.asyncDispose]());

/** Nothing is lost, all is well, and no hook has failed on the way. */
afterEach(async () => {
  await model.untilActive();
  for (const url of mimir) await expectWhole(url, ...written);
  expect((await model.log()).filter((line) => /hook .* failed|panic/i.test(line))).toEqual([]);
});

async function reach(): Promise<void> {
  mimir = [await model.forward('mimir-k8s/0', 9009), await model.forward('mimir-k8s/1', 9009)];
}

/** To both units, so that each has something to lose. */
async function write(metric: string): Promise<void> {
  for (const [i, url] of mimir.entries()) written.push(await writeBatch(url, `${metric}_${i}`));
}

/** Shell: kill -9 to the container's processes whose command line begins so. It fails when there is none. */
function killing(command: string): string {
  return `killed=1; for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' < $p/cmdline)" in "${command}"*) kill -9 \${p#/proc/} && killed=0;; esac; done; (exit $killed)`;
}

async function inContainer(unit: string, container: string, script: string): Promise<void> {
  const { code, err } = await model.ssh(unit, container, ['/bin/sh', '-c', script]);
  expect(code, err).toBe(0);
}

/** Of the unit's Mimir; undefined while none answers. */
async function startTime(unit: 0 | 1): Promise<string | undefined> {
  try {
    const { body } = await request(`${mimir[unit]}/metrics?name[]=process_start_time_seconds`);
    return /^process_start_time_seconds (.*)$/m.exec(await body.text())?.[1];
  } catch {
    return undefined;
  }
}

/** Waits until this unit runs another Mimir than the one that was there. */
async function restarted(unit: 0 | 1, before: string | undefined): Promise<void> {
  expect(before).toBeDefined();
  await expect
    .poll(async () => ((await startTime(unit)) ?? before) !== before, { timeout: 90_000, interval: 500 })
    .toBe(true);
}

/** Waits until the unit runs this hook. */
async function during(unit: string, hook: string): Promise<void> {
  await model.until(`${unit} to run ${hook}`, (status) => {
    const agent = status.applications['mimir-k8s']?.units?.[unit]?.['juju-status'];
    return agent?.current === 'executing' && agent.message === `running ${hook} hook`;
  });
}

async function logLevel(unit: string): Promise<string | undefined> {
  const { task } = await model.run(unit, 'show-config');
  return /log_level: (\w+)/.exec(
    String(z.looseObject({ config: z.string() }).parse(task.results).config),
  )?.[1];
}

test('two units that start at once find each other, and have one leader', async () => {
  const status = await model.status();
  const found = Object.values(status.applications['mimir-k8s']?.units ?? {});
  expect(found.filter((unit) => unit.leader)).toHaveLength(1);
  for (const url of mimir) {
    const ring = async () => {
      const { body } = await request(`${url}/ingester/ring`, { headers: { accept: 'application/json' } });
      return JSON.parse(await body.text());
    };
    await expect
      .poll(ring, { timeout: 60_000 })
      .toMatchObject({ shards: [{ state: 'ACTIVE' }, { state: 'ACTIVE' }] });
  }
  await write('first');
});

test('a Mimir that is killed is started again by Pebble, and reads its log', async () => {
  await write('before_mimir_died');
  const before = await startTime(0);
  await inContainer('mimir-k8s/0', 'mimir', killing('/bin/mimir '));
  await restarted(0, before);
});

test('a Pebble that is killed comes back with Mimir in it', async () => {
  await write('before_pebble_died');
  const before = await startTime(1);
  await model.client.call('kill-container', { unit: 'mimir-k8s/1', container: 'mimir' });
  await restarted(1, before);
});

test('both pods, killed at the same time between hooks, come back with their volumes', async () => {
  await write('before_pods_died');
  const before = [await startTime(0), await startTime(1)];
  await Promise.all(['mimir-k8s/0', 'mimir-k8s/1'].map((unit) => model.client.call('kill-pod', { unit })));
  await restarted(0, before[0]);
  await restarted(1, before[1]);
});

test('a pod that is killed during a hook comes back, and the change that the hook was about is made', async () => {
  await write('before_hook_died');
  await model.config({ 'log-level': 'warn' });
  await during('mimir-k8s/0', 'config-changed');
  await model.client.call('kill-pod', { unit: 'mimir-k8s/0' });
  await model.untilActive();
  expect(await logLevel('mimir-k8s/0')).toBe('warn');
  expect(await logLevel('mimir-k8s/1')).toBe('warn');
});

test('a hook that is killed in the middle is run again, and comes to the same end', async () => {
  await model.config({ 'log-level': 'error' });
  await during('mimir-k8s/1', 'config-changed');
  await inContainer('mimir-k8s/1', 'charm', killing('./bin/node '));
  await model.untilActive();
  expect(
    (await model.log()).filter((line) =>
      /^unit-mimir-k8s-1: .* hook "config-changed" .* was terminated$/.test(line),
    ),
  ).toHaveLength(1);
  expect(await logLevel('mimir-k8s/1')).toBe('error');
});

describe('a rule file of one megabyte', () => {
  const group = (i: number, last = '"1"') =>
    `- name: group${i}\n  rules:\n${Array.from({ length: 500 }, (_, j) => `  - {record: "r:${j}", expr: ${j === 499 ? last : `"sum(rate(m{g='${i}',r='${j}',filler='${'x'.repeat(50)}'}[5m]))"`}}\n`).join('')}`;
  const file = (last?: string) =>
    `groups:\n${Array.from({ length: 16 }, (_, i) => group(i, i === 15 ? last : undefined)).join('')}`;
  const upload = async (rules: string) =>
    (await model.run('mimir-k8s/0', 'upload-rules', { namespace: 'big', rules })).task;
  const stored = async () => {
    const { body } = await request(`${mimir[1]}/prometheus/config/v1/rules/big`);
    return [...(await body.text()).matchAll(/name: group\d+/g)].length;
  };

  test('is refused whole when its last rule is wrong', async () => {
    const rules = file('"sum("');
    expect(rules.length).toBeGreaterThan(900_000);
    const task = await upload(rules);
    expect(task).toMatchObject({ status: 'failed' });
    expect(task.message).toMatch(/group "group15".*parse error.*; nothing was changed$/s);
    expect(await stored()).toBe(0);
  });

  test('is stored whole, and deleted again', async () => {
    expect(await upload(file())).toMatchObject({ status: 'completed', results: { added: '16' } });
    expect(await stored()).toBe(16);
    await model.run('mimir-k8s/0', 'delete-rules', { namespace: 'big' });
    expect(await stored()).toBe(0);
  });

  test('is refused by its size when it is larger', async () => {
    await expect(upload(`${file()}#${'x'.repeat(200_000)}`)).rejects.toThrow('1048576');
  });
});

test('a volume that cannot be written to is named, and all is well when it can be again', async () => {
  await write('before_disk_refused');
  // As long as Mimir writes, the volume cannot be taken from it.
  const refuse = `until mount -o remount,bind,ro /data; do ${killing('/bin/mimir ')}; done; true`;
  await inContainer('mimir-k8s/0', 'mimir', refuse);
  await model.untilUnit('mimir-k8s/0', 'blocked', /exits again.*read-only.*"data" must be writable/);
  await model.config({ 'log-level': 'debug' });
  await model.untilUnit('mimir-k8s/0', 'blocked', /cannot use .*: read-only.*"data" must be writable/);
  await inContainer('mimir-k8s/0', 'mimir', 'mount -o remount,bind,rw /data');
  await model.untilActive();
  expect(await logLevel('mimir-k8s/0')).toBe('debug');
});

test('the local model, killed with everything in it, goes on where it was', async () => {
  await write('before_the_end');
  const before = [await startTime(0), await startTime(1)];
  process.kill(daemonPid(model.dir), 'SIGKILL');
  await model.reopen();
  await restarted(0, before[0]);
  await restarted(1, before[1]);
});

/** The daemon is found as an operator would find it: by its command line. */
function daemonPid(modelDir: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = commandOf(pid);
    if (words.includes(modelDir) && words[0] === process.execPath) return Number(pid);
  }
  throw new Error('the daemon does not run');
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
