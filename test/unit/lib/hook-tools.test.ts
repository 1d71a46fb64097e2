/** Hook tools as the processes they are: a small real program stands in for each of them. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PermissionError,
  RelationNotFoundError,
  SecretNotFoundError,
  ToolError,
  ToolMissingError,
  ToolOutputError,
} from 'charmwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as hooks from '../../../lib/hook-tools/index.ts';
import { AT_ONCE } from '../../../lib/hook-tools/process-runner.ts';

/** Writes down its arguments (each ended by a NUL) and its standard input, and answers what it is told to. */
const PROGRAM = `#!/bin/sh
here=\${0%/*}
printf '%s\\0' "$@" > "$here/args"
for arg in "$@"; do case $arg in *'#file='*) cat "\${arg#*#file=}" > "$here/secret"; stat -c %a "\${arg#*#file=}" > "$here/mode";; esac; done
if [ -e "$here/deaf" ]; then exec 0<&-; else cat > "$here/stdin"; fi
cat "$here/stdout"
cat "$here/stderr" >&2
exit "$(cat "$here/code")"
`;
const NAMES = ['relation-get', 'relation-set', 'relation-list', 'secret-add', 'secret-get', 'status-set'];
const OTHERS = ['juju-log', 'action-set', 'config-get', 'state-set', 'credential-get', 'network-get'];
const S3 = { endpoint: 's3', id: 4 };

let folder: string;
const path = process.env.PATH ?? '';
const tools = hooks.processRunner;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-'));
  for (const name of [...NAMES, ...OTHERS]) {
    await writeFile(join(folder, name), PROGRAM);
    await chmod(join(folder, name), 0o755);
  }
  process.env.PATH = `${folder}:${path}`;
});
afterAll(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await rm(join(folder, 'deaf'), { force: true });
  await answer({});
});

async function answer(given: { readonly stdout?: string; readonly stderr?: string; readonly code?: number }) {
  await writeFile(join(folder, 'stdout'), given.stdout ?? '');
  await writeFile(join(folder, 'stderr'), given.stderr ?? '');
  await writeFile(join(folder, 'code'), `${given.code ?? 0}`);
}

const seen = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
const argsSeen = async (): Promise<string[]> => (await seen('args')).split('\0').slice(0, -1);

test('a hundred questions at once are never more than eight processes, and all are answered', async () => {
  const log = join(folder, 'living');
  const program = `#!/bin/sh\necho 1 >> ${log}\nsleep 0.02\necho -1 >> ${log}\necho '"'$5'"'\n`;
  await writeFile(join(folder, 'relation-model-get'), program, { mode: 0o755 });
  const asked = Array.from({ length: 100 }, (_, i) =>
    tools.run('relation-model-get', ['', '', '', '', `${i}`]),
  );
  expect((await Promise.all(asked)).map(({ stdout }) => stdout)).toEqual(asked.map((_, i) => `"${i}"\n`));
  let living = 0;
  const counts = (await seen('living'))
    .trim()
    .split('\n')
    .map((step) => (living += Number(step)));
  expect(counts).toHaveLength(200);
  expect(Math.max(...counts)).toBeLessThanOrEqual(AT_ONCE);
  expect(Math.max(...counts)).toBeGreaterThan(1);
});

test('a tool that is not there gives its place to the next', async () => {
  const missing = Array.from({ length: 2 * AT_ONCE }, () => tools.run('relation-wish', []));
  expect((await Promise.allSettled(missing)).map(({ status }) => status)).not.toContain('fulfilled');
  await answer({ stdout: 'null' });
  expect(await hooks.relationList(tools, S3)).toEqual([]);
});

describe('an argument', () => {
  // ops: 163, 15.9
  test.each([
    '$(touch hacked) `id` $HOME * ~',
    '; rm -rf / & | > out',
    '"quotes" and \'quotes\'',
    '--unit=other/0',
    'two\nlines\tand a tab',
    'ünï → 🚀',
    '',
  ])('reaches the tool as it is, through no shell: %j', async (message) => {
    await hooks.statusSet(tools, 'unit', 'active', message);
    expect(await argsSeen()).toEqual(['--application=false', 'active', message]);
    await hooks.jujuLog(tools, 'INFO', message);
    expect(await argsSeen()).toEqual(['--log-level', 'INFO', '--', message]);
  });

  test('with a NUL, which no argument can hold, is shown without it', async () => {
    await hooks.jujuLog(tools, 'INFO', 'a\0b');
    expect((await argsSeen()).at(-1)).toBe('a\uFFFDb');
  });

  test('that is too long is said to be, and the tool is not said to be missing', async () => {
    const error = await hooks.jujuLog(tools, 'INFO', 'x'.repeat(200_000)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ToolError);
    expect(error).not.toBeInstanceOf(ToolMissingError);
    expect(String(error)).toMatch(/cannot run "juju-log": .*E2BIG; one argument of a process holds at most/);
  });
});

