/** The charm's code as a few ES modules: what every dispatch needs, and what is loaded only when used. */
import { join, relative, sep } from 'node:path';
import { type BuildOptions, type BuildResult, build, type Metafile, type Plugin, transform } from 'esbuild';
import type { CharmFile } from './archive.ts';
import { coreOf, partsImport } from './core.ts';
import { PackError } from './errors.ts';
import { lazyCommonJs } from './lazy-commonjs.ts';

/** What `dispatch` starts. */
export const ENTRY = 'charm.mjs';
/** What that imports: the charm's main file. */
const MAIN = 'main.mjs';

/** CommonJS packages ask for Node's modules with `require`, which an ES module has not. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/**
 * zod compiles the schema of an object to a function when it is first used. That pays after thousands of values; a
 * dispatch parses a few dozen. A schema looks at the setting when it is made, and most are made before any line of the
 * charm's runs, so `z.config` would come too late.
 */
const JITLESS = '(globalThis.__zod_globalConfig??={}).jitless=true;';

/** A charm's code, as it goes into its archive. */
export interface Bundle {
  readonly files: readonly CharmFile[];
  /** Folders of the npm packages whose code is in it. */
  readonly packages: readonly string[];
}

/**
 * Bundles `<folder>/charm/main.ts`. Spaces go, names stay; source maps lie beside the modules, so that
 * errors name the sources' own lines. Paths in the output are relative to `root`.
 * @throws PackError with esbuild's messages.
 */
export async function bundle(folder: string, root: string): Promise<Bundle> {
  const result = await buildTwice(root, join(folder, 'charm', 'main.ts')).catch((error: Error) => {
    throw new PackError(`the code in ${relative(root, folder) || '.'} cannot be bundled: ${error.message}`, {
      cause: error,
    });
  });
  const modules = result.outputFiles.map(({ path, contents }) => ({
    path: relative(root, path).replaceAll(sep, '/'),
    content: Buffer.from(contents),
    executable: false,
  }));
  // Node does not ask for it, but charmcraft wants what dispatch starts to be executable.
  const entry = { path: ENTRY, content: Buffer.from(entryText(result.metafile)), executable: true };
  return {
    files: [entry, ...modules],
    packages: packagesOf(result.metafile.outputs, root),
  };
}

/**
 * V8 compiles a function when it is called for the first time, and Node's compile cache keeps what is compiled while a
 * module is loaded: the functions of a dispatch would be compiled anew in each. So the core, and only that, is compiled as
 * a whole; of Node's own modules V8 refuses the compiled code while its flags are not what they were.
 */
function entryText(metafile: Metafile): string {
  const [core, ...others] = importedBy(metafile);
  const main = `await import('./${MAIN}');\n`;
  if (core === undefined || others.length > 0) return main;
  return [
    "const v8=process.getBuiltinModule('node:v8');v8.setFlagsFromString('--no-lazy');",
    `await import('./${core}');v8.setFlagsFromString('--lazy');`,
    main,
  ].join('\n');
}

/** What the main module imports, in a charm's archive. */
function importedBy({ outputs }: Metafile): readonly string[] {
  const imports = outputs[MAIN]?.imports ?? [];
  return imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
}

type Built = BuildResult<typeof OPTIONS>;

const OPTIONS = {
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  // Node shows the line of an error nobody caught: it must not be the whole file.
  lineLimit: 120,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'silent',
  banner: { js: `${REQUIRE}${JITLESS}` },
} as const satisfies BuildOptions;

/**
 * First to see what imports what, and again with that in mind. Where the core itself awaits a part, as a module may at
 * its top level, the part cannot wait for the core: the first build it is then.
 */
async function buildTwice(root: string, main: string): Promise<Built> {
  const options = { ...OPTIONS, absWorkingDir: root, entryPoints: { main }, outdir: root };
  const first = await build({ ...options, plugins: [lazyCommonJs(root), builtinsWhenUsed] });
  const core = coreOf(first.metafile, relative(root, main).replaceAll(sep, '/'));
  const plugins = [partsImport(core, root), lazyCommonJs(root, core), builtinsWhenUsed];
  const second = await build({ ...options, plugins });
  return (await awaitsAnything(second, root)) ? first : second;
}

/** Whether what the entry imports has a top-level await, which is what CommonJS cannot have. */
async function awaitsAnything({ metafile, outputFiles }: Built, root: string): Promise<boolean> {
  const paths = new Set(importedBy(metafile).map((path) => join(root, path)));
  const core = outputFiles.filter(({ path }) => paths.has(path));
  const asCommonJs = core.map(({ text }) => transform(text, { format: 'cjs', logLevel: 'silent' }));
  return (await Promise.allSettled(asCommonJs)).some(({ status }) => status === 'rejected');
}

/**
 * An ES import of one of Node's own modules loads it, and reads each of its exports once; `node:http` has some that
 * load another HTTP client then. Here the import is an object whose prototype asks `require` for a name when it is
 * used: `node:crypto` alone takes 6 ms in a dispatch that hashes nothing. A module that is itself a function
 * (`node:events`) must be that function, and is loaded at once.
 */
const builtinsWhenUsed: Plugin = {
  name: 'builtins-when-used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { namespace: 'builtin', path } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const name = JSON.stringify(path);
      const isFunction = typeof process.getBuiltinModule(path) === 'function';
      return {
        contents: isFunction
          ? `module.exports = require(${name});`
          : `module.exports = Object.create(new Proxy({}, { get: (_, key) => require(${name})[key] }));`,
      };
    });
  },
};

/** `commonjs:node_modules/@a/b/lib/c.js` is of the package in `node_modules/@a/b`. */
function packagesOf(outputs: Metafile['outputs'], root: string): string[] {
  const folders = Object.values(outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .map((path) => /^(?:[a-z]+:)?((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((path) => path !== undefined);
  return [...new Set(folders)].map((path) => join(root, path)).toSorted();
}
