/** What lies in a .charm, from a charm's folder. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { loadCharmSpec, packedYaml, readCharmFiles } from 'charmwright/juju';
import * as z from 'zod';
import type { CharmFile } from './archive.ts';
import { type Bundle, bundle } from './bundle.ts';
import { PackError } from './errors.ts';
import { thirdPartyLicences } from './licences.ts';
import { type Architecture, NODE_VERSION, type NodeRuntime } from './node-runtime.ts';

/** Copied as they are, when the charm's folder has them. */
const PLAIN_FILES = ['README.md', 'icon.svg'];
const PLAIN_FOLDERS = ['templates'];

/** A charm, read and bundled. */
export interface CharmSource {
  readonly name: string;
  /** Everything but what depends on the architecture. */
  readonly files: readonly CharmFile[];
  readonly bundle: Bundle;
}

/**
 * Reads and bundles a charm. `root` is the folder of the npm package it belongs to: its version is the charm's,
 * and its LICENSE, unless the charm has one of its own.
 * @throws PackError, or SpecError about one of the YAML files.
 */
export async function readCharm(folder: string, root: string): Promise<CharmSource> {
  const yaml = await readCharmFiles(folder);
  const { name } = loadCharmSpec(yaml, folder);
  const [bundled, version, licence, plain, folders] = await Promise.all([
    bundle(folder, root),
    versionOf(root),
    firstOf([join(folder, 'LICENSE'), join(root, 'LICENSE')]),
    Promise.all(PLAIN_FILES.map((path) => readPlain(folder, path))),
    Promise.all(PLAIN_FOLDERS.map((path) => readFolder(folder, path))),
  ]);
  const files = [
    { path: 'dispatch', content: await readFile(join(import.meta.dirname, 'dispatch')), executable: true },
    { path: 'version', content: Buffer.from(`${version}\n`) },
    ...(licence === undefined ? [] : [{ path: 'LICENSE', content: licence }]),
    ...Object.entries(packedYaml(yaml)).map(([path, text]) => ({ path, content: Buffer.from(text) })),
    ...plain.flat(),
    ...folders.flat(),
    ...bundled.files,
  ];
  return { name, files, bundle: bundled };
}

/** The whole charm for one architecture. */
export async function charmFiles(
  source: CharmSource,
  architecture: Architecture,
  node: NodeRuntime,
): Promise<readonly CharmFile[]> {
  const licences = await thirdPartyLicences(
    { version: NODE_VERSION, licence: node.licence },
    source.bundle.packages,
  );
  return [
    ...source.files,
    { path: 'manifest.yaml', content: Buffer.from(manifest(architecture)) },
    { path: 'THIRD-PARTY-LICENSES', content: Buffer.from(licences) },
    { path: 'bin/node', content: await readFile(node.binary), executable: true },
  ];
}

/** Juju 4 refuses a charm without bases. */
function manifest(architecture: Architecture): string {
  return [
    'bases:',
    '- name: ubuntu',
    "  channel: '24.04'",
    '  architectures:',
    `  - ${architecture}`,
    '',
  ].join('\n');
}

const packageJson = z.object({ version: z.string() });

/** The package's version; with the commit when the files are exactly that commit's. */
async function versionOf(root: string): Promise<string> {
  const { version } = packageJson.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  try {
    if ((await git('status', '--porcelain')) !== '') return version;
    return `${version}+g${await git('rev-parse', '--short=12', 'HEAD')}`;
  } catch {
    return version; // not a git checkout: a source archive
  }
}

async function readPlain(folder: string, path: string): Promise<CharmFile[]> {
  const content = await readOptional(join(folder, path));
  return content === undefined ? [] : [{ path, content }];
}

async function readFolder(folder: string, path: string): Promise<CharmFile[]> {
  const found = await readdir(join(folder, path), { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    },
  );
  const odd = found.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (odd !== undefined) {
    throw new PackError(
      `${join(odd.parentPath, odd.name)} is neither a file nor a folder: a charm holds only those`,
    );
  }
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (file) => ({
      path: relative(folder, file).replaceAll(sep, '/'),
      content: await readFile(file),
    })),
  );
}

async function firstOf(paths: readonly string[]): Promise<Buffer | undefined> {
  for (const path of paths) {
    const content = await readOptional(path);
    if (content !== undefined) return content;
  }
  return undefined;
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
