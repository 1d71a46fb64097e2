/** Python packages that tests and figures compare with, from PyPI, each in a folder of its own in the cache. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** False where Python, or its module that makes environments, is missing: Debian has it in `python3-venv`. */
export async function hasPython(): Promise<boolean> {
  return run('python3', ['-c', 'import ensurepip, venv']).then(
    () => true,
    () => false,
  );
}

/** Installs a program into an environment of its own. @returns its Python: call it with `-m NAME`. */
export async function pythonProgram(name: string, version: string): Promise<string> {
  const folder = await once(`${name}-${version}`, async (target) => {
    await run('python3', ['-m', 'venv', target]);
    await run(join(target, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `${name}==${version}`]);
  });
  return join(folder, 'bin', 'python');
}

/** Installs a library with what it needs. @returns a folder for PYTHONPATH. */
export function pythonLibrary(name: string, version: string): Promise<string> {
  return once(`${name}-${version}-lib`, async (target) => {
    const install = ['-m', 'pip', 'install', '--quiet', '--target', target, `${name}==${version}`];
    await run('python3', install);
  });
}

/** Makes a cache entry unless it is there; it appears by one rename, complete or not at all. */
async function once(key: string, make: (target: string) => Promise<void>): Promise<string> {
  const entry = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'charmwright', key);
  if (await isThere(entry)) return entry;
  await mkdir(dirname(entry), { recursive: true });
  const scratch = await mkdtemp(`${entry}.`);
  try {
    await make(scratch);
    await rename(scratch, entry).catch(async (error: unknown) => {
      if (!(await isThere(entry))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return entry;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
