/** A new charm, from the files in template/: a whole charm called my-charm, of which only the name changes. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { CharmwrightError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { loadCharmSpec } from '../spec/load.ts';

const TEMPLATE = join(import.meta.dirname, 'template');
const TEMPLATE_NAME = 'my-charm';

/** The packages that are released together, and so have one version. */
const OWN_PACKAGES = ['charmwright', 'charmwright-pack', 'juju-local'] as const;

export interface NewCharm {
  /** Is made; must not be there, or be empty but for `.git`. */
  readonly folder: string;
  /** The folder's own name when absent. */
  readonly name?: string | undefined;
  /** A folder with packages as `npm pack` writes them, to be used instead of the registry's. */
  readonly packages?: string | undefined;
}

/**
 * Writes a charm that can be tested, packed and deployed as it is.
 * @returns its name and its files, relative to its folder.
 * @throws CharmwrightError when the folder is taken, the name is none for a charm, or a package is not there.
 */
export async function makeCharm({ folder, name = basename(resolve(folder)), packages }: NewCharm) {
  checkName(name);
  await checkFree(folder);
  const versions = packages === undefined ? await released() : await packed(packages, folder);
  const files = (await readdir(TEMPLATE, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)))
    .toSorted();
  const written: string[] = [];
  for (const file of files) {
    const text = (await readFile(join(TEMPLATE, file), 'utf8')).replaceAll(TEMPLATE_NAME, name);
    // Where a tool would take a file of the template for one of its own, the name begins with "_".
    const path = file.replace('_gitignore', '.gitignore').replace('_biome', 'biome');
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path === 'package.json' ? withVersions(text, versions) : text);
    written.push(path);
  }
  return { name, files: written };
}

function checkName(name: string): void {
  try {
    loadCharmSpec({ metadata: `name: ${JSON.stringify(name)}` });
  } catch {
    throw new CharmwrightError(
      `"${name}" cannot be a charm's name: it takes lower-case letters, digits and single hyphens, and begins with a letter, such as my-charm; --name gives another than the folder's`,
    );
  }
}

async function checkFree(folder: string): Promise<void> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new CharmwrightError(`${folder} is a file: nothing was written`);
    throw error;
  });
  const [first, ...others] = present.filter((name) => name !== '.git');
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new CharmwrightError(`${folder} is not empty (${first}${more}): nothing was written`);
}

type Versions = Readonly<Record<string, string>>;

/** The version that this very package has. */
async function released(): Promise<Versions> {
  const manifest = parseJson(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'));
  const version = String(Object(manifest).version);
  return Object.fromEntries(OWN_PACKAGES.map((name) => [name, version]));
}

/** Paths of archives, as a package.json in `from` names them. */
async function packed(packages: string, from: string): Promise<Versions> {
  const present = await readdir(packages).catch(() => [] as string[]);
  const found = OWN_PACKAGES.map((name) => {
    const archive = present.toSorted().findLast((file) => new RegExp(`^${name}-\\d.*\\.tgz$`).test(file));
    return [name, archive] as const;
  });
  const missing = found.flatMap(([name, archive]) => (archive === undefined ? [`${name}-….tgz`] : []));
  if (missing.length > 0) {
    throw new CharmwrightError(
      `no ${missing.join(', ')} in ${packages}: npm run pack:npm in a clone of charmwright's repository writes them, to dist/npm`,
    );
  }
  const path = (archive = '') => `file:${relative(resolve(from), resolve(packages, archive))}`;
  return Object.fromEntries(found.map(([name, archive]) => [name, path(archive)]));
}

function withVersions(manifest: string, versions: Versions): string {
  return OWN_PACKAGES.reduce(
    (text, name) => text.replace(new RegExp(`("${name}": )"[^"]*"`), `$1${JSON.stringify(versions[name])}`),
    manifest,
  );
}
