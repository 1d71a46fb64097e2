/** Packs both charms for this machine, with the same command as `npm run pack`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { command } from './terminal.ts';

const ROOT = join(import.meta.dirname, '..');

export async function packCharms(): Promise<{ readonly mimir: string; readonly minio: string }> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  command(['npm', 'run', 'pack', '--', '--arch', arch]);
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack', 'main.ts'), '--arch', arch], { cwd: ROOT });
  return {
    mimir: join(ROOT, 'dist', `mimir-k8s_${arch}.charm`),
    minio: join(ROOT, 'dist', `minio-k8s_${arch}.charm`),
  };
}
