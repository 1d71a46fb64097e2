/** The programs that every pod sees: Pebble, and the hook tools, which are links to one program. */
import { constants, copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TOOLS } from 'charmwright/juju';
import { z } from 'zod';
import type { ModelFolders } from './folders.ts';

/** Paths of the built peers. */
export const programsSchema = z.object({ podbox: z.string(), pebble: z.string(), jujuc: z.string() });
export type Programs = z.infer<typeof programsSchema>;

/** Copies, not mounts of the cache: a running model keeps what it began with. */
export async function installPrograms(folders: ModelFolders, programs: Programs): Promise<void> {
  for (const folder of [folders.bin, folders.tools]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await copyFile(programs.pebble, join(folders.bin, 'pebble'), constants.COPYFILE_FICLONE);
  await copyFile(programs.jujuc, join(folders.tools, 'jujuc'), constants.COPYFILE_FICLONE);
  for (const tool of Object.keys(TOOLS)) await symlink('jujuc', join(folders.tools, tool));
}
