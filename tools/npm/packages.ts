/**
 * The npm packages of this repository as they are published. Node runs no TypeScript inside node_modules, so each
 * holds JavaScript and declarations; in this repository the sources are used as they are.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

interface Recipe {
  /** Where its package.json and README.md are. */
  readonly folder: string;
  /** The folder that becomes the package's own. */
  readonly root: string;
  /** What is compiled, with all it imports. */
  readonly sources: readonly string[];
  /** What is taken along as it is. */
  readonly files: readonly string[];
  /** Whether its command refuses a Node older than `engines` with a sentence, before an import fails with another. */
  readonly refusesOldNode: boolean;
}

const RECIPES = {
  charmwright: {
    folder: 'lib',
    root: 'lib',
    sources: ['lib/**/*.ts'],
    files: ['lib/init/template'],
    refusesOldNode: false,
  },
  'charmwright-pack': {
    folder: 'pack',
    root: 'pack',
    sources: ['pack/*.ts'],
    files: ['pack/dispatch'],
    refusesOldNode: true,
  },
  'juju-local': {
    folder: 'local',
    root: '.',
    sources: ['local/client.ts', 'local/cli/main.ts', 'local/daemon/main.ts'],
    files: ['tools/pebble', 'tools/podbox', 'tools/jujuc', 'tools/kube-apiserver'],
    refusesOldNode: true,
  },
} as const satisfies Record<string, Recipe>;

export type PackageName = keyof typeof RECIPES;
export const PACKAGE_NAMES = Object.keys(RECIPES).filter((name): name is PackageName => name in RECIPES);

const manifestShape = z.looseObject({
  version: z.string(),
  engines: z.object({ node: z.templateLiteral(['>=', z.number()]) }),
  exports: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
});

type Manifest = z.infer<typeof manifestShape>;
const START = './start.js';

/** Writes a package's files. @param out a folder that is made anew. */
export async function writePackage(name: PackageName, out: string): Promise<void> {
  const recipe: Recipe = RECIPES[name];
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const manifest = manifestShape.parse(
    JSON.parse(await readFile(join(ROOT, recipe.folder, 'package.json'), 'utf8')),
  );
  await compile(recipe, out);
  const from = (path: string) => join(ROOT, path);
  const filter = (path: string) => !/\/(node_modules|dist)$/.test(path);
  await Promise.all([
    ...recipe.files.map((path) =>
      cp(from(path), join(out, relative(recipe.root, path)), { recursive: true, filter }),
    ),
    cp(from('LICENSE'), join(out, 'LICENSE')),
    cp(from(join(recipe.folder, 'README.md')), join(out, 'README.md')),
    writeFile(join(out, 'package.json'), manifestOf(recipe, manifest)),
    ...(recipe.refusesOldNode ? [writeFile(join(out, START), startScript(recipe, manifest))] : []),
  ]);
}

/**
 * Writes a package as `npm pack` does. @returns the archive's path, `OUT/charmwright-0.1.0.tgz`.
 */
export async function packPackage(name: PackageName, out: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-package-'));
  try {
    await writePackage(name, folder);
    await mkdir(out, { recursive: true });
    const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', out], {
      cwd: folder,
    });
    const [{ filename }] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(stdout));
    return join(out, filename);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compile({ root, sources }: Recipe, out: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-package-'));
  const settings = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: true,
      declaration: true,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      rootDir: join(ROOT, root),
      outDir: out,
    },
    include: sources.map((path) => join(ROOT, path)),
    exclude: [join(ROOT, 'lib/init/template')],
  };
  try {
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: ROOT });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** package.json of the sources, with what it says of .ts files said of what they become. */
function manifestOf({ folder, root, refusesOldNode }: Recipe, manifest: Manifest): string {
  const place = (path: string) => `./${join(relative(root, folder), path)}`;
  const js = (path: string) => place(path).replace(/\.ts$/, '.js');
  const entries = Object.entries(manifest.exports).map(([name, path]) => [
    name,
    path.endsWith('.ts') ? { types: place(path).replace(/\.ts$/, '.d.ts'), default: js(path) } : path,
  ]);
  const bin = Object.entries(manifest.bin).map(([name, path]) => [name, refusesOldNode ? START : js(path)]);
  const { scripts: _, ...kept } = manifest;
  const built = { ...kept, exports: Object.fromEntries(entries), bin: Object.fromEntries(bin) };
  return `${JSON.stringify(built, null, 2)}\n`;
}

/** What a package's command starts with: plain enough for any Node. */
function startScript({ folder, root }: Recipe, { engines, bin }: Manifest): string {
  const oldest = engines.node.slice('>='.length);
  const [[name, main] = ['', '']] = Object.entries(bin);
  const target = `./${join(relative(root, folder), main).replace(/\.ts$/, '.js')}`;
  return `#!/usr/bin/env node
if (Number(process.versions.node.split('.')[0]) < ${oldest}) {
  console.error(\`${name} needs Node.js ${oldest} or newer, and this is \${process.version}. npm brings a newer one: npm install --save-dev node, and start it with npx ${name}.\`);
  process.exit(1);
}
await import('${target}');
`;
}