describe('values', () => {
  // ops: 163
  test('for a databag go by standard input, a megabyte as well', async () => {
    const values = { large: 'x'.repeat(1_000_000), empty: '' };
    await hooks.relationSet(tools, S3, 'app', values);
    expect(await argsSeen()).toEqual(['-r', 's3:4', '--app', '--file', '-']);
    expect(JSON.parse(await seen('stdin'))).toEqual(values);
  });

  test('for a tool that does not read them are no error of their own: its answer tells the story', async () => {
    await writeFile(join(folder, 'deaf'), '');
    await answer({ stderr: 'ERROR quota limit exceeded\n', code: 1 });
    const error = await hooks.stateSet(tools, { big: 'x'.repeat(1_000_000) }).catch((e: unknown) => e);
    expect(error).toMatchObject({ tool: 'state-set', code: 1, stderr: 'ERROR quota limit exceeded\n' });
  });

  test('that come back are read whole, also when a character lies across two pieces', async () => {
    const large = '→é'.repeat(100_000);
    await answer({ stdout: JSON.stringify({ large }) });
    expect(await hooks.relationGet(tools, S3, { app: 'minio' })).toEqual({ large });
    expect(await argsSeen()).toEqual(['--format=json', '-r', 's3:4', '--app', '-', 'minio']);
  });

  test('that are null are empty', async () => {
    await answer({ stdout: 'null' });
    expect(await hooks.relationGet(tools, S3, { unit: 'minio/0' })).toEqual({});
    expect(await hooks.relationList(tools, S3)).toEqual([]);
  });
});

