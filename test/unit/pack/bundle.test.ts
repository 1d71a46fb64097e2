import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../pack/bundle.ts';
import { thirdPartyLicences } from '../../../pack/licences.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** A charm's folder must lie in the project for its imports to be found. */
let folder: string;
beforeAll(async () => {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  folder = await mkdtemp(join(ROOT, 'dist', 'bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundleOf(main: string) {
  await mkdir(join(folder, 'charm'), { recursive: true });
  await writeFile(join(folder, 'charm', 'main.ts'), main);
  const bundled = await bundle(folder, ROOT);
  for (const { path, content } of bundled.files) {
    const target = join(folder, 'out', path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  const run = () => promisify(execFile)(process.execPath, [join(folder, 'out', 'charm.mjs')]);
  return { ...bundled, run };
}

async function writeInto(sources: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, 'charm'), { recursive: true });
  for (const [name, text] of Object.entries(sources)) await writeFile(join(folder, 'charm', name), text);
}

describe('a package that is imported when needed', () => {
  test('stays out of the module that every dispatch loads', async () => {
    const { files, run } = await bundleOf("console.log(typeof (await import('undici')).request);");
    expect((await run()).stdout).toBe('function\n');
    const entry = files.find(({ path }) => path === 'main.mjs');
    expect(entry?.content.length).toBeLessThan(2000);
  });

  test.each([
    ['pino', 'pino'],
    ['ajv', 'Ajv'],
    ['yaml', 'parse'],
    ['undici', 'Client'],
  ])('gives the names it exports, also as CommonJS: %s has %s', async (name, exported) => {
    const { run } = await bundleOf(
      `const { ${exported} } = await import('${name}'); console.log(typeof ${exported});`,
    );
    expect((await run()).stdout).toBe('function\n');
  });
});

describe('what the main file imports', () => {
  const shared = "export const shared = () => 'shared';";
  const part = "import { shared } from './shared.ts'; export const part = () => 'part and ' + shared();";

  test('is one module beside it, whatever its parts import of it', async () => {
    await writeInto({
      'shared.ts': shared,
      'part.ts': part,
      'other.ts': "export { shared } from './shared.ts'; export const other = 'other';",
      'charm.ts': [
        "import { shared } from './shared.ts';",
        "import { other } from './other.ts';",
        "export const charm = async () => [shared(), other, (await import('./part.ts')).part(), await import('./other.ts')];",
      ].join('\n'),
    });
    const { files, run } = await bundleOf(
      "import { charm } from './charm.ts';\nconsole.log((await charm()).slice(0, 3).join());",
    );
    expect((await run()).stdout).toBe('shared,other,part and shared\n');
    const textOf = (path: string) => files.find((file) => file.path.endsWith(path))?.content.toString() ?? '';
    const imports = (path: string) =>
      [...textOf(path).matchAll(/(?:from|import)\s*"\.\/([^"]+\.mjs)"/g)].map(([, name]) => name ?? '');
    const [core = '', ...others] = imports('main.mjs');
    expect(others).toEqual([]);
    expect(textOf(core)).toContain('other');
    expect(imports(core)).toEqual([]);
    expect(files.filter(({ path }) => /part-.*mjs$/.test(path))).toHaveLength(1);
  });

  test('is compiled as a whole, so that the compile cache has what a dispatch calls', async () => {
    const callee = `export const called = () => { const list = []; ${'list.push(() => list);'.repeat(2000)} return 'called'; };`;
    await writeInto({
      'part.ts': "import { called } from './called.ts'; export const part = called;",
      'called.ts': callee,
      'charm.ts':
        "import { called } from './called.ts'; export const charm = async () => [called(), (await import('./part.ts')).part()];",
    });
    const { run } = await bundleOf(
      "import { charm } from './charm.ts';\nconsole.log((await charm()).join());",
    );
    const cacheOf = async (entry: string) => {
      const cache = join(folder, 'cache');
      await rm(cache, { recursive: true, force: true });
      const env = { ...process.env, NODE_COMPILE_CACHE: cache };
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'out', entry)], { env });
      expect(stdout).toBe('called,called\n');
      const files = await readdir(cache, { recursive: true, withFileTypes: true });
      const sizes = files
        .filter((file) => file.isFile())
        .map((file) => stat(join(file.parentPath, file.name)));
      return Math.max(...(await Promise.all(sizes)).map(({ size }) => size));
    };
    expect((await run()).stdout).toBe('called,called\n');
    expect(await cacheOf('charm.mjs')).toBeGreaterThan(2 * (await cacheOf('main.mjs')));
  });

  test('takes in what several parts have in common, unless that brings more along', async () => {
    await writeInto({
      'small.ts': "export const small = () => 'small';",
      'large.ts': `export const large = '${'l'.repeat(4000)}';`,
      'large-user.ts': "import { large } from './large.ts'; export const length = () => large.length;",
      'a.ts':
        "import { small } from './small.ts'; import { length } from './large-user.ts'; export const a = () => small() + length();",
      'b.ts':
        "import { small } from './small.ts'; import { length } from './large-user.ts'; export const b = () => length() + small();",
      'c.ts': "import { small } from './small.ts'; export const c = () => small();",
      'charm.ts':
        "export const charm = async () => [(await import('./a.ts')).a(), (await import('./b.ts')).b(), (await import('./c.ts')).c()];",
    });
    const { files, run } = await bundleOf(
      "import { charm } from './charm.ts';\nconsole.log((await charm()).join());",
    );
    expect((await run()).stdout).toBe('small4000,4000small,small\n');
    const texts = files.filter(({ path }) => path.endsWith('.mjs')).map(({ content }) => content.toString());
    expect(texts.find((text) => text.includes('charm=async'))).toContain('"small"');
    expect(texts.find((text) => text.includes('charm=async'))).not.toContain('llll');
  });

  test('may wait for a part before it is there itself', async () => {
    await writeInto({
      'shared.ts': shared,
      'part.ts': part,
      'charm.ts':
        "import { shared } from './shared.ts'; const { part } = await import('./part.ts'); export const charm = shared() + part();",
    });
    const { run } = await bundleOf("import { charm } from './charm.ts';\nconsole.log(charm);");
    expect((await run()).stdout).toBe('sharedpart and shared\n');
  });
});

