/** What a dispatch of a packed charm loads: Node's own modules, and the npm packages in the files it reads. */
import * as z from 'zod';

/**
 * A CommonJS module for `node --require`. When the process ends it writes a report to the file that
 * `LOADED_MODULES_FILE` names.
 */
export const PROBE = `const { builtinModules, registerHooks } = require('node:module');
const { readFileSync, writeFileSync } = require('node:fs');
const own = () => process.moduleLoadList.map((entry) => entry.replace(/^NativeModule /, ''));
const before = new Set(own());
const files = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) files.push(new URL(url).pathname);
    return next(url, context);
  },
});
process.on('exit', () => {
  const sources = files.flatMap((file) => {
    try {
      return JSON.parse(readFileSync(file + '.map', 'utf8')).sources;
    } catch {
      return [];
    }
  });
  const packages = sources.map((path) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean);
  const builtins = own().filter((name) => builtinModules.includes(name) && !name.startsWith('_') && !before.has(name));
  const bytes = files.reduce((sum, file) => sum + readFileSync(file).length, 0);
  writeFileSync(process.env.LOADED_MODULES_FILE, JSON.stringify({
    builtins: [...new Set(builtins)].sort(),
    packages: [...new Set(packages)].sort(),
    sources: sources.length,
    bytes,
  }));
});
`;

const report = z.object({
  /** Node's own, by name, beside those that every program has. */
  builtins: z.array(z.string()),
  /** npm packages. */
  packages: z.array(z.string()),
  /** How many source files, and bytes of code. */
  sources: z.number(),
  bytes: z.number(),
});

export type LoadedModules = z.infer<typeof report>;

export function readReport(text: string): LoadedModules {
  return report.parse(JSON.parse(text));
}

/** Shown by a test that finds more than it expects. */
export const ADVICE =
  'a dispatch with nothing to do loads other modules than it did. If a module is only needed sometimes, import it ' +
  'with import() where it is used; if every dispatch needs it, add it to the list, and its cost to ' +
  'docs/explanation/start-up.md';
