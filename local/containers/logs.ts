/** Container logs, as the kubelet keeps them: the newest in a file of bounded size, one older file beside it. */
import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_BYTES = 20_000_000;

/** The writer appends, so that a truncated file goes on at its beginning. */
export async function rotateLogs(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.endsWith('.log') || (await stat(path)).size < MAX_BYTES) continue;
    await copyFile(path, `${path}.1`);
    await truncate(path);
  }
}
