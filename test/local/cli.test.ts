/** The command line as a user types it, against a real local model. The tests build on one another, as a session does. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { writeToyCharm } from './support/toy-charm.ts';

const binary = fileURLToPath(new URL('../../bin/juju-local', import.meta.url));
let dir = '';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line and waits for its end, whatever its exit code. */
function juju(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(binary, words, { cwd: dir, env: environment() }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

/** The same for commands that must succeed: their output. */
async function ok(...words: string[]): Promise<string> {
  const { code, out, err } = await juju(...words);
  expect(code, `juju-local ${words.join(' ')}: ${err}`).toBe(0);
  return out;
}

function environment() {
  const { JUJU_LOCAL_DIR: _, ...rest } = process.env;
  return { ...rest, TZ: 'UTC' };
}

const settled = 'forEach(units, u => u.workload-status=="active" && u.agent-status=="idle")';

async function waitFor(application: string, query = settled): Promise<void> {
  await ok('wait-for', 'application', application, '--timeout', '2m', '--query', query);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'juju-local-session-'));
  await writeToyCharm(join(dir, 'toy'), '1.0');
});
afterAll(async () => {
  await juju('destroy-model', '--no-prompt');
  await rm(dir, { recursive: true, force: true });
});

test('deploy makes the model and two units, which become active', async () => {
  const words = ['deploy', './toy', '-n', '2', '--resource', 'work-image=none', '--config', 'greeting=hi'];
  const { code, err } = await juju(...words);
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(err).toContain('toy');
  await waitFor('toy', `len(units)==2 && ${settled}`);
});

test('status shows both units, one of them the leader', async () => {
  const lines = (await ok('status')).split('\n');
  expect(lines[0]).toMatch(/^Model +Controller +Cloud\/Region +Version +.*Timestamp$/);
  expect(lines).toContainEqual(expect.stringMatching(/^toy +1\.0 +active +2 +toy +0 +[\d.]+ +no/));
  const units = lines.filter((line) => /^toy\/\d/.test(line));
  expect(units).toHaveLength(2);
  expect(units.filter((line) => line.startsWith('toy/0*') || line.startsWith('toy/1*'))).toHaveLength(1);
  for (const line of units) expect(line).toMatch(/active +idle +[\d.]+ +8000\/tcp +says hi$/);
});

test("status in JSON has juju's keys", async () => {
  const status = JSON.parse(await ok('status', '--format', 'json'));
  expect(status.model).toMatchObject({ type: 'caas', 'model-status': { current: 'available' } });
  expect(status.applications.toy).toMatchObject({ 'charm-name': 'toy', scale: 2, exposed: false });
  expect(status.applications.toy.units['toy/0']['workload-status']).toMatchObject({
    current: 'active',
    message: 'says hi',
  });
});

test('config reads, sets and resets an option', async () => {
  expect(await ok('config', 'toy', 'greeting')).toBe('hi\n');
  await ok('config', 'toy', 'greeting=good day');
  await waitFor('toy', 'forEach(units, u => u.workload-message=="says good day")');
  const all = JSON.parse(await ok('config', 'toy', '--format', 'json'));
  expect(all.settings.greeting).toMatchObject({ source: 'user', type: 'string', value: 'good day' });
  await ok('config', 'toy', '--reset', 'greeting');
  expect(await ok('config', 'toy', 'greeting')).toBe('hello\n');
  await waitFor('toy', 'forEach(units, u => u.workload-message=="says hello")');
});

test('an option that does not exist is refused', async () => {
  const { code, err } = await juju('config', 'toy', 'no-such=1');
  expect(code).toBe(1);
  expect(err).toMatch(/^ERROR .*no-such/);
});

test('actions lists them, with their schemas when asked', async () => {
  expect(await ok('actions', 'toy')).toBe(
    'Action  Description\ngreet   Greets somebody.\n        Politely.\nrefuse  Fails.\n',
  );
  const schema = JSON.parse(await ok('actions', 'toy', '--schema', '--format', 'json'));
  expect(schema.greet).toMatchObject({ properties: { name: { type: 'string' } }, required: ['name'] });
});

