/** The files of a workload: which differ from what the container has, and how they get there. */
import { PathError } from '../pebble/errors.ts';
import type { Pebble } from '../pebble/pebble.ts';
import type { FileInfo } from '../pebble/types.ts';
import type { Doing } from './outcome.ts';
import type { WantedFile, Workload } from './wanted.ts';

type Found = ReadonlyMap<string, Buffer | PathError>;

const USUAL_PERMISSIONS = 0o644;

/** By path, for the record: what cannot be seen in a file's content. */
export function attributesOf({ files = {} }: Workload): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, file]) => (file === null ? [] : [[path, attributes(file)]])),
  );
}

/**
 * Writes and removes what differs.
 * @param known permissions and owners as they were last set, by path.
 */
export async function applyFiles(
  pebble: Pebble,
  { files = {} }: Workload,
  found: Found,
  known: Readonly<Record<string, string>>,
  done: Doing,
): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const present = found.get(path);
    if (file === null) {
      if (isMissing(present)) continue;
      await pebble.remove(path);
    } else {
      if (await isAsWanted(pebble, path, file, present, known[path])) continue;
      const { content, readBy: _, ...options } = file;
      await pebble.push(path, content, { ...options, makeDirs: true });
    }
    done.changed.push(path);
  }
}

function isMissing(present: Buffer | PathError | undefined): boolean {
  return present === undefined || (present instanceof PathError && present.kind === 'not-found');
}

async function isAsWanted(
  pebble: Pebble,
  path: string,
  file: WantedFile,
  present: Buffer | PathError | undefined,
  known: string | undefined,
): Promise<boolean> {
  if (!(present instanceof Buffer) || !present.equals(Buffer.from(file.content))) return false;
  if (known === attributes(file)) return true;
  const [info] = await pebble.list(path, { itself: true });
  return info !== undefined && hasAttributes(info, file);
}

function hasAttributes(info: FileInfo, file: WantedFile): boolean {
  const wanted = { ...file, permissions: file.permissions ?? USUAL_PERMISSIONS };
  const keys = ['permissions', 'user', 'userId', 'group', 'groupId'] as const;
  return keys.every((key) => wanted[key] === undefined || wanted[key] === info[key]);
}

function attributes({ permissions = USUAL_PERMISSIONS, user, userId, group, groupId }: WantedFile): string {
  return [permissions.toString(8), user ?? userId ?? '', group ?? groupId ?? ''].join(' ').trim();
}
