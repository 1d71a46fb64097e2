/**
 * No error of a hook tool carries what is secret. The tools are real programs that answer in the worst way: they
 * repeat all they were given, fail, or print something that is not as expected.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as hooks from '../../../lib/hook-tools/index.ts';

const SECRET = 'correct "horse"\nbattery';
/** What of it must not be seen, however it is quoted. */
const PIECES = ['horse', 'battery'];

/** Repeats its arguments, the files they name and its standard input on stderr, and fails. */
const PARROT = `#!/bin/sh
printf 'ERROR cannot take %s: ' "$*" >&2
for arg in "$@"; do case $arg in *'#file='*) cat "\${arg#*#file=}" >&2;; esac; done
cat >&2
exit 1
`;
/** Prints the secret where something else is expected. */
const BLABBER = `#!/bin/sh
cat > /dev/null
cat "\${0%/*}/stdout"
`;
const NAMES = [
  'action-get',
  'action-set',
  'config-get',
  'credential-get',
  'relation-get',
  'relation-set',
  'secret-add',
  'secret-get',
  'secret-info-get',
  'secret-set',
  'state-get',
  'state-set',
];
const tools = hooks.processRunner;
const s3 = { endpoint: 's3', id: 4 };
const path = process.env.PATH ?? '';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-errors-'));
  process.env.PATH = `${folder}:${path}`;
});
afterAll(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true });
});

async function install(program: string, stdout = ''): Promise<void> {
  await writeFile(join(folder, 'stdout'), stdout);
  for (const name of NAMES) {
    await writeFile(join(folder, name), program);
    await chmod(join(folder, name), 0o755);
  }
}

async function thrown(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the call did not fail');
}

/** Everything that anybody could print of an error. */
function allOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hidden = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name));
  return [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    JSON.stringify(hidden),
    inspect(error, { depth: null, showHidden: true }),
    ...(error.cause === undefined ? [] : [allOf(error.cause)]),
  ].join('\n');
}

function expectNothingOf(error: Error): void {
  const text = allOf(error);
  expect(text.length).toBeGreaterThan(0);
  for (const piece of PIECES) expect(text).not.toContain(piece);
}

const writers: Readonly<Record<string, () => Promise<unknown>>> = {
  'secret-add': () => hooks.secretAdd(tools, 'application', { password: SECRET }, { label: 'login' }),
  'secret-set': () => hooks.secretSet(tools, 'secret:abc', { password: SECRET }),
  'relation-set': () => hooks.relationSet(tools, s3, 'app', { password: SECRET }),
  'state-set': () => hooks.stateSet(tools, { 'stored.login': JSON.stringify({ password: SECRET }) }),
  'action-set': () => hooks.actionSet(tools, { password: SECRET }),
};

describe('a tool that fails and repeats all it was given', () => {
  // ops: 162
  test.each(Object.entries(writers))('%s', async (tool, write) => {
    await install(PARROT);
    const error = await thrown(write);
    expect(error.message).toContain(`cannot run "${tool}`);
    expect(error.message).toContain('cannot take');
    expectNothingOf(error);
  });
});

test('a value that is also a word of the answer does not hide what kind of error it is', async () => {
  await install('#!/bin/sh\necho "ERROR relation 4 not found" >&2; exit 1\n');
  const error = await thrown(() => hooks.relationSet(tools, s3, 'app', { kind: 'relation' }));
  expect(error.name).toBe('RelationNotFoundError');
});

describe('a tool that is not there', () => {
  test.each(Object.entries(writers))('%s', async (_tool, write) => {
    process.env.PATH = join(folder, 'none');
    const error = await thrown(write).finally(() => {
      process.env.PATH = `${folder}:${path}`;
    });
    expect(error.name).toBe('ToolMissingError');
    expectNothingOf(error);
  });
});

test('a result that is too long for an argument', async () => {
  await install(PARROT);
  const error = await thrown(() => hooks.actionSet(tools, { password: SECRET.repeat(10_000) }));
  expect(error.message).toContain('E2BIG');
  expectNothingOf(error);
});

const readers: Readonly<Record<string, () => Promise<unknown>>> = {
  'secret-get': () => hooks.secretGet(tools, { id: 'secret:abc' }),
  'secret-info-get': () => hooks.secretInfo(tools, { id: 'secret:abc' }),
  'relation-get': () => hooks.relationGet(tools, s3, { app: 'minio' }),
  'state-get': () => hooks.stateGet(tools),
  'config-get': () => hooks.configGet(tools),
  'action-get': () => hooks.actionGet(tools),
  'credential-get': () => hooks.credentialGet(tools),
};

describe('a tool that prints something else than it should', () => {
  test.each(
    Object.entries(readers).flatMap(([tool, read]) =>
      [SECRET, JSON.stringify([SECRET]), JSON.stringify(SECRET), `{"password":${JSON.stringify(SECRET)}`].map(
        (stdout) => [tool, stdout, read] as const,
      ),
    ),
  )('%s: %j', async (tool, stdout, read) => {
    await install(BLABBER, stdout);
    const error = await thrown(read);
    expect(error.message).toContain(`cannot read what "${tool}`);
    expectNothingOf(error);
  });

  test('secret-get with a value that is no text', async () => {
    await install(BLABBER, JSON.stringify({ password: { is: SECRET } }));
    const error = await thrown(() => hooks.secretGet(tools, { id: 'secret:abc' }));
    expect(error.message).toContain('password');
    expectNothingOf(error);
  });
});
