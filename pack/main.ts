#!/usr/bin/env node
/** `charmwright-pack`: makes a .charm from each charm's folder, for each architecture. */
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CharmwrightError } from 'charmwright';
import { type CharmFile, mode, writeArchive } from './archive.ts';
import { type CharmSource, charmFiles, readCharm } from './charm.ts';
import { PackError } from './errors.ts';
import { ARCHITECTURES, type Architecture, nodeRuntime } from './node-runtime.ts';
import { charmFolders, packageRoot } from './package-root.ts';

const USAGE = `usage: charmwright-pack [FOLDER ...] [--arch amd64|arm64|host|all] [--out FOLDER] [--only NAME] [--unpacked FOLDER]

Writes OUT/NAME_ARCH.charm for the charms in the folders. Default: those that package.json names under
"charmwright": {"charms": […]}, or the one in this folder.
  --arch      one architecture, this machine's (host), or all (the default)
  --out       where to write; default: dist
  --only      of these charms, only the one of this name
  --unpacked  write one charm's files into a folder instead; needs --arch and one charm
`;

/** As Juju says it: amd64. */
const HOST = process.arch === 'x64' ? 'amd64' : process.arch;

const { values, positionals } = commandLine();

try {
  if (values.help) process.stdout.write(USAGE);
  else await pack();
} catch (error) {
  if (!(error instanceof PackError || error instanceof CharmwrightError)) throw error;
  process.stderr.write(`pack: ${error.message}\n`);
  process.exitCode = 1;
}

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        arch: { type: 'string', default: 'all' },
        out: { type: 'string', default: 'dist' },
        only: { type: 'string' },
        unpacked: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(
      `pack: ${error instanceof Error ? error.message : String(error)}; see charmwright-pack --help\n`,
    );
    process.exit(2);
  }
}

async function pack(): Promise<void> {
  const wanted = values.arch === 'host' ? HOST : values.arch;
  const architectures = ARCHITECTURES.filter((name) => wanted === 'all' || wanted === name);
  if (architectures.length === 0) {
    throw new PackError(`--arch is "${values.arch}"; it can be ${ARCHITECTURES.join(', ')}, host or all`);
  }
  const charms = await readCharms();
  const jobs = charms.flatMap((charm) => architectures.map((architecture) => ({ charm, architecture })));
  if (values.unpacked !== undefined) {
    const [job, ...others] = jobs;
    if (job === undefined || others.length > 0) {
      throw new PackError(
        '--unpacked takes one charm for one architecture: add --arch, and --only or a FOLDER',
      );
    }
    return unpack(await filesFor(job.charm, job.architecture), values.unpacked);
  }
  await mkdir(values.out, { recursive: true });
  // Compression is nearly all of the work, so the architectures share the machine's cores.
  for (const charm of charms) {
    await Promise.all(architectures.map((architecture) => packOne(charm, architecture, values.out)));
  }
}

async function readCharms(): Promise<readonly CharmSource[]> {
  const folders = positionals.length === 0 ? await charmFolders('.') : positionals;
  const charms: CharmSource[] = [];
  for (const folder of folders.map((path) => resolve(path))) {
    progress(`bundling ${relative(process.cwd(), folder) || '.'}`);
    charms.push(await readCharm(folder, await packageRoot(folder)));
  }
  const chosen = charms.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) {
    throw new PackError(`--only is "${values.only}"; there are ${charms.map(({ name }) => name).join(', ')}`);
  }
  return chosen;
}

async function packOne(charm: CharmSource, architecture: Architecture, out: string): Promise<void> {
  const target = join(out, `${charm.name}_${architecture}.charm`);
  const files = await filesFor(charm, architecture);
  progress(`compressing ${target}`);
  // Two packers at once do not meet.
  const partial = `${target}.${process.pid}.partial`;
  try {
    await writeArchive(files, partial);
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
  const { size } = await stat(target);
  console.log(`${target}  ${(size / 1e6).toFixed(1)} MB`);
}

async function filesFor(charm: CharmSource, architecture: Architecture): Promise<readonly CharmFile[]> {
  return charmFiles(charm, architecture, await nodeRuntime(architecture, progress));
}

async function unpack(files: readonly CharmFile[], folder: string): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
    await chmod(path, mode(file) & 0o777);
  }
  console.log(`${folder}  ${files.length} files`);
}

function progress(text: string): void {
  process.stderr.write(`pack: ${text}\n`);
}
