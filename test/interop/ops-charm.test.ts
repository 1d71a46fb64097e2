/** A charm on Canonical's `ops`, from PyPI, runs in the local model as it does on Juju. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelStatus, UnitStatus } from '../../local/api.ts';
import { TestModel } from '../local/tiny-charm.ts';

const OPS = 'ops==3.9.0';
const run = promisify(execFile);

let model: TestModel;
let folder: string;
let charm: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ops-charm-'));
  charm = join(folder, 'ops-pair');
  await cp(fileURLToPath(new URL('./charms/ops-pair', import.meta.url)), charm, { recursive: true });
  const { stdout } = await run('python3', [
    '-c',
    'import sys; print(sys.executable, "%d.%d" % sys.version_info[:2])',
  ]);
  const [python = '', version = ''] = stdout.trim().split(' ');
  await cp(await installedOps(python, version), join(charm, 'venv'), { recursive: true });
  await writeFile(join(charm, 'dispatch'), `#!/bin/sh\nPYTHONPATH=venv exec ${python} src/charm.py\n`);
  await chmod(join(charm, 'dispatch'), 0o755);
  model = await TestModel.open();
  for (const application of ['giver', 'taker'])
    await model.client.call('deploy', { charm, application, units: 1 });
});

afterAll(async () => {
  await model?.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** ops and what it needs, installed once for this Python and kept in the cache. */
async function installedOps(python: string, version: string): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const target = join(cache, 'charmwright', 'python', `${OPS}-py${version}`);
  if (existsSync(target)) return target;
  const building = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await run(python, ['-m', 'pip', 'install', '--quiet', '--target', building, OPS]);
  await rename(building, target).catch(() => rm(building, { recursive: true, force: true }));
  return target;
}

function unit(status: ModelStatus, name: string): UnitStatus | undefined {
  return status.applications[name.split('/')[0] ?? '']?.units?.[name];
}

const message = (status: ModelStatus, name: string) => unit(status, name)?.['workload-status'].message;

test('its first hooks run, its workload starts, and collect-status says so', async () => {
  const status = await model.until('both to be active', (now) =>
    ['giver/0', 'taker/0'].every((name) => unit(now, name)?.['workload-status'].current === 'active'),
  );
  // install, leader-elected, storage-attached, config-changed, start and pebble-ready were all noted
  expect(message(status, 'giver/0')).toBe('6');
  expect(status.applications.giver?.version).toBe('4.2');
  await model.settled();
  expect(unit(await model.settled(), 'giver/0')?.['open-ports']).toEqual(['8080/tcp']);
  expect(await model.exec('giver/0', 'cat /srv/data/ready')).toBe('yes');
});

test('two of them exchange data and a secret over a relation', async () => {
  await model.client.call('integrate', { endpoints: ['giver:give', 'taker:take'] });
  await model.until('the gift', (now) => message(now, 'taker/0') === 'hello s3same 6');
  await model.client.call('set-config', { application: 'giver', values: { word: 'goodbye' } });
  await model.until('the new word', (now) => message(now, 'taker/0') === 'goodbye s3same 6');
  const shown = JSON.stringify(await model.client.call('show-unit', { units: ['taker/0'] }));
  expect(shown).toContain('secret:');
  expect(shown).not.toContain('s3same');
});

test('its action logs, gives results, and fails with its own message', async () => {
  const shout = async (word: string) => {
    const { tasks } = await model.client.call('run', {
      units: ['giver/leader'],
      action: 'shout',
      params: { word },
    });
    return model.client.waitTask(tasks[0]?.id ?? '');
  };
  const task = await shout('ho');
  expect(task).toMatchObject({ status: 'completed', results: { shouted: 'HO', 'return-code': 0 } });
  expect(task.log.map((line) => line.message)).toEqual(['taking a breath']);
  expect(await shout('')).toMatchObject({ status: 'failed', message: 'nothing to shout' });
});

test('its StoredState is still there after its pod was killed', async () => {
  await model.client.call('kill-pod', { unit: 'taker/0' });
  // upgrade-charm, config-changed, start and pebble-ready came to the six
  await model.until('the pod to be back', (now) => message(now, 'taker/0') === 'goodbye s3same 10');
  await model.settled();
});

test('it loses the gift when the relation goes', async () => {
  await model.client.call('remove-relation', { endpoints: ['giver', 'taker'] });
  await model.until('the gift to be gone', (now) => message(now, 'taker/0') === '10');
  await model.settled();
  expect(unit(await model.client.call('status', {}), 'giver/0')?.['workload-status'].current).toBe('active');
});
