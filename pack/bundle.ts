/** The charm's code as a few ES modules: what every dispatch needs, and what is loaded only when used. */
import { join, relative, sep } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { CharmFile } from './archive.ts';
import { PackError } from './errors.ts';
import { lazyCommonJs } from './lazy-commonjs.ts';

/** What `dispatch` starts. */
export const ENTRY = 'charm.mjs';

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
  const result = await build({
    absWorkingDir: root,
    entryPoints: { charm: join(folder, 'charm', 'main.ts') },
    outdir: root,
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
    plugins: [lazyCommonJs(root), builtinsWhenUsed],
  }).catch((error: Error) => {
    throw new PackError(`the code in ${relative(root, folder) || '.'} cannot be bundled: ${error.message}`, {
      cause: error,
    });
  });
  return {
    files: result.outputFiles
      .map(({ path, contents }) => ({
        path: relative(root, path).replaceAll(sep, '/'),
        content: Buffer.from(contents),
      }))
      // Node does not ask for it, but charmcraft wants what dispatch starts to be executable.
      .map((file) => ({ ...file, executable: file.path === ENTRY })),
    packages: packagesOf(result.metafile.outputs, root),
  };
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
