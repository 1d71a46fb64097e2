/** The small charms that are measured, as they are deployed: each on charmwright and on ops from PyPI. */
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonLibrary } from '../support/pypi.ts';

export const OPS_VERSION = '3.9.0';

const ROOT = join(import.meta.dirname, '../..');
const CHARMS = join(import.meta.dirname, 'charms');
const HERE = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Packs `test/bench/charms/<name>`. @returns a folder that can be deployed. */
export async function packedCharm(name: string, scratch: string): Promise<string> {
  const folder = join(scratch, name);
  const args = [join(CHARMS, name), '--arch', HERE, '--unpacked', folder];
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack', 'main.ts'), ...args]);
  return folder;
}

/**
 * `test/bench/charms/<name>` with ops beside it, as charmcraft lays it out.
 * @returns a folder that can be deployed. @throws when there is no Python 3 with pip.
 */
export async function pythonCharm(name: string, scratch: string): Promise<string> {
  const folder = join(scratch, name);
  await cp(join(CHARMS, name), folder, { recursive: true });
  // With the times of the files Python knows that the compiled modules beside them are of today.
  await cp(await pythonLibrary('ops', OPS_VERSION), join(folder, 'venv'), {
    recursive: true,
    preserveTimestamps: true,
  });
  return folder;
}

/** A charm that needs nothing beside its files. */
export function plainCharm(name: string): string {
  return join(CHARMS, name);
}
