/**
 * The packed charm in a model: `npm run integration`. The model is juju-local's; with JUJU=juju it is the one that
 * `juju switch` names, on a real cloud.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const command = process.env.JUJU ?? 'juju-local';
const image = command === 'juju-local' ? 'none' : 'node:26-slim';
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const charm = `./dist/my-charm_${architecture}.charm`;
const folder = await mkdtemp(join(tmpdir(), 'model-'));

async function juju(...args: string[]): Promise<string> {
  const env = { ...process.env, JUJU_LOCAL_DIR: folder };
  return (await promisify(execFile)(command, args, { env })).stdout;
}

/** Until the application is active. */
function settle(application: string): Promise<string> {
  return juju('wait-for', 'application', application, '--query=status=="active"', '--timeout=5m');
}

beforeAll(async () => {
  for (const name of ['earth', 'moon']) await juju('deploy', charm, name, '--resource', `web-image=${image}`);
  for (const name of ['earth', 'moon']) await settle(name);
}, 600_000);

afterAll(async () => {
  if (command === 'juju-local') await juju('destroy-model', '--no-prompt');
  else await juju('remove-application', 'earth', 'moon', '--no-prompt');
  await rm(folder, { recursive: true, force: true });
}, 120_000);

async function greeting(name: string): Promise<string> {
  const answer = await juju('run', 'earth/0', 'greet', `name=${name}`, '--format=json');
  return JSON.parse(answer)['earth/0'].results.greeting;
}

test('it greets', { timeout: 120_000 }, async () => {
  expect(await greeting('Ann')).toBe('Hello, Ann!');
});

test('it knows its neighbour', { timeout: 300_000 }, async () => {
  await juju('integrate', 'earth:neighbour', 'moon:page');
  await expect
    .poll(() => greeting('Ann'), { timeout: 200_000, interval: 2_000 })
    .toContain('My neighbour is http://moon.');
});