describe('the content of a secret', () => {
  // ops: 148
  test('goes by a file that only this user can read, and that is gone afterwards', async () => {
    await answer({ stdout: 'secret:abc\n' });
    expect(await hooks.secretAdd(tools, 'unit', { password: 'correct-horse' })).toBe('secret:abc');
    const [, , argument = ''] = await argsSeen();
    expect(argument).toMatch(/^password#file=\//);
    expect(await seen('secret')).toBe('correct-horse');
    expect((await seen('mode')).trim()).toBe('600');
    await expect(readFile(argument.slice('password#file='.length))).rejects.toThrow('ENOENT');
  });

  // ops: 162
  test('is gone afterwards also when the tool fails, and shows in no error', async () => {
    await answer({ stderr: 'ERROR out of cheese\n', code: 1 });
    const error = await hooks
      .secretAdd(tools, 'unit', { password: 'correct-horse' })
      .catch((e: unknown) => e);
    expect(String(error)).toContain('cannot run "secret-add --owner unit password#file=…": out of cheese');
    expect(JSON.stringify(error)).not.toContain('correct-horse');
    const argument = (await argsSeen()).at(-1) ?? '';
    await expect(readFile(argument.slice('password#file='.length))).rejects.toThrow('ENOENT');
  });

  test('of an action`s result shows in no error either', async () => {
    await answer({ stderr: 'ERROR no', code: 1 });
    const error = await hooks.actionSet(tools, { password: 'correct-horse' }).catch((e: unknown) => e);
    expect(String(error)).toContain('cannot run "action-set -- password=…": no');
    expect(JSON.stringify(error)).not.toContain('correct-horse');
  });
});

describe('a failure', () => {
  const relationGet = () => hooks.relationGet(tools, S3, { app: 'minio' });
  const secretGet = () => hooks.secretGet(tools, { id: 'secret:abc' });

  // ops: 114, 116
  test.each([
    [relationGet, 'ERROR relation 4 not found', RelationNotFoundError, 'the relation was removed'],
    [relationGet, 'ERROR permission denied', PermissionError, 'only the leader unit may do this'],
    [secretGet, 'ERROR secret "abc" not found', SecretNotFoundError, 'check that its owner granted it'],
    [secretGet, 'ERROR permission denied', PermissionError, 'juju grant-secret NAME APPLICATION'],
    [relationGet, 'ERROR the moon is full', ToolError, 'the moon is full'],
    [relationGet, '', ToolError, 'exit code 1'],
  ])('is told apart by what Juju says: %s %s', async (call, stderr, kind, advice) => {
    await answer({ stderr, code: 1 });
    const error = await call().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(kind);
    expect(error instanceof Error && error.constructor).toBe(kind);
    expect(String(error)).toContain(advice);
    expect(error).toMatchObject({ code: 1, stderr });
  });

  // ops: 164
  test('to find the tool says where tools are to be found', async () => {
    const missing = hooks.isLeader(tools);
    await expect(missing).rejects.toThrow(ToolMissingError);
    await expect(missing).rejects.toThrow('hook tools exist only while Juju runs a hook');
  });

  test('to start the tool is not a missing tool', async () => {
    await writeFile(join(folder, 'goal-state'), PROGRAM, { mode: 0o644 });
    process.env.PATH = folder;
    const error = await hooks.goalState(tools).catch((e: unknown) => e);
    process.env.PATH = `${folder}:${path}`;
    expect(error).toBeInstanceOf(ToolError);
    expect(error).not.toBeInstanceOf(ToolMissingError);
    expect(String(error)).toContain('EACCES');
  });

  test.each([
    ['not JSON', 'it is not JSON'],
    ['{"port":[]}', 'port: Invalid input'],
    ['[]', 'the whole: expected record'],
  ])('to print what the tool always prints is named: %s', async (stdout, said) => {
    await answer({ stdout });
    const odd = hooks.configGet(tools);
    await expect(odd).rejects.toThrow(ToolOutputError);
    await expect(odd).rejects.toThrow(`cannot read what "config-get --format=json" printed: ${said}`);
  });
});

test('addresses are given flat, and none while Juju knows none', async () => {
  await answer({
    stdout: JSON.stringify({
      'bind-addresses': [
        { 'interface-name': 'eth0', addresses: [{ hostname: '', value: '', cidr: '' }] },
        { 'interface-name': 'eth1', addresses: [{ hostname: 'h', value: '10.1.0.5', cidr: '10.1.0.0/24' }] },
      ],
      'ingress-addresses': ['10.152.0.1'],
    }),
  });
  expect(await hooks.networkGet(tools, 's3')).toEqual({
    interfaces: [
      { name: 'eth0', addresses: [] },
      { name: 'eth1', addresses: [{ value: '10.1.0.5', hostname: 'h', cidr: '10.1.0.0/24' }] },
    ],
    ingressAddress: '10.152.0.1',
    bindAddress: '10.1.0.5',
    bindAddresses: ['10.1.0.5'],
    ingressAddresses: ['10.152.0.1'],
    egressSubnets: [],
  });
  await answer({ stdout: '{"bind-addresses":null}' });
  expect((await hooks.networkGet(tools, 's3')).bindAddress).toBeUndefined();
});

describe('the credential of the cloud', () => {
  test('is read with the addresses it is for', async () => {
    await answer({
      stdout:
        '{"type":"kubernetes","name":"k8s","endpoint":"https://10.0.0.1","credential":{"auth-type":"oauth2","attrs":{"Token":"t"}}}',
    });
    const spec = await hooks.credentialGet(tools);
    expect(spec.endpoint).toBe('https://10.0.0.1');
    expect(spec.credential?.attrs).toEqual({ Token: 't' });
  });

  test('is refused without --trust, with the command to run', async () => {
    await answer({ code: 1, stderr: 'ERROR cannot access cloud credentials\n' });
    await expect(hooks.credentialGet(tools)).rejects.toThrow(PermissionError);
    await expect(hooks.credentialGet(tools)).rejects.toThrow('juju trust APPLICATION --scope=cluster');
  });
});

// ops: 160, 161
test('there is one function for each hook tool that ops has one for', () => {
  const names = [
    'actionFail, actionGet, actionLog, actionSet, applicationVersionSet, configGet, credentialGet, goalState',
    'isLeader, jujuLog, jujuReboot, networkGet, openPort, closePort, openedPorts, relationGet, relationIds',
    'relationList, relationApp, relationModel, relationSet, resourceGet, secretAdd, secretGet, secretGrant',
    'secretIds, secretInfo, secretRemove, secretRevoke, secretSet, stateDelete, stateGet, stateSet, statusGet',
    'appStatusGet, statusSet, storageAdd, storageGet, storageList',
  ].flatMap((line) => line.split(', '));
  const functions = Object.entries(hooks).filter(([, value]) => typeof value === 'function');
  expect(functions.map(([name]) => name).toSorted()).toEqual(expect.arrayContaining(names.toSorted()));
});
