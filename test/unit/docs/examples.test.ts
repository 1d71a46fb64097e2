/** What readers copy works: each example is written out as its page says, compiled and run. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { generateSpec } from '../../../lib/generate/generate.ts';
import { readCharmSpec } from '../../../lib/spec/load.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Blocks of code whose first line is a comment with the path of a file. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(/^```(?:ts|yaml)\n(?:\/\/|#) (\S+\.(?:ts|yaml))[^\n]*\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, path = '', text = '']) => [path, text]));
}

/** @returns what the example's own test run printed. Throws when it does not compile, or a test of it fails. */
async function tryOut(files: ReadonlyMap<string, string>, charm: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'example-'));
  try {
    for (const [path, text] of files) {
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(
      join(folder, charm, 'charm/generated.ts'),
      generateSpec(await readCharmSpec(join(folder, charm))),
    );
    const options = { extends: join(ROOT, 'tsconfig.json'), include: [`${folder}/**/*.ts`], exclude: [] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const program = (name: string) => join(ROOT, 'node_modules/.bin', name);
    await run(program('tsc'), ['--noEmit', '--typeRoots', join(ROOT, 'node_modules/@types')], {
      cwd: folder,
    });
    const { stdout } = await run(program('vitest'), ['run', '--root', folder], { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the first charm of the tutorial compiles and passes its test', { timeout: 60_000 }, async () => {
  const files = filesOf(await readFile(join(ROOT, 'docs/tutorial/first-charm.md'), 'utf8'));
  expect([...files.keys()]).toContain('test/scenario/greeter.test.ts');
  expect(await tryOut(files, 'greeter')).toContain('5 passed');
});

test('the charm on the page of the npm package compiles and passes its test', {
  timeout: 60_000,
}, async () => {
  const files = new Map([
    ...filesOf(await readFile(join(ROOT, 'lib/README.md'), 'utf8')),
    ['metadata.yaml', 'name: web\nrequires: {database: {interface: web_db}}\ncontainers: {web: {}}\n'],
    ['config.yaml', 'options: {port: {type: int, default: 8080}}\n'],
  ]);
  expect([...files.keys()]).toContain('test/web.test.ts');
  expect(await tryOut(files, '.')).toContain('1 passed');
});
