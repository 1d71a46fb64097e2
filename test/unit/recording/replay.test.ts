/** A dispatch is recorded with a world around it, and run again without one. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { active, defineCharm } from 'charmwright';
import { HttpClient } from 'charmwright/http';
import { readObject } from 'charmwright/kubernetes';
import { ExecError, PathError } from 'charmwright/pebble';
import {
  container,
  exec,
  Killer,
  parseRecording,
  type Recording,
  replay,
  SimulatedPebble,
} from 'charmwright/testing';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { dispatch, type Host } from '../../../lib/dispatch/dispatch.ts';
import { record } from '../../../lib/recording/recorder.ts';
import { decode, encode } from '../../../lib/recording/values.ts';

const spec = {
  name: 'web',
  endpoints: {},
  extraBindings: [],
  containers: { web: {} },
  storage: {},
  resources: {},
  config: { greeting: { type: 'string', default: 'hello' } },
  actions: {},
} as const;

let folder: string;
let origin: string;
const server = createServer((request, response) =>
  response.end(request.url?.includes('/pods/') ? '{"kind":"Pod"}' : `you asked ${request.url}`),
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** Asks all that can be asked: options, a secret, files, commands, its workload. */
const charm = (status: (seen: string) => string = (seen) => seen) =>
  defineCharm(spec, {
    reconcile: async (juju) => {
      const { greeting } = await juju.config();
      const { password } = await juju.secrets.read('secret:h6c4vml77bjnv6m0gp83');
      const web = juju.container('web');
      const motd = await web.pullText('/etc/motd');
      const missing = await web.pullText('/etc/none').catch((error: unknown) => error);
      const said = await (await web.exec(['/bin/say', 'it'])).output();
      const failed = await (await web.exec(['/bin/fail'])).wait().catch((error: unknown) => error);
      const light = await new HttpClient({ origin }).send({ method: 'GET', path: '/light' });
      const account = await juju.serviceAccount();
      const pods = z.object({ kind: z.string() });
      const pod = account && (await readObject(account, { kind: 'Pod', name: 'web-0' }, pods));
      const heavy = await (await request(`${origin}/heavy`)).body.text();
      await web.push('/etc/web.conf', `greeting = ${greeting}\npassword = ${password}\n`);
      const seen = [
        greeting,
        motd,
        missing instanceof PathError ? missing.kind : 'other',
        said.stdout,
        failed instanceof ExecError ? failed.exitCode : 'other',
        light.body.toString(),
        heavy,
        ...(pod === undefined ? [] : [pod.kind]),
      ];
      juju.addStatus(active(status(seen.join(', '))));
    },
  });

const TOOLS: Readonly<Record<string, string>> = {
  'state-get': '{}',
  'config-get': '{"greeting":"hello"}',
  'secret-get': '{"password":"correct-horse"}',
};

function world(): Host {
  const state = container('web', {
    files: { '/etc/motd': 'welcome' },
    execs: [exec(['/bin/say'], { stdout: 'aye' }), exec(['/bin/fail'], { code: 3 })],
  });
  const witness = { call: () => undefined, serviceStarted: () => undefined };
  const pebble = new SimulatedPebble(state, new Killer({}), witness);
  return {
    env: {
      JUJU_DISPATCH_PATH: 'hooks/update-status',
      JUJU_UNIT_NAME: 'web/0',
      JUJU_MODEL_NAME: 'm',
      JUJU_MODEL_UUID: '3a1f5e0c-0000-4000-8000-0000000000aa',
      JUJU_CONTEXT_ID: 'web/0-update-status-0123456789abcdef',
      HOME: '/root',
    },
    tools: {
      run: async (tool) => ({ code: 0, stdout: TOOLS[tool] ?? '', stderr: '' }),
    },
    pebble: () => pebble,
    files: { read: () => undefined, write: () => undefined, remove: () => undefined },
    stdout: () => undefined,
    stderr: () => undefined,
  };
}

async function recorded(
  env: Readonly<Record<string, string>> = {},
  more: Partial<Host> = {},
): Promise<Recording> {
  const place = await mkdtemp(join(folder, 'run-'));
  const host = { ...world(), ...more };
  const recorder = record('web', { ...host, env: { ...host.env, ...env } }, place);
  await recorder.end(await dispatch(charm(), recorder.host));
  const [file = ''] = await readdir(place);
  expect(file).toMatch(/^\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z-update-status\.json$/);
  return parseRecording(await readFile(join(place, file), 'utf8'), file);
}

