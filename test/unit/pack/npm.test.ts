/** charmwright as a project outside this repository has it: an installed npm package, not a linked folder. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { writePackage } from '../../../tools/npm/packages.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const manifestShape = z.object({
  exports: z.record(z.string(), z.unknown()),
  dependencies: z.record(z.string(), z.string()),
});

let project: string;
let manifest: z.output<typeof manifestShape>;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'project-'));
  const installed = join(project, 'node_modules/charmwright');
  await writePackage('charmwright', installed);
  manifest = manifestShape.parse(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')));
  for (const name of [...Object.keys(manifest.dependencies), '@types']) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
  await cp(join(ROOT, 'test/charms/hello'), join(project, 'hello'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
}, 60_000);
afterAll(() => rm(project, { recursive: true }));

const node = (...args: string[]) => run(process.execPath, args, { cwd: project });

test('every entry of the package can be imported', async () => {
  const entries = Object.keys(manifest.exports)
    .filter((name) => name !== './package.json')
    .map((name) => `charmwright${name.slice(1)}`);
  expect(entries).toContain('charmwright/testing');
  const code = `for (const name of ${JSON.stringify(entries)}) console.log(Object.keys(await import(name)).length > 0)`;
  const { stdout } = await node('--input-type=module', '-e', code);
  expect(stdout.trim().split('\n')).toEqual(entries.map(() => 'true'));
});

test('its command generates the names of a charm', async () => {
  const { stdout } = await node('node_modules/charmwright/cli/main.js', 'generate', 'hello', '--check');
  expect(stdout).toContain('up to date');
});

test('a charm runs an event and is tested with it', async () => {
  await mkdir(join(project, 'test'));
  await writeFile(
    join(project, 'test/hello.ts'),
    `import { context, state } from 'charmwright/testing';
import { hello } from '../hello/charm/charm.ts';
console.log((await context(hello).run('start', state())).unitStatus);\n`,
  );
  const { stdout } = await node('--disable-warning=ExperimentalWarning', 'test/hello.ts');
  expect(stdout).toContain("name: 'active', message: 'hello'");
});

test('a charm is checked against its types', { timeout: 60_000 }, async () => {
  const options = { extends: join(ROOT, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['node_modules'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(options));
  const check = () => run(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit'], { cwd: project });
  await check();
  const charm = join(project, 'hello/charm/charm.ts');
  await writeFile(charm, (await readFile(charm, 'utf8')).replace('{ greeting }', '{ greting: greeting }'));
  await expect(check()).rejects.toMatchObject({
    stdout: expect.stringContaining("'greting' does not exist"),
  });
});

/** Here everything is installed in one folder, so that nothing fails for want of a line in package.json. */
test.each([
  ['lib', ['lib']],
  ['pack', ['pack']],
  ['local', ['local', 'tools/build.ts', 'tools/programs.ts', 'tools/progress.ts']],
] as const)('the package in %s names every package that its code imports, and no other', async (folder, sources) => {
  const files = (await Promise.all(sources.map((path) => sourcesOf(join(ROOT, path))))).flat();
  const code = files.map((text) => text.replaceAll(/\/\*[\s\S]*?\*\//g, ''));
  const imports = code.flatMap((text) => [
    ...text.matchAll(/^(?:import|export)\b[^;'"]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm),
  ]);
  const names = imports
    .map(([, fixed, dynamic]) => fixed ?? dynamic ?? '')
    .filter((name) => !name.startsWith('node:'))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  const { dependencies } = manifestShape.parse(
    JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')),
  );
  expect([...new Set(names)].toSorted()).toEqual(Object.keys(dependencies).toSorted());
});

async function sourcesOf(path: string): Promise<string[]> {
  if (path.endsWith('.ts')) return [await readFile(path, 'utf8')];
  const names = await readdir(path, { recursive: true });
  const own = names.filter((name) => name.endsWith('.ts') && !/^(init\/template|node_modules)\//.test(name));
  return Promise.all(own.map((name) => readFile(join(path, name), 'utf8')));
}

test('a command that needs a newer Node says so, and how to get one', { timeout: 60_000 }, async () => {
  const installed = join(project, 'node_modules/charmwright-pack');
  await writePackage('charmwright-pack', installed);
  const code = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' });
    await import(${JSON.stringify(join(installed, 'start.js'))});`;
  await expect(node('--input-type=module', '-e', code)).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^charmwright-pack needs Node.js 24 or newer, .* npx charmwright-pack\.\n$/,
    ),
  });
});
