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
  readonly main: string;
  /** What the main file imports. */
  readonly imports: readonly string[];
  /** What is loaded with `import()`, by anybody. */
  readonly parts: readonly string[];
  /** What some parts have in common and the main file has not. Each costs a file, and is smaller than what that costs. */
  readonly shared: readonly string[];
}

/** In bytes: of what parts have in common, all that esbuild would put into one module. */
const SMALL = 2048;

export function coreOf({ inputs, outputs }: Metafile, main: string): Core {
  const files = new Set(Object.keys(inputs).filter((path) => !isGenerated(path)));
  const imports = inputs[main]?.imports.filter(({ kind }) => kind === 'import-statement') ?? [];
  const parts = Object.values(inputs)
    .flatMap((input) => input.imports)
    .filter(({ kind }) => kind === 'dynamic-import');
  const ours = (paths: readonly string[]) => paths.filter((path) => files.has(path));
  return {
    main,
    imports: ours(imports.map(({ path }) => path)),
    parts: ours(parts.map(({ path }) => path)),
    shared: ours(
      sharedBy(outputs, main).flatMap((path) => Object.keys(outputs[path]?.inputs ?? {})),
    ).toSorted(),
  };
}

/** Small modules of a build that bring nothing with them but what the main file has, or more small ones. */
function sharedBy(outputs: Metafile['outputs'], main: string): readonly string[] {
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === main);
  const present = new Set(entry === undefined ? [] : reachable(outputs, entry));
  const small = Object.keys(outputs).filter((path) => isShared(outputs[path]) && !present.has(path));
  return small.filter((path) =>
    reachable(outputs, path).every((each) => present.has(each) || small.includes(each)),
  );
}

function isShared(output: Metafile['outputs'][string] | undefined): boolean {
  return output !== undefined && output.entryPoint === undefined && output.bytes < SMALL;
}

/** The modules that come with this one, itself among them. */
function reachable(outputs: Metafile['outputs'], start: string): readonly string[] {
  const found = new Set([start]);
  for (const path of found)
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && next in outputs) found.add(next);
  return [...found];
}

/** A line that imports the core, for the end of a part: what stands before it keeps its place. */
export function importOf({ imports, shared }: Core, root: string): string {
  return [...imports, ...shared].map((path) => `import ${JSON.stringify(join(root, path))};`).join(' ');
}

export function partsImport(core: Core, root: string): Plugin {
  const paths = new Set([core.main, ...core.parts].map((path) => join(root, path)));
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
