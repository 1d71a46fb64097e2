/** `charmwright init`: a charm that is whole at once. With what is installed here; test/local installs the packages. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { makeCharm } from '../../../lib/init/init.ts';

const ROOT = join(import.meta.dirname, '../../..');
const program = (name: string) => join(ROOT, 'node_modules/.bin', name);
const manifestShape = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'init-'));
});
afterEach(() => rm(scratch, { recursive: true }));

async function manifest(folder: string) {
  return manifestShape.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
}

describe('a new charm', () => {
  test('passes its own lint, types and tests', { timeout: 120_000 }, async () => {
    const folder = join(scratch, 'sun-k8s');
    expect(await makeCharm({ folder })).toMatchObject({ name: 'sun-k8s' });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const run = (name: string, ...args: string[]) =>
      promisify(execFile)(program(name), args, { cwd: folder });
    await run('biome', 'check', '.');
    await run('charmwright', 'generate', '--check');
    await run('tsc', '--noEmit');
    const { stdout } = await run('vitest', 'run', 'test/unit');
    expect(stdout).toContain('9 passed');
  });

  test('has its own name wherever the template has another', async () => {
    const folder = join(scratch, 'anything');
    const { files } = await makeCharm({ folder, name: 'sun' });
    const present = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(present.filter((entry) => entry.isFile())).toHaveLength(files.length);
    expect(files).toEqual(expect.arrayContaining(['.gitignore', 'biome.json', 'charm/charm.ts']));
    for (const file of files) expect(await readFile(join(folder, file), 'utf8')).not.toContain('my-charm');
    expect(await readFile(join(folder, 'metadata.yaml'), 'utf8')).toMatch(/^name: sun$/m);
  });

  test('takes what it needs in the versions that are tested here', async () => {
    const [made, root, lib] = await Promise.all(
      ['lib/init/template', '.', 'lib'].map((path) => manifest(join(ROOT, path))),
    );
    const known = { ...root?.dependencies, ...root?.devDependencies };
    for (const [name, version] of Object.entries(made?.devDependencies ?? {})) {
      if (name in known) expect([name, version]).toEqual([name, known[name]]);
    }
    // Two of zod would be in the bundle, and their types would not fit.
    expect(made?.devDependencies.zod).toBe(lib?.dependencies.zod);
  });

  test('takes the packages of its own release', async () => {
    await makeCharm({ folder: join(scratch, 'sun') });
    const { devDependencies } = await manifest(join(scratch, 'sun'));
    for (const folder of ['lib', 'pack', 'local']) {
      const { version } = await manifest(join(ROOT, folder));
      const name = { lib: 'charmwright', pack: 'charmwright-pack', local: 'juju-local' }[folder] ?? '';
      expect([name, devDependencies[name]]).toEqual([name, version]);
    }
  });

  test('takes packages from a folder, by a path that holds where the charm is', async () => {
    const packages = join(scratch, 'packages');
    await mkdir(packages);
    for (const name of ['charmwright', 'charmwright-pack', 'juju-local'])
      await writeFile(join(packages, `${name}-1.2.3.tgz`), '');
    await makeCharm({ folder: join(scratch, 'charms/sun'), packages });
    const { devDependencies } = await manifest(join(scratch, 'charms/sun'));
    expect(devDependencies).toMatchObject({
      charmwright: 'file:../../packages/charmwright-1.2.3.tgz',
      'charmwright-pack': 'file:../../packages/charmwright-pack-1.2.3.tgz',
      'juju-local': 'file:../../packages/juju-local-1.2.3.tgz',
    });
  });
});

describe('nothing is written', () => {
  test('where something is', async () => {
    await writeFile(join(scratch, 'notes.txt'), 'mine');
    await expect(makeCharm({ folder: scratch, name: 'sun' })).rejects.toThrow(
      `${scratch} is not empty (notes.txt): nothing was written`,
    );
    await expect(makeCharm({ folder: join(scratch, 'notes.txt'), name: 'sun' })).rejects.toThrow('is a file');
    expect(await readdir(scratch)).toEqual(['notes.txt']);
  });

  test('for a name that Juju refuses', async () => {
    const folder = join(scratch, 'Sun_1');
    await expect(makeCharm({ folder })).rejects.toThrow(`"Sun_1" cannot be a charm's name`);
    expect(await readdir(scratch)).toEqual([]);
  });

  test('when a package is missing', async () => {
    await writeFile(join(scratch, 'charmwright-pack-1.2.3.tgz'), '');
    const made = makeCharm({ folder: join(scratch, 'sun'), packages: scratch });
    await expect(made).rejects.toThrow(`no charmwright-….tgz, juju-local-….tgz in ${scratch}`);
    expect(await readdir(scratch)).toEqual(['charmwright-pack-1.2.3.tgz']);
  });
});

test('a folder that is only a git repository is free', async () => {
  await mkdir(join(scratch, '.git'));
  expect(await makeCharm({ folder: scratch, name: 'sun' })).toMatchObject({ name: 'sun' });
});
