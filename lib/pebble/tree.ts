/** Whole directories between the charm's disk and the container's, by the same rules both ways. */
import type { Dirent, Stats } from 'node:fs';
import { lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { ConnectionError, MultiPushPullError, PebbleError, TimeoutError } from './errors.ts';
import type { Pebble } from './pebble.ts';

type Kind = 'directory' | 'file' | 'other';

/** What was found on the side that is copied from. */
interface Found {
  readonly path: string;
  readonly kind: Kind;
}

/** The side that is copied from, and how one thing of it gets to the other. */
interface Copying {
  /** What is in a directory, by name; of a file, the file. */
  list(path: string): Promise<readonly Found[]>;
  copyDir(from: string, to: string): Promise<void>;
  copyFile(from: string, to: string): Promise<void>;
}

export function pushPath(
  pebble: Pebble,
  sources: string | readonly string[],
  destDir: string,
): Promise<void> {
  return copyAll('push', sources, destDir, {
    list: listLocal,
    copyDir: (_from, to) => pebble.makeDir(to, { makeParents: true }),
    async copyFile(from, to) {
      const { createReadStream } = await import('node:fs');
      const { mode, uid, gid } = await stat(from);
      // Pebble takes no more than these bits.
      const options = { makeDirs: true, permissions: mode & 0o777, userId: uid, groupId: gid };
      await pebble.push(to, createReadStream(from), options);
    },
  });
}

export function pullPath(
  pebble: Pebble,
  sources: string | readonly string[],
  destDir: string,
): Promise<void> {
  return copyAll('pull', sources, destDir, {
    async list(path) {
      const files = await pebble.list(path);
      return files.map((file) => ({ path: file.path, kind: kindOf(file.type) }));
    },
    async copyDir(_from, to) {
      await mkdir(to, { recursive: true });
    },
    async copyFile(from, to) {
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, await pebble.pull(from));
    },
  });
}

async function copyAll(
  doing: 'push' | 'pull',
  sources: string | readonly string[],
  destDir: string,
  copying: Copying,
): Promise<void> {
  const errors: { readonly path: string; readonly error: Error }[] = [];
  for (const source of typeof sources === 'string' ? [sources] : sources) {
    // `/src` becomes `/dst/src`, and `/src/*` becomes `/dst`: what stands before the last name falls away.
    const whole = normalize(source).replace(/(?<=.)\/$/, '');
    const from = whole.endsWith('/*') ? dirname(whole) : whole;
    const target = (path: string) => join(destDir, relative(dirname(whole), path));
    const attempt = async <T>(path: string, act: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await act();
      } catch (error) {
        if (!isOfTheCopy(error)) throw error;
        errors.push({ path, error });
        // Every other file would fail for the same reason, one after the other.
        if (error instanceof ConnectionError || error instanceof TimeoutError) {
          throw new MultiPushPullError(doing, errors);
        }
        return undefined;
      }
    };
    const copy = async (dir: string): Promise<void> => {
      for (const { path, kind } of (await attempt(dir, () => copying.list(dir))) ?? []) {
        if (kind === 'file') await attempt(path, () => copying.copyFile(path, target(path)));
        if (kind !== 'directory') continue;
        await attempt(path, () => copying.copyDir(path, target(path)));
        await copy(path);
      }
    };
    await copy(from);
  }
  if (errors.length > 0) throw new MultiPushPullError(doing, errors);
}

async function listLocal(path: string): Promise<readonly Found[]> {
  if (!(await stat(path)).isDirectory()) return [{ path, kind: localKind(await lstat(path)) }];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ path: join(path, entry.name), kind: localKind(entry) }));
}

function localKind(entry: Dirent | Stats): Kind {
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() || entry.isSymbolicLink() ? 'file' : 'other';
}

/** A link is copied as the file that it leads to, as `ops` does it, whatever its documentation says. */
function kindOf(type: string): Kind {
  if (type === 'directory') return 'directory';
  return type === 'file' || type === 'symlink' ? 'file' : 'other';
}

function isOfTheCopy(error: unknown): error is Error {
  return error instanceof PebbleError || (error instanceof Error && 'code' in error);
}