test("Node's own modules bring in only what is used of them", async () => {
  const { run } = await bundleOf(
    [
      "import { Agent } from 'node:http';",
      "import path, { join } from 'node:path';",
      'console.log(typeof Agent, path.join === join, process.moduleLoadList.filter((name) => /undici/.test(name)));',
    ].join('\n'),
  );
  expect((await run()).stdout).toBe('function true []\n');
});

test("a module of Node's own is loaded when something of it is used, and one that is a function is that function", async () => {
  const { run } = await bundleOf(
    [
      "import { createHash } from 'node:crypto';",
      "import EventEmitter, { once } from 'node:events';",
      "const isLoaded = () => process.moduleLoadList.includes('NativeModule crypto');",
      'class Emitter extends EventEmitter {}',
      'const before = isLoaded();',
      "const digest = createHash('sha256').update('').digest('hex').slice(0, 4);",
      "const emitted = once(new Emitter().once('never', () => undefined), 'event');",
      'console.log(before, digest, isLoaded(), emitted instanceof Promise);',
    ].join('\n'),
  );
  expect((await run()).stdout).toBe('false e3b0 true true\n');
});

test('a schema is not compiled, though it was made before the charm could ask for that', async () => {
  const { run } = await bundleOf(
    [
      "import * as z from 'zod';",
      'const shape = z.object({ a: z.string() });',
      'let compiled = 0;',
      'globalThis.Function = new Proxy(Function, { construct: (...call) => (compiled++, Reflect.construct(...call)) });',
      "console.log(shape.parse({ a: 'b' }).a, compiled);",
    ].join('\n'),
  );
  expect((await run()).stdout).toBe('b 0\n');
});

test('code that does not compile is not packed, and the message names its place', async () => {
  await expect(bundleOf("import { nothing } from './absent.ts';\nnothing();")).rejects.toThrow(
    new RegExp(`${basename(folder)} cannot be bundled.*${relative(ROOT, folder)}/charm/main.ts:1`, 's'),
  );
});

test('an error names the line in the sources, not in the bundle', async () => {
  const { run } = await bundleOf(
    [
      "import { inSources } from '../../../lib/dispatch/source-stack.ts';",
      '',
      "function fail(): never { throw new Error('broken'); }",
      'try { fail(); } catch (error) { console.log(inSources(String(Object(error).stack))); }',
    ].join('\n'),
  );
  const main = relative(ROOT, join(folder, 'charm', 'main.ts'));
  expect((await run()).stdout).toMatch(new RegExp(`at fail \\(${main}:3:32\\)\n.*${main}:4:7`));
});

test('the licences of all packages in the bundle go with it, those of packages in packages too', async () => {
  const { packages } = await bundleOf("console.log(typeof (await import('pino')).pino);");
  const node = { version: '26', licence: join(ROOT, 'LICENSE') };
  const text = await thirdPartyLicences(node, packages);
  expect(text).toMatch(/^ {2}Node\.js 26\n {2}@pinojs\/redact .* \(MIT\)$/m);
  expect(text).toMatch(/^ {2}sonic-boom .* \(MIT\)$/m);
});
