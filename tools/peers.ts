/**
 * Builds the real programs that the local model and the tests run, each from the Go module pinned in the folder
 * of its name here, and keeps them in a cache:
 *
 *   ${XDG_CACHE_HOME:-~/.cache}/charmwright/peers/<name>-<12 hex>/bin/<name>
 *
 * The hex digits are a hash over everything that decides the binary, so that a changed pin is a new entry and an
 * old one is never mistaken for it. An entry appears by one rename, complete or not at all.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Progress, progressTo } from './progress.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const LOCK_POLL_MS = 500;
const OLDEST_GO = { major: 1, minor: 26 };

/** What `go build` is asked for: the main package, and link-time string variables (`-X`). */
type Recipe = { readonly package: string; readonly define?: Readonly<Record<string, string>> };

/** In the order in which they are built when all are wanted: what others wait for first, what takes long last. */
const RECIPES = {
  pebble: { package: 'github.com/canonical/pebble/cmd/pebble' },
  podbox: { package: '.' },
  jujuc: { package: '.' },
  'charm-check': { package: '.' },
  minio: {
    package: 'github.com/minio/minio',
    // Without these MinIO calls itself DEVELOPMENT.GOGET; the date is that of the pinned commit.
    define: {
      'github.com/minio/minio/cmd.Version': '2026-02-12T20:18:48Z',
      'github.com/minio/minio/cmd.ReleaseTag': 'DEVELOPMENT.2026-02-12T20-18-48Z',
    },
  },
  mimir: {
    package: 'github.com/grafana/mimir/cmd/mimir',
    // Mimir's own Makefile sets these; a module build has no git checkout to take them from.
    define: {
      'github.com/grafana/mimir/pkg/util/version.Version': '3.0.5',
      'github.com/grafana/mimir/pkg/util/version.Revision': 'aced80d74930',
      'github.com/grafana/mimir/pkg/util/version.Branch': 'HEAD',
    },
  },
} as const satisfies Record<string, Recipe>;

export type PeerName = keyof typeof RECIPES;
/** The peers that run as a workload, inside a container of a unit. */
export type ImageName = 'mimir' | 'minio';

export const PEER_NAMES: readonly PeerName[] = Object.keys(RECIPES).filter(isPeerName);

/** A peer could not be had; the message says what to install or what the compiler said. */
export class PeerError extends Error {
  override name = 'PeerError';
}

function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(RECIPES, name);
}

/**
 * The absolute path of a peer's binary; builds it first when the cache has none.
 * @throws PeerError when Go is missing or too old, or the build fails.
 */
export async function peer(name: PeerName): Promise<string> {
  return join(await entryOf(name), 'bin', name);
}

/**
 * The absolute path of an image folder for the local model: a root file system that holds `bin/<name>` only, as
 * upstream's images without a shell do.
 * @throws PeerError as {@link peer}.
 */
export async function image(name: ImageName): Promise<string> {
  return entryOf(name);
}

async function entryOf(name: PeerName): Promise<string> {
  const go = await goVersion();
  const entry = join(cacheFolder(), `${name}-${await keyOf(name, go)}`);
  if (!(await exists(entry))) await buildLocked(name, entry);
  return entry;
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'charmwright', 'peers');
}

