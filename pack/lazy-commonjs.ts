/** `const { parse } = await import('yaml')` in a bundle, for packages that are CommonJS. */

import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import * as z from 'zod';
import { type Core, importOf } from './core.ts';

const NAMESPACE = 'commonjs';
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Node finds the names a CommonJS module exports when it is imported; esbuild's `import()` gives only its
 * default. Here each such module gets an ES module before it, with the names that Node finds, which imports the core.
 */
export function lazyCommonJs(root: string, core?: Core): Plugin {
  return {
    name: 'lazy-commonjs',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^[^.]/ }, async ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const found = await resolve(path, { kind: 'import-statement', importer, resolveDir });
        if (found.external || found.errors.length > 0 || !(await isCommonJs(found.path))) return undefined;
        return { namespace: NAMESPACE, path: relative(root, found.path) };
      });
      onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path }) => {
        const names = Object.keys(await import(pathToFileURL(join(root, path)).href));
        const named = names.filter((name) => name !== 'default' && IDENTIFIER.test(name));
        return {
          resolveDir: root,
          contents: [
            `import whole from ${JSON.stringify(`./${path}`)};`,
            'export default whole;',
            `export const { ${named.join(', ')} } = whole;`,
            ...(core === undefined ? [] : [importOf(core, root)]),
          ].join('\n'),
        };
      });
    },
  };
}

const packageJson = z.object({ type: z.string().optional() });

async function isCommonJs(file: string): Promise<boolean> {
  if (file.endsWith('.cjs')) return true;
  if (!file.endsWith('.js')) return false;
  const owner = findPackageJSON(pathToFileURL(file));
  if (owner === undefined) return true;
  return packageJson.parse(JSON.parse(await readFile(owner, 'utf8'))).type !== 'module';
}
