/**
 * Builds programs, each from the Go module pinned in the folder of its name here, and keeps them in a cache:
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

/** What `go build` is asked for. */
export type Recipe = {
  /** The main package. */
  readonly package: string;
  /** The folder here whose pin it is built from: that of the program's own name, unless two come from one module. */
  readonly pin?: string;
  /** Link-time string variables (`-X`). */
  readonly define?: Readonly<Record<string, string>>;
  /** Build tags (`-tags`). */
  readonly tags?: readonly string[];
};

/** A peer could not be had; the message says what to install or what the compiler said. */
export class PeerError extends Error {
  override name = 'PeerError';
}

/**
 * The absolute path of the cache's entry, in which the program is `bin/<name>`; builds it first when there is none.
 * @throws PeerError when Go is missing or too old, or the build fails.
 */
export async function built(name: string, recipe: Recipe): Promise<string> {
  const go = await goVersion();
  const entry = join(cacheFolder(), `${name}-${await keyOf(name, recipe, go)}`);
  if (!(await exists(entry))) await buildLocked(name, recipe, entry);
  return entry;
}

function pinOf(name: string, recipe: Recipe): string {
  return join(HERE, recipe.pin ?? name);
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'charmwright', 'peers');
}

/** Twelve hex digits over the module's files, how it is built, Go's version and the architecture. */
async function keyOf(name: string, recipe: Recipe, go: string): Promise<string> {
  const folder = pinOf(name, recipe);
  const hash = createHash('sha256').update(JSON.stringify([go, process.arch, buildArguments(recipe, '')]));
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

function buildArguments(recipe: Recipe, output: string): string[] {
  const define = Object.entries(recipe.define ?? {}).map(([key, value]) => `-X ${key}=${value}`);
  const ldflags = ['-s', '-w', ...define].join(' ');
  const tags = recipe.tags === undefined ? [] : ['-tags', recipe.tags.join(',')];
  const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, ...tags];
  return ['build', ...flags, '-o', output, recipe.package];
}

/** Builds an entry while holding its lock, in a folder beside it. */
async function buildLocked(name: string, recipe: Recipe, entry: string): Promise<void> {
  const progress = progressTo(process.stderr, name);
  const folder = buildFolder(entry, process.pid);
  await mkdir(dirname(entry), { recursive: true });
  try {
    await takeLock(entry, progress);
    if (await exists(entry)) return;
    await rm(folder, { recursive: true, force: true });
    await build(name, recipe, join(folder, 'bin', name), progress);
    await rename(folder, entry).catch(async (error: unknown) => {
      if (!(await exists(entry))) throw error;
    });
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
    await releaseLock(entry);
  }
}

async function build(name: string, recipe: Recipe, binary: string, progress: Progress): Promise<void> {
  await mkdir(dirname(binary), { recursive: true });
  progress.step(`building ${recipe.package === '.' ? `tools/${name}` : recipe.package}`);
  const child = spawn('go', buildArguments(recipe, binary), {
    cwd: pinOf(name, recipe),
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
