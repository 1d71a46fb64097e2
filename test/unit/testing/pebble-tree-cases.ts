/** Whole directories to and from a container; run on the simulated Pebble and on the real one. */
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MultiPushPullError, type Pebble } from 'charmwright/pebble';
import { expect } from 'vitest';
import type { PebbleCase } from './pebble-bed.ts';

/** On the charm's side: `foo/bar/baz.txt`, `foo/foobar.txt`, `foo/empty/` and `quux.txt`. */
async function withLocal(run: (local: string) => Promise<void>): Promise<void> {
  const local = await mkdtemp(join(tmpdir(), 'tree-'));
  try {
    await mkdir(join(local, 'foo', 'bar'), { recursive: true });
    await mkdir(join(local, 'foo', 'empty'));
    await writeFile(join(local, 'foo', 'bar', 'baz.txt'), 'baz');
    await writeFile(join(local, 'foo', 'foobar.txt'), 'foobar');
    await chmod(join(local, 'foo', 'foobar.txt'), 0o640);
    await writeFile(join(local, 'quux.txt'), Buffer.from([0, 255]));
    await run(local);
  } finally {
    await rm(local, { recursive: true });
  }
}

/** Every path below a directory of the container, directories with a slash at their end. */
async function remoteTree(pebble: Pebble, dir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (at: string): Promise<void> => {
    for (const { path, type } of await pebble.list(at)) {
      found.push(path.slice(dir.length + 1) + (type === 'directory' ? '/' : ''));
      if (type === 'directory') await walk(path);
    }
  };
  await walk(dir);
  return found.sort();
}

async function localTree(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true });
  const marked = entries.map(async (entry) =>
    (await lstat(join(dir, entry))).isDirectory() ? `${entry}/` : entry,
  );
  return (await Promise.all(marked)).sort();
}

const FOO = ['foo/', 'foo/bar/', 'foo/bar/baz.txt', 'foo/empty/', 'foo/foobar.txt'];
const INSIDE_FOO = ['bar/', 'bar/baz.txt', 'empty/', 'foobar.txt'];

/** What of the local side is copied, and what there is then at the destination. */
const shapes: readonly (readonly [string, (at: string) => string | string[], readonly string[]])[] = [
  ['one file', (at) => `${at}/foo/foobar.txt`, ['foobar.txt']],
  ['a directory', (at) => `${at}/foo`, FOO],
  ['a directory with a slash at its end', (at) => `${at}/foo/`, FOO],
  ['what is in a directory', (at) => `${at}/foo/*`, INSIDE_FOO],
  ['several files', (at) => [`${at}/foo/bar/baz.txt`, `${at}/quux.txt`], ['baz.txt', 'quux.txt']],
  [
    'a file and a directory',
    (at) => [`${at}/foo/bar`, `${at}/quux.txt`],
    ['bar/', 'bar/baz.txt', 'quux.txt'],
  ],
];

const push: readonly PebbleCase[] = shapes.map(([what, sources, expected]) => ({
  name: `${what} can be pushed`,
  run: async ({ pebble, dir }) =>
    withLocal(async (local) => {
      await pebble.pushPath(sources(local), `${dir}/dst`);
      expect(await remoteTree(pebble, `${dir}/dst`)).toEqual(expected);
    }),
}));

const pull: readonly PebbleCase[] = shapes.map(([what, sources, expected]) => ({
  name: `${what} can be pulled`,
  run: async ({ pebble, dir }) =>
    withLocal(async (local) => {
      await pebble.pushPath([`${local}/foo`, `${local}/quux.txt`], dir);
      await pebble.pullPath(sources(dir), `${local}/new/dst`);
      expect(await localTree(join(local, 'new', 'dst'))).toEqual(expected);
    }),
}));

export const TREE_CASES: readonly PebbleCase[] = [
  ...push,
  ...pull,
  {
    name: 'a pushed file keeps its bytes, its permissions and its owner',
    run: async ({ pebble, dir }) =>
      withLocal(async (local) => {
        await pebble.pushPath([`${local}/foo/foobar.txt`, `${local}/quux.txt`], dir);
        const { uid, gid } = await lstat(join(local, 'foo', 'foobar.txt'));
        expect((await pebble.list(`${dir}/foobar.txt`))[0]).toMatchObject({
          permissions: 0o640,
          userId: uid,
          groupId: gid,
        });
        expect(await pebble.pull(`${dir}/quux.txt`)).toEqual(Buffer.from([0, 255]));
        await pebble.pullPath(`${dir}/quux.txt`, `${local}/back`);
        expect(await readFile(join(local, 'back', 'quux.txt'))).toEqual(Buffer.from([0, 255]));
      }),
  },
  {
    name: 'a link to a file is pushed as that file',
    run: async ({ pebble, dir }) =>
      withLocal(async (local) => {
        await symlink('../quux.txt', join(local, 'foo', 'link'));
        await pebble.pushPath(`${local}/foo/*`, dir);
        expect((await pebble.list(`${dir}/link`))[0]).toMatchObject({ type: 'file', size: 2 });
      }),
  },
  {
    name: 'what cannot be pushed does not keep the rest from it, and is told at the end',
    run: async ({ pebble, dir }) =>
      withLocal(async (local) => {
        await symlink('bar', join(local, 'foo', 'a-link-to-a-directory'));
        const sources = [`${local}/nothing`, `${local}/foo/*`, `${local}/quux.txt`];
        const error = await pebble.pushPath(sources, dir).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(MultiPushPullError);
        expect(error).toMatchObject({
          errors: [
            { path: `${local}/nothing`, error: { code: 'ENOENT' } },
            { path: `${local}/foo/a-link-to-a-directory`, error: { code: 'EISDIR' } },
          ],
        });
        expect(String(error)).toContain('cannot push 2 files');
        expect(await remoteTree(pebble, dir)).toEqual([...INSIDE_FOO, 'quux.txt'].sort());
      }),
  },
  {
    name: 'what cannot be pulled does not keep the rest from it, and is told at the end',
    run: async ({ pebble, dir }) =>
      withLocal(async (local) => {
        await pebble.push(`${dir}/there`, 'x');
        await pebble.push(`${dir}/sub/there-too`, 'x', { makeDirs: true });
        await mkdir(join(local, 'back', 'there'), { recursive: true });
        const sources = [`${dir}/there`, `${dir}/missing`, 'relative', `${dir}/sub`];
        const error = await pebble.pullPath(sources, `${local}/back`).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          name: 'MultiPushPullError',
          errors: [
            { path: `${dir}/there`, error: { code: 'EISDIR' } },
            { path: `${dir}/missing`, error: { name: 'PathError', kind: 'not-found' } },
            { path: 'relative', error: { name: 'ApiError', statusCode: 400 } },
          ],
        });
        expect(await localTree(join(local, 'back'))).toEqual(['sub/', 'sub/there-too', 'there/']);
      }),
  },
];
