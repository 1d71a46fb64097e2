/** What readers copy works: each example is written out as its page says, compiled and run. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { generateSpec } from '../../../lib/generate/generate.ts';
import { makeCharm } from '../../../lib/init/init.ts';
import { readCharmSpec } from '../../../lib/spec/load.ts';
import { charmOf, snippetsOf, snippetUnder, testOf, writeSnippets } from './snippets.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Blocks of code whose first line is a comment with the path of a file. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(/^```(?:ts|yaml)\n(?:\/\/|#) (\S+\.(?:ts|yaml))[^\n]*\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, path = '', text = '']) => [path, text]));
}

const program = (name: string) => join(ROOT, 'node_modules/.bin', name);

/** Checks the types of all files in a folder. @throws with what the compiler says. */
async function compile(folder: string, compilerOptions: object = {}): Promise<void> {
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const base = join(ROOT, 'tsconfig.json');
  const options = { extends: base, compilerOptions, include: [`${folder}/**/*.ts`], exclude: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const types = join(ROOT, 'node_modules/@types');
  await run(program('tsc'), ['--noEmit', '--typeRoots', types], { cwd: folder }).catch((error: unknown) => {
    throw new Error(String(Object(error).stdout), { cause: error });
  });
}

/** @returns what the example's own test run printed. Throws when it does not compile, or a test of it fails. */
async function tryOut(files: ReadonlyMap<string, string>, charm: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'example-'));
  try {
    for (const [path, text] of files) {
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await writeFile(
      join(folder, charm, 'charm/generated.ts'),
      generateSpec(await readCharmSpec(join(folder, charm))),
    );
    await compile(folder);
    const { stdout } = await run(program('vitest'), ['run', '--root', folder], { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Blocks of a page that say what to change: a path, then lines that stay, go (`-`) and come (`+`). */
function changesOf(page: string) {
  const blocks = page.matchAll(/^```diff\n--- (\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, path = '', text = '']) => {
    const lines = text.trimEnd().split('\n');
    const without = (mark: string) =>
      lines.filter((line) => !line.startsWith(mark)).map((line) => `${line.slice(1)}\n`);
    return { path, before: without('+').join(''), after: without('-').join('') };
  });
}

/** Blocks of a page that show a part of the charm, and say nothing to do. */
function shownBy(page: string): string[] {
  return [...page.matchAll(/^```ts\n(?!\/\/ \S+\.ts)([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
}

test('the first charm of the tutorial is as it says, and passes its tests with what it learns', {
  timeout: 120_000,
}, async () => {
  const page = await readFile(join(ROOT, 'docs/tutorial/first-charm.md'), 'utf8');
  await using folder = await temporaryFolder();
  const charm = join(folder.path, 'greeter');
  const { files } = await makeCharm({ folder: charm });
  expect(page).toContain(`greeter: the charm greeter, ${files.length} files`);
  const all = (await Promise.all(files.map((file) => readFile(join(charm, file), 'utf8')))).join('');
  expect(shownBy(page)).not.toEqual([]);
  for (const part of shownBy(page)) expect(all).toContain(part);

  const changes = changesOf(page);
  expect(changes).toHaveLength(4);
  for (const { path, before, after } of changes) {
    const text = await readFile(join(charm, path), 'utf8');
    expect(text.split(before), `${path} has this once:\n${before}`).toHaveLength(2);
    await writeFile(
      join(charm, path),
      text.replace(before, () => after),
    );
  }
  await symlink(join(ROOT, 'node_modules'), join(charm, 'node_modules'));
  const program = (name: string, ...args: string[]) =>
    run(join(ROOT, 'node_modules/.bin', name), args, { cwd: charm });
  await program('charmwright', 'generate');
  await program('biome', 'check', '.');
  await program('tsc', '--noEmit');
  expect((await program('vitest', 'run', 'test/unit')).stdout).toContain('10 passed');
});

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'example-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('the charm on the page of the npm package compiles and passes its test', {
  timeout: 120_000,
}, async () => {
  const files = new Map([
    ...filesOf(await readFile(join(ROOT, 'lib/README.md'), 'utf8')),
    ['metadata.yaml', 'name: web\nrequires: {database: {interface: web_db}}\ncontainers: {web: {}}\n'],
    ['config.yaml', 'options: {port: {type: int, default: 8080}}\n'],
  ]);
  expect([...files.keys()]).toContain('test/web.test.ts');
  expect(await tryOut(files, '.')).toContain('1 passed');
});

test('the charm on the page about workloads compiles and passes its test', { timeout: 300_000 }, async () => {
  const files = new Map([
    ...filesOf(await readFile(join(ROOT, 'docs/how-to/workload.md'), 'utf8')),
    ['metadata.yaml', 'name: web\ncontainers: {web: {}}\n'],
    ['config.yaml', 'options: {port: {type: int, default: 80}, title: {type: string, default: Hello}}\n'],
  ]);
  expect([...files.keys()]).toContain('test/web.test.ts');
  expect(await tryOut(files, '.')).toContain('2 passed');
});

test('the tests on the page about testing pass, with the charm on the page of the npm package', {
  timeout: 300_000,
}, async () => {
  const files = new Map([
    ...filesOf(await readFile(join(ROOT, 'lib/README.md'), 'utf8')),
    ...filesOf(await readFile(join(ROOT, 'docs/how-to/test-a-charm.md'), 'utf8')),
    ['metadata.yaml', 'name: web\nrequires: {database: {interface: web_db}}\ncontainers: {web: {}}\n'],
    ['config.yaml', 'options: {port: {type: int, default: 8080}}\n'],
  ]);
  expect([...files.keys()]).toContain('test/any-order.test.ts');
  expect(await tryOut(files, '.')).toContain('6 passed');
});

test('the short examples of every page compile, beside a charm that has what they use', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snippets-'));
  try {
    const pages = (await readdir(join(ROOT, 'docs'), { recursive: true }))
      .filter((name) => /^(explanation|how-to|reference\/from-ops)/.test(name) && name.endsWith('.md'))
      .toSorted();
    let count = 0;
    for (const page of pages) {
      const snippets = snippetsOf(await readFile(join(ROOT, 'docs', page), 'utf8'));
      count += snippets.length;
      if (snippets.length > 0) await writeSnippets(join(folder, page), snippets);
    }
    expect(count).toBeGreaterThan(70);
    await compile(folder, { noUnusedLocals: false, noUnusedParameters: false });
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** The guides that end with "Test it", and under which headings they show the charm that is tested. */
const GUIDES: Readonly<Record<string, readonly string[]>> = {
  'relations.md': ['Publish'],
  'secrets.md': ['Read a secret that was granted'],
  'actions.md': ['Write its handler'],
  'storage-ports-addresses.md': ['Ports', 'Version of the workload'],
  'statuses.md': ['Say what is the case'],
  'events-and-parts.md': [],
};

test('the tests that the guides end with pass, with the charms that they show', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guides-'));
  try {
    for (const [name, headings] of Object.entries(GUIDES)) {
      const page = await readFile(join(ROOT, 'docs/how-to', name), 'utf8');
      await writeSnippets(join(folder, name), []);
      const charm = charmOf(headings.map((heading) => snippetUnder(page, heading)));
      await writeFile(join(folder, name, 'page-charm.ts'), charm);
      await writeFile(join(folder, name, 'page.test.ts'), testOf(snippetUnder(page, 'Test it')));
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const { stdout } = await run(program('vitest'), ['run', '--root', folder], { cwd: folder });
    expect(stdout).toContain(`${Object.keys(GUIDES).length} passed`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