test('run shows the log of an action and its result', async () => {
  const { code, out, err } = await juju('run', 'toy/leader', 'greet', 'name=world');
  expect(code).toBe(0);
  expect(out).toBe('greeting: hello world\nnested:\n  deep: "yes"\n');
  expect(err).toMatch(/^Running operation \d+ with 1 task\n {2}- task \d+ on unit-toy-\d\n/);
  expect(err).toMatch(/\d\d:\d\d:\d\d looking for words/);
});

test('run on two units answers in JSON, by unit', async () => {
  const answer = JSON.parse(await ok('run', 'toy/0', 'toy/1', 'greet', 'name=you', '--format', 'json'));
  for (const unit of ['toy/0', 'toy/1']) {
    expect(answer[unit]).toMatchObject({
      unit,
      status: 'completed',
      results: { greeting: 'hello you', nested: { deep: 'yes' }, 'return-code': 0 },
    });
  }
});

test('an action that fails is told with its reason, exit code 1', async () => {
  const { code, out, err } = await juju('run', 'toy/0', 'refuse');
  expect(code).toBe(1);
  expect(out).toMatch(/^Action id \d+ failed: it does not want to\n/);
  expect(err).toMatch(/ERROR the following task failed:\n - id "\d+" with status failed/);
});

test('parameters that do not fit are refused before the action runs', async () => {
  const { code, err } = await juju('run', 'toy/0', 'greet', 'name=3');
  expect(code).toBe(1);
  expect(err).toMatch(/^ERROR .*name/);
});

test('show-task finds an action that ran in the background', async () => {
  const { err } = await juju('run', 'toy/0', 'greet', 'name=back', '--background');
  const id = /with task (\d+)/.exec(err)?.[1] ?? 'none';
  const task = JSON.parse(await ok('show-task', id, '--wait', '1m', '--format', 'json'));
  expect(task).toMatchObject({ id, status: 'completed', results: { greeting: 'hello back' } });
});

test('exec runs with the hook tools, and its exit code is that of the command', async () => {
  expect(await ok('exec', '--unit', 'toy/0', '--', 'config-get', 'greeting')).toBe('hello\n');
  expect(await juju('exec', '-u', 'toy/0', 'echo out; echo err >&2; exit 3')).toEqual({
    code: 3,
    out: 'out\n',
    err: 'err\n',
  });
  const both = JSON.parse(await ok('exec', '-a', 'toy', '--format', 'json', 'echo $JUJU_UNIT_NAME'));
  expect(both['toy/1'].results).toEqual({ 'return-code': 0, stdout: 'toy/1\n' });
});

test('ssh runs a command in a container, with its input and exit code', async () => {
  expect(await ok('ssh', '--container', 'work', 'toy/1', 'hostname')).toContain('toy-1');
  expect((await juju('ssh', 'toy/1', 'exit 7')).code).toBe(7);
  const piped = await new Promise<string>((resolve) => {
    const child = spawn(binary, ['ssh', 'toy/0', 'wc', '-c'], { cwd: dir, env: environment() });
    child.stdin.end('12345');
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', () => resolve(out.trim()));
  });
  expect(piped).toBe('5');
});

test('two applications are integrated, and show-unit shows what they say to each other', async () => {
  await ok('deploy', './toy', 'friend', '--resource', 'work-image=none', '--config', 'greeting=salut');
  await waitFor('friend');
  await ok('integrate', 'toy:give', 'friend:take');
  await waitFor('toy');
  await waitFor('friend');
  await expect
    .poll(
      async () => {
        const shown = JSON.parse(await ok('show-unit', 'toy/0', '--endpoint', 'give', '--format', 'json'));
        return shown['toy/0']['relation-info']?.[0]?.['related-units']?.['friend/0']?.data;
      },
      { timeout: 30_000, interval: 500 },
    )
    .toMatchObject({ greeting: 'salut' });
  expect(await ok('status', '--relations')).toMatch(/^toy:give +friend:take +toy +regular$/m);
});

test('an integration that exists already is refused', async () => {
  const { code, err } = await juju('integrate', 'toy:give', 'friend:take');
  expect(code).toBe(1);
  expect(err).toContain('already exists');
});

test('remove-relation ends it', async () => {
  await ok('remove-relation', 'toy:give', 'friend:take');
  await expect
    .poll(() => ok('status', '--relations'), { timeout: 60_000, interval: 500 })
    .not.toContain('friend:take');
});

