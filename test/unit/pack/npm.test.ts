/** charmwright as a project outside this repository has it: an installed npm package, not a linked folder. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  for (const name of [...Object.keys(manifest.dependencies), '@types'])
    await symlink(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
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

test('a charm is checked against its types', async () => {
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