describe('run again', () => {
  test('it hears what it heard then, and does the same', async () => {
    const again = await replay(charm(), await recorded());
    expect(again.differences).toEqual([]);
    expect(again.exitCode).toBe(0);
    expect(again.calls.map(({ call }) => call)).toContain(
      `status-set --application=false active "hello, welcome, not-found, aye, 3, you asked /light, you asked /heavy"`,
    );
  });

  test('on Kubernetes it is somebody again, without a token', async () => {
    const account = { origin, token: 'a-token-of-an-hour', authority: '', namespace: 'cos' };
    const recording = await recorded({}, { serviceAccount: async () => account });
    expect(JSON.stringify(recording)).not.toContain(account.token);
    const again = await replay(charm(), recording);
    expect(again.differences).toEqual([]);
    expect(again.calls.map(({ call }) => call)).toContainEqual(
      expect.stringContaining('you asked /heavy, Pod'),
    );
  });

  test('nobody outside is asked', async () => {
    const recording = await recorded();
    server.closeAllConnections();
    let asked = 0;
    const count = () => {
      asked += 1;
    };
    server.on('request', count);
    await replay(charm(), recording);
    server.off('request', count);
    expect(asked).toBe(0);
  });

  test('a call that was not recorded is told with the nearest that was', async () => {
    const { differences, exitCode } = await replay(
      charm(() => 'another'),
      await recorded(),
    );
    expect(exitCode).toBe(0);
    expect(differences).toEqual([
      expect.stringMatching(
        /^not recorded: status-set --application=false active another\n {2}the nearest is: status-set --application=false active "hello, /,
      ),
      expect.stringMatching(/^recorded, and not asked: status-set --application=false active "hello, /),
    ]);
  });

  test('a question without an answer fails as a tool does, and says why', async () => {
    const recording = await recorded();
    const calls = recording.calls.filter((call) => call.kind !== 'tool' || call.tool !== 'config-get');
    const { error, differences } = await replay(charm(), { ...recording, calls });
    expect(String(error)).toContain('the recording has no answer to this call of config-get');
    expect(differences).toContain('not recorded: config-get --format=json');
    expect(differences).toContain('exit code 1; recorded is 0');
  });
});

describe('the file', () => {
  test('holds the hook, each call and its answer', async () => {
    const { environment, calls, exitCode } = await recorded();
    expect(environment).toMatchObject({ JUJU_UNIT_NAME: 'web/0', JUJU_DISPATCH_PATH: 'hooks/update-status' });
    expect(exitCode).toBe(0);
    expect(calls).toContainEqual({
      kind: 'tool',
      tool: 'config-get',
      args: ['--format=json'],
      code: 0,
      stdout: '{"greeting":"hello"}',
      stderr: '',
    });
    expect(calls.filter(({ kind }) => kind === 'http')).toHaveLength(2);
  });

  test('holds nothing that would let somebody speak for the unit', async () => {
    expect(JSON.stringify(await recorded())).not.toContain('0123456789abcdef');
    expect((await recorded()).environment).not.toHaveProperty('HOME');
  });

  test('has no secret in it, and one placeholder for each', async () => {
    const recording = await recorded();
    expect(JSON.stringify(recording)).not.toContain('correct-horse');
    const pushed = recording.calls.find((call) => call.kind === 'pebble' && call.method === 'push');
    expect(JSON.stringify(pushed)).toContain('password = masked-h6c4vml77bjnv6m0gp83-password');
  });

  test('has it when it is asked for', async () => {
    expect(JSON.stringify(await recorded({ CHARMWRIGHT_RECORD_SECRETS: 'true' }))).toContain('correct-horse');
  });

  test('that is none is refused', () => {
    expect(() => parseRecording('{"format":"x"}', 'x.json')).toThrow(
      'cannot read x.json: it is not a recording',
    );
  });
});

test('errors come back as what they were', () => {
  const back = decode(JSON.parse(JSON.stringify(encode(new ExecError(['/bin/x'], 3, 'out', null)))));
  expect(back).toBeInstanceOf(ExecError);
  expect(back).toMatchObject({ name: 'ExecError', exitCode: 3, stdout: 'out', command: ['/bin/x'] });
});

test('bytes and maps of them come back as well', () => {
  const files = new Map([['/etc/motd', Buffer.from([0xff, 0x00])]]);
  expect(decode(JSON.parse(JSON.stringify(encode(files))))).toEqual(files);
});

test("the charm's own folder is the one here", async () => {
  const recording = await recorded({ JUJU_CHARM_DIR: '/var/lib/juju/agents/unit-web-0/charm' });
  const seen: string[] = [];
  const looking = defineCharm(spec, { reconcile: (juju) => void seen.push(juju.charmDir) });
  await replay(looking, recording, { charmDir: '/home/ann/web' });
  expect(seen).toEqual(['/home/ann/web']);
});
