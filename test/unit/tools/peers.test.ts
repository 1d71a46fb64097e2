import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

// Go's own cache stays where it is, or each test would compile Go's library anew.
const GOCACHE =
  process.env.GOCACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'go-build');

let folder: string;
let cache: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peers-'));
  cache = join(folder, 'charmwright', 'peers');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function peers(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['tools/peers.ts', ...args], {
    env: { ...process.env, GOCACHE, XDG_CACHE_HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr, path: stdout.trim().split(/\s+/)[1] ?? '' };
}

/** A `go` that says it is of a version, and builds by a shell script. */
async function fakeGo(version: string, build = 'exit 9'): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh\nif [ "$1" = env ]; then echo ${version}; exit 0; fi\n${build}\n`;
  await writeFile(join(bin, 'go'), script);
  await chmod(join(bin, 'go'), 0o755);
  return { PATH: `${bin}:/usr/bin:/bin` };
}

test('two who ask at once get the same binary, and nothing else stays in the cache', async () => {
  const [first, second] = await Promise.all([peers(['jujuc']), peers(['jujuc'])]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.path).toBe(second.path);
  expect(basename(join(first.path, '../..'))).toMatch(/^jujuc-[0-9a-f]{12}$/);
  expect(await readdir(cache)).toEqual([basename(join(first.path, '../..'))]);
}, 120_000);

test('what a killed builder left is cleared away, its lock included', async () => {
  const env = await fakeGo('go1.26.1', 'while [ "$1" != -o ]; do shift; done; echo built > "$2"');
  const { path } = await peers(['jujuc'], env);
  const entry = join(path, '../..');
  await rm(entry, { recursive: true });
  await symlink('4194399 1', `${entry}.lock`);
  await mkdir(`${entry}.building-4194399`);
  expect(await peers(['jujuc'], env)).toMatchObject({ code: 0, path });
  expect(await readFile(path, 'utf8')).toBe('built\n');
  expect(await readdir(cache)).toEqual([basename(entry)]);
});

test('a build that fails says what the compiler said and leaves nothing', async () => {
  const env = await fakeGo('go1.26.1', 'echo "main.go:7: undefined: nonsense" >&2; exit 1');
  const { code, stderr } = await peers(['jujuc'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'Building jujuc in tools/jujuc failed:\nmain.go:7: undefined: nonsense\ngo build: exit 1',
  );
  expect(await readdir(cache)).toEqual([]);
});

test('another version of Go makes another entry', async () => {
  const build = 'while [ "$1" != -o ]; do shift; done; echo built > "$2"';
  const older = await peers(['jujuc'], await fakeGo('go1.26.1', build));
  await rm(join(folder, 'bin'), { recursive: true });
  const newer = await peers(['jujuc'], await fakeGo('go1.27rc1', build));
  expect(newer.path).not.toBe(older.path);
});

test('without Go it says what to install', async () => {
  const { code, stderr } = await peers(['pebble'], { PATH: join(folder, 'empty') });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /The go command does not run .* Install Go 1\.26 or newer from https:\/\/go\.dev\/dl\//,
  );
});

test('an old Go is named, with what to install', async () => {
  const { code, stderr } = await peers(['pebble'], await fakeGo('go1.25.9'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/Go is go1\.25\.9, which is too old\. Install Go 1\.26/);
});

test('a name that is no peer is refused, with the names there are', async () => {
  const { code, stderr } = await peers(['mimmir']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'No peer is named mimmir. There are: pebble, podbox, jujuc, charm-check, otlp-receiver, sherve, go-httpbin, minio, mimir, mimirtool, prometheus, promtool, etcd, kube-apiserver, statefulset-controller.',
  );
});
