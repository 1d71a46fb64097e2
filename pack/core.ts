/**
 * One module for all that a charm's main file loads before it runs.
 *
 * Where parts of a charm are loaded with `import()`, esbuild makes a module of whatever is reached by one and the same
 * set of such parts: Mimir's charm started from twenty files then, and each costs a dispatch a quarter of a millisecond
 * to be found, read and linked. Here each part imports what the main file imports, which is loaded by then in any case.
 * So all of that is reached by the same set, and becomes one module.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Loader, Metafile, Plugin } from 'esbuild';

/** Found in the graph of a first build; paths are relative to the root. */
export interface Core {
  /** What the main file imports. */
  readonly imports: readonly string[];
  /** What is loaded with `import()`, by anybody. */
  readonly parts: readonly string[];
}

export function coreOf({ inputs }: Metafile, main: string): Core {
  const files = new Set(Object.keys(inputs).filter((path) => !isGenerated(path)));
  const imports = inputs[main]?.imports.filter(({ kind }) => kind === 'import-statement') ?? [];
  const parts = Object.values(inputs)
    .flatMap((input) => input.imports)
    .filter(({ kind }) => kind === 'dynamic-import');
  const paths = (all: typeof parts) => all.map(({ path }) => path).filter((path) => files.has(path));
  return { imports: paths(imports), parts: paths(parts) };
}

/** A line that imports the core, for the end of a part: what stands before it keeps its place. */
export function importOf({ imports }: Core, root: string): string {
  return imports.map((path) => `import ${JSON.stringify(join(root, path))};`).join(' ');
}

export function partsImport(core: Core, root: string): Plugin {
  const paths = new Set(core.parts.map((path) => join(root, path)));
  return {
    name: 'parts-import',
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?[jt]s$/, namespace: 'file' }, async ({ path }) => {
        if (!paths.has(path)) return undefined;
        const loader: Loader = path.endsWith('ts') ? 'ts' : 'js';
        return { contents: `${await readFile(path, 'utf8')}\n${importOf(core, root)}\n`, loader };
      });
    },
  };
}

/** `builtin:node:fs` is no file. */
function isGenerated(path: string): boolean {
  return /^[a-z-]{2,}:/.test(path);
}
