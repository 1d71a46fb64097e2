/**
 * `npm run pack:npm`: writes dist/charmwright, the npm package to publish. Node runs no TypeScript inside
 * node_modules, so the package holds JavaScript and declarations; in this repository lib/ is used as it is.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const ROOT = resolve(import.meta.dirname, '..');
const packageShape = z.looseObject({
  exports: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
});

/** @param out a folder that is made anew. */
export async function writeNpmPackage(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const project = join(ROOT, 'pack/npm.tsconfig.json');
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  await promisify(execFile)(compiler, ['-p', project, '--outDir', out], { cwd: ROOT });
  const manifest = packageShape.parse(JSON.parse(await readFile(join(ROOT, 'lib/package.json'), 'utf8')));
  const built = { ...manifest, exports: toJs(manifest.exports), bin: toJs(manifest.bin) };
  await writeFile(join(out, 'package.json'), `${JSON.stringify(built, null, 2)}\n`);
  await copyFile(join(ROOT, 'lib/README.md'), join(out, 'README.md'));
  await copyFile(join(ROOT, 'LICENSE'), join(out, 'LICENSE'));
}

function toJs(paths: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(paths).map(([name, path]) => [name, path.replace(/\.ts$/, '.js')]),
  );
}

if (import.meta.main) {
  await writeNpmPackage(join(ROOT, 'dist/charmwright'));
  console.log('dist/charmwright: publish it with npm publish dist/charmwright');
}
