/** Reads a charm, packed or not, into a folder, by the rules Juju has for archives. */
import { createWriteStream } from 'node:fs';
import {
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readCharmSpec, specOf } from 'charmwright/juju';
import { parse } from 'yaml';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { z } from 'zod';
import { Refusal } from '../model/refusal.ts';
import type { Charm } from '../model/state.ts';

const TYPE_MASK = 0o170000;
const LINK = 0o120000;
const FOLDER = 0o040000;

const manifestSchema = z.object({
  bases: z
    .array(
      z.object({ name: z.string(), channel: z.string(), architectures: z.array(z.string()).default([]) }),
    )
    .default([]),
});

/** Lays the charm at `source` (a .charm file or a folder) out in `target`, which must not exist. */
export async function layCharm(source: string, target: string): Promise<Omit<Charm, 'url' | 'revision'>> {
  const info = await lstat(source).catch(() => undefined);
  if (info === undefined) throw new Refusal(`charm path "${source}" does not exist`, 404);
  await mkdir(target, { recursive: true });
  try {
    if (info.isDirectory()) await copyFolder(source, target);
    else await unzip(source, target);
    return await describe(target, source);
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      `cannot read charm "${source}": ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Juju deploys a charm to machines of its architecture only; here there is one machine. */
function checkArchitecture(bases: z.infer<typeof manifestSchema>['bases'], source: string): void {
  const given = bases.flatMap(({ architectures }) => architectures);
  const own = process.arch === 'x64' ? 'amd64' : process.arch;
  if (given.length === 0 || given.includes(own)) return;
  throw new Refusal(
    `charm "${source}" is for ${given.join(', ')}, and this machine is ${own}; pack or choose the one for ${own}`,
  );
}

async function describe(folder: string, source: string): Promise<Omit<Charm, 'url' | 'revision'>> {
  const spec = specOf(await readCharmSpec(folder));
  const text = (file: string) => readFile(join(folder, file), 'utf8').catch(() => undefined);
  const manifest = await text('manifest.yaml');
  const bases = manifest === undefined ? [] : manifestSchema.parse(parse(manifest)).bases;
  const [base = { name: 'ubuntu', channel: '24.04/stable' }] = bases;
  if (manifest !== undefined && bases.length === 0)
    throw new Refusal(`charm metadata without bases in manifest not valid: "${source}"`);
  checkArchitecture(bases, source);
  const version = (await text('version'))
    ?.split('\n')[0]
    ?.replace(/^revision-id: /, '')
    .slice(0, 100);
  await helpHooks(folder);
  return {
    name: spec.name,
    base: { name: base.name, channel: base.channel.includes('/') ? base.channel : `${base.channel}/stable` },
    ...(version === undefined || version === '' ? {} : { version }),
    spec: JSON.parse(JSON.stringify(spec)),
  };
}

/** Juju makes known hooks executable for their owner; `dispatch` and actions it leaves as they are. */
async function helpHooks(folder: string): Promise<void> {
  const hooks = join(folder, 'hooks');
  const known =
    /^(install|start|stop|remove|config-changed|upgrade-charm|update-status|leader-elected|secret-(changed|expired|remove|rotate)|.+-(relation-(created|joined|changed|departed|broken)|storage-(attached|detaching)|pebble-(ready|custom-notice|check-failed|check-recovered)))$/;
  for (const file of await readdir(hooks, { withFileTypes: true }).catch(() => []))
    if (file.isFile() && known.test(file.name)) {
      const { mode } = await lstat(join(hooks, file.name));
      await chmod(join(hooks, file.name), mode | 0o100);
    }
}

async function copyFolder(source: string, target: string): Promise<void> {
  await cp(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: async (path) => {
      const info = await lstat(path);
      if (info.isSymbolicLink()) checkLink(relative(source, path), await readlink(path));
      else if (!info.isFile() && !info.isDirectory())
        throw new Refusal(
          `file is neither a regular file, nor a folder, nor a link: "${relative(source, path)}"`,
        );
      return true;
    },
  });
}

async function unzip(source: string, target: string): Promise<void> {
  const zip: ZipFile = await openPromise(source, { lazyEntries: true, autoClose: false });
  try {
    // Links are made last: no entry can be written through one.
    const links: { path: string; to: string }[] = [];
    for await (const entry of zip.eachEntry()) {
      const mode = entry.externalFileAttributes >>> 16;
      const path = pathOf(entry, target);
      if ((mode & TYPE_MASK) === LINK) links.push({ path, to: await readText(zip, entry) });
      else if ((mode & TYPE_MASK) === FOLDER || entry.fileName.endsWith('/'))
        await mkdir(path, { recursive: true });
      else await writeEntry(zip, entry, path, mode & 0o777 || 0o644);
    }
    for (const { path, to } of links) {
      checkLink(relative(target, path), to);
      await mkdir(dirname(path), { recursive: true });
      await symlink(to, path);
    }
  } finally {
    zip.close();
  }
}

function pathOf(entry: Entry, target: string): string {
  const path = resolve(target, entry.fileName);
  if (isAbsolute(entry.fileName) || (path !== target && !path.startsWith(`${target}/`)))
    throw new Refusal(`charm entry "${entry.fileName}" lies outside the charm`);
  return path;
}

async function writeEntry(zip: ZipFile, entry: Entry, path: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(
    await zip.openReadStreamPromise(entry),
    createWriteStream(path, { mode: mode | 0o200, flags: 'wx' }),
  );
  await chmod(path, mode | 0o200);
}

async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** `path` is relative to the charm. */
function checkLink(path: string, to: string): void {
  if (isAbsolute(to)) throw new Refusal(`symlink "${path}" is absolute: "${to}"`);
  const inside = normalize(join(dirname(path), to));
  if (inside === '..' || inside.startsWith('../'))
    throw new Refusal(`symlink "${path}" links out of charm: "${to}"`);
}