test('a user secret is added, granted, read by the charm and revealed only when asked', async () => {
  const uri = (await ok('add-secret', 'keys', 'token=hunter2', '--info', 'for the toy')).trim();
  expect(uri).toMatch(/^secret:/);
  await ok('grant-secret', 'keys', 'toy');
  await ok('config', 'toy', `key=${uri}`);
  expect(await ok('exec', '-u', 'toy/0', `secret-get ${uri} token`)).toBe('hunter2\n');
  expect(await ok('secrets')).toContain('keys');
  expect(await ok('show-secret', 'keys')).not.toContain('hunter2');
  expect(await ok('show-secret', 'keys', '--reveal')).toContain('token: hunter2');
  await ok('update-secret', 'keys', 'token=hunter3');
  expect(await ok('exec', '-u', 'toy/0', `secret-get --refresh ${uri} token`)).toBe('hunter3\n');
});

test('a failed hook is shown as an error, and resolved once its cause is gone', async () => {
  await ok('model-config', 'automatically-retry-hooks=false');
  await ok('config', 'friend', 'fail=true');
  await ok('wait-for', 'unit', 'friend/0', '--timeout', '1m', '--query', 'workload-status=="error"');
  expect(await ok('status', 'friend')).toContain('hook failed: "config-changed"');
  await ok('config', 'friend', '--reset', 'fail');
  await ok('resolved', 'friend/0');
  await waitFor('friend');
  await ok('model-config', '--reset', 'automatically-retry-hooks');
});

test('debug-log shows what hooks wrote, filtered by unit and level', async () => {
  const log = await ok('debug-log', '--replay', '--no-tail', '--include', 'friend/0', '--level', 'WARNING');
  expect(log).toMatch(/^unit-friend-0: \d\d:\d\d:\d\d WARNING .*told to fail$/m);
  expect(log).not.toContain('unit-toy');
  expect((await ok('debug-log', '-n', '3')).trimEnd().split('\n')).toHaveLength(3);
});

test('forward reaches each unit by its name', async () => {
  const first = await bootId('toy/0');
  expect(first).not.toBe(await bootId('toy/1'));
  expect(first).toBe(await bootId('toy/0'));
});

test('a killed pod comes back as a new one', async () => {
  const before = await bootId('toy/1');
  await ok('kill-pod', 'toy/1');
  await expect
    .poll(() => bootId('toy/1').catch(() => before), { timeout: 60_000, interval: 500 })
    .not.toBe(before);
  await waitFor('toy', `len(units)==2 && ${settled}`);
});

test('units are added and removed', async () => {
  await ok('scale-application', 'friend', '2');
  await waitFor('friend', `len(units)==2 && ${settled}`);
  const { err } = await juju('remove-unit', 'friend', '--num-units', '1');
  expect(err).toContain('friend/1');
  await ok('wait-for', 'application', 'friend', '--timeout', '1m', '--query', 'len(units)==1');
});

test('refresh brings the new charm', async () => {
  await writeToyCharm(join(dir, 'toy'), '2.0');
  await ok('refresh', 'friend', '--path', './toy');
  await ok('wait-for', 'application', 'friend', '--timeout', '1m', '--query', 'workload-version=="2.0"');
});

test('a removed application is gone', async () => {
  await ok('remove-application', 'friend', '--no-prompt');
  await expect
    .poll(async () => Object.keys(JSON.parse(await ok('status', '--format', 'json')).applications), {
      timeout: 60_000,
      interval: 500,
    })
    .toEqual(['toy']);
});

test('the destroyed model is gone', async () => {
  await ok('destroy-model', '--no-prompt');
  expect((await juju('status')).err).toContain('there is no model in .juju-local');
});

/** What the Pebble of a unit's charm container, which listens on 38812, calls this life of its. */
async function bootId(unit: string): Promise<string> {
  const forward = spawn(binary, ['forward', unit, ':38812'], { cwd: dir, env: environment() });
  try {
    const answer = await fetch(`http://127.0.0.1:${await forwardedPort(forward)}/v1/system-info`);
    const { result } = z.object({ result: z.object({ 'boot-id': z.string() }) }).parse(await answer.json());
    return result['boot-id'];
  } finally {
    forward.kill();
  }
}

async function forwardedPort(forward: ChildProcess): Promise<string> {
  if (forward.stdout === null) throw new Error('forward has no output');
  for await (const line of createInterface({ input: forward.stdout })) {
    const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('forward ended without a port');
}
