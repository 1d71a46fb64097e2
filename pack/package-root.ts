/** The npm package that a charm belongs to. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { PackError } from './errors.ts';

const packageJson = z.object({
  charmwright: z.object({ charms: z.array(z.string()).min(1) }).optional(),
});

/**
 * The nearest folder, from the charm's upwards, that has a package.json.
 * @throws PackError when there is none: such a charm has no version.
 */
export async function packageRoot(folder: string): Promise<string> {
  for (let here = resolve(folder); ; here = dirname(here)) {
    if (await isFile(join(here, 'package.json'))) return here;
    if (here === dirname(here)) {
      throw new PackError(
        `no package.json in ${folder}, nor above it: a charm's version and npm packages come from there`,
      );
    }
  }
}

/** The charms that a package's `"charmwright": {"charms": […]}` names, or its own folder. */
export async function charmFolders(root: string): Promise<readonly string[]> {
  const file = join(root, 'package.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { success, data } = packageJson.safeParse(JSON.parse(text));
  if (!success) throw new PackError(`${file}: "charmwright" must be {"charms": ["FOLDER", …]}`);
  return (data.charmwright?.charms ?? ['.']).map((charm) => join(root, charm));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