/** Twelve hex digits over the module's files, how it is built, Go's version and the architecture. */
async function keyOf(name: PeerName, go: string): Promise<string> {
  const folder = join(HERE, name);
  const hash = createHash('sha256').update(JSON.stringify([go, process.arch, buildArguments(name, '')]));
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of paths.sort()) {
    const content = await readFile(path);
    hash.update(JSON.stringify([path.slice(folder.length), content.length])).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** The machine's own Go, such as `go1.26.8`, as it is before a go.mod file asks it for another toolchain. */
async function goVersion(): Promise<string> {
  const install = `Install Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer from https://go.dev/dl/ and put its bin folder in PATH.`;
  const version = await promisify(execFile)('go', ['env', 'GOVERSION'], {
    cwd: '/',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  }).then(
    ({ stdout }) => stdout.trim(),
    (error: Error) => {
      throw new PeerError(`The go command does not run (${error.message.trim()}). ${install}`, {
        cause: error,
      });
    },
  );
  const [, major = '0', minor = '0'] = /^(?:devel )?go(\d+)\.(\d+)/.exec(version) ?? [];
  const isNewEnough =
    Number(major) > OLDEST_GO.major ||
    (Number(major) === OLDEST_GO.major && Number(minor) >= OLDEST_GO.minor);
  if (!isNewEnough)
    throw new PeerError(`Go is ${version || 'of unknown version'}, which is too old. ${install}`);
  return version;
}

function buildArguments(name: PeerName, output: string): string[] {
  const recipe: Recipe = RECIPES[name];
  const define = Object.entries(recipe.define ?? {}).map(([key, value]) => `-X ${key}=${value}`);
  const ldflags = ['-s', '-w', ...define].join(' ');
  return ['build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', output, recipe.package];
}

/** Builds an entry while holding its lock, in a folder beside it. */
async function buildLocked(name: PeerName, entry: string): Promise<void> {
  const progress = progressTo(process.stderr, name);
  const folder = buildFolder(entry, process.pid);
  await mkdir(dirname(entry), { recursive: true });
  try {
    await takeLock(entry, progress);
    if (await exists(entry)) return;
    await rm(folder, { recursive: true, force: true });
    await build(name, join(folder, 'bin', name), progress);
    await rename(folder, entry).catch(async (error: unknown) => {
      if (!(await exists(entry))) throw error;
    });
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
    await releaseLock(entry);
  }
}

async function build(name: PeerName, binary: string, progress: Progress): Promise<void> {
  const recipe: Recipe = RECIPES[name];
  await mkdir(dirname(binary), { recursive: true });
  progress.step(`building ${recipe.package === '.' ? `tools/${name}` : recipe.package}`);
  const child = spawn('go', buildArguments(name, binary), {
    cwd: join(HERE, name),
    env: { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const messages = await followBuild(child, progress);
  if (messages !== undefined) throw new PeerError(`Building ${name} in tools/${name} failed:\n${messages}`);
  progress.done(`${((await stat(binary)).size / 1e6).toFixed(0)} MB`);
}

/** Reports a running `go build -v`; resolves to undefined when it succeeds, else to what it said. */
async function followBuild(child: ChildProcess, progress: Progress): Promise<string | undefined> {
  const messages: string[] = [];
  let compiled = 0;
  let downloaded = 0;
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `go build: ${signal ?? `exit ${code}`}`),
    );
  });
  for await (const line of child.stderr ? createInterface({ input: child.stderr }) : []) {
    if (line.startsWith('go: downloading ')) progress.detail(`${++downloaded} modules downloaded`);
    else if (/^[\w.-]+(\/[\w.~+-]+)*$/.test(line)) progress.detail(`${++compiled} packages compiled`);
    else messages.push(line);
  }
  const failure = await ended;
  return failure === undefined ? undefined : [...messages.slice(-30), failure].join('\n');
}

/**
 * Waits until this process owns the entry's lock or the entry is there. The lock is a symbolic link whose target
 * names its owner: it appears with its content at once. Should two processes take over from the same dead owner,
 * both build, each in a folder of its own, which costs time only.
 */
async function takeLock(entry: string, progress: Progress): Promise<void> {
  const me = await identityOf(process.pid);
  while (!(await exists(entry))) {
    if (await created(symlink(me, lockOf(entry)))) return;
    const owner = await readlink(lockOf(entry)).catch(() => undefined);
    if (owner === undefined) continue;
    const pid = Number(owner.split(' ')[0]);
    if (owner === (await identityOf(pid))) {
      progress.step(`waiting for process ${pid}, which builds it`);
      await sleep(LOCK_POLL_MS);
    } else {
      await rm(buildFolder(entry, pid), { recursive: true, force: true });
      await rm(lockOf(entry), { force: true });
    }
  }
}

async function releaseLock(entry: string): Promise<void> {
  const owner = await readlink(lockOf(entry)).catch(() => undefined);
  if (owner === (await identityOf(process.pid))) await rm(lockOf(entry), { force: true });
}

function lockOf(entry: string): string {
  return `${entry}.lock`;
}

function buildFolder(entry: string, pid: number): string {
  return `${entry}.building-${pid}`;
}

async function created(making: Promise<void>): Promise<boolean> {
  return making.then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

/** A process's id and start time (field 22 of /proc/PID/stat), since ids are used again; '' when it is gone. */
async function identityOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const startTime = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  return startTime === undefined ? '' : `${pid} ${startTime}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** `peers.ts [name ...]` prints where each is; `peers.ts --image NAME` an image folder's path and nothing else. */
async function main([first = '', ...rest]: readonly string[]): Promise<number> {
  if (first === '--image') return printImage(rest[0] ?? '');
  const names = first === '' ? [] : [first, ...rest];
  const unknown = names.filter((name) => !isPeerName(name));
  if (unknown.length > 0) {
    console.error(`No peer is named ${unknown.join(', ')}. There are: ${PEER_NAMES.join(', ')}.`);
    return 2;
  }
  for (const name of names.length > 0 ? names.filter(isPeerName) : PEER_NAMES) {
    try {
      console.log(`${name.padEnd(12)} ${await peer(name)}`);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      console.error(error.message);
      return 1;
    }
  }
  return 0;
}

async function printImage(name: string): Promise<number> {
  if (name !== 'mimir' && name !== 'minio') {
    console.error(`There is no image "${name}". There are: mimir, minio.`);
    return 2;
  }
  console.log(await image(name));
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
