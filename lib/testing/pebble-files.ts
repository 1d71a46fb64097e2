/** A container's files, kept in memory, refused in Pebble's words. Pure: each change gives a new container. */
import { posix } from 'node:path';
import { PathError } from '../pebble/errors.ts';
import type {
  FileInfo,
  ListOptions,
  MakeDirOptions,
  Ownership,
  PushOptions,
  RemoveOptions,
} from '../pebble/types.ts';
import type { ContainerState, FileAttributes } from './state.ts';
import { TIME } from './time.ts';

/** @throws PathError */
export function readFile(container: ContainerState, given: string): Buffer {
  const path = absolute(given);
  const content = container.files[path];
  if (content !== undefined) return Buffer.from(content);
  if (isDir(container, path)) throw wrong(given, `can only read a regular file: "${path}"`);
  throw absent(given, `stat ${path}: no such file or directory`);
}

/** @throws PathError */
export function writeFile(
  container: ContainerState,
  given: string,
  content: Uint8Array,
  options: PushOptions,
): ContainerState {
  const path = absolute(given);
  checkOwner(given, options);
  if (isDir(container, path)) throw wrong(given, `rename ${path}.new~ ${path}: file exists`);
  const parent = posix.dirname(path);
  const based = options.makeDirs === true ? withParents(container, given, parent, {}) : container;
  if (!isDir(based, parent)) throw noParent(based, given, `open ${path}.new~`, parent);
  const text = Buffer.from(content).toString('utf8');
  const isText = Buffer.from(text).equals(content);
  return {
    ...based,
    files: { ...based.files, [path]: isText ? text : new Uint8Array(content) },
    attributes: withAttributes(based, path, options, 0o644),
  };
}

/** @throws PathError */
export function listFiles(
  container: ContainerState,
  given: string,
  options: ListOptions,
): readonly FileInfo[] {
  const path = posix.resolve('/', given);
  if (!exists(container, path)) throw absent(given, `stat ${path}: no such file or directory`);
  const whole = options.itself === true || !isDir(container, path);
  const paths = whole ? [path] : childrenOf(container, path);
  return paths
    .filter(
      (each) => options.pattern === undefined || posix.matchesGlob(posix.basename(each), options.pattern),
    )
    .map((each) => info(container, each));
}

export function exists(container: ContainerState, path: string): boolean {
  return container.files[path] !== undefined || isDir(container, path);
}

/** @throws PathError */
export function makeDir(container: ContainerState, given: string, options: MakeDirOptions): ContainerState {
  const path = absolute(given);
  checkOwner(given, options);
  if (container.files[path] !== undefined) throw wrong(given, `mkdir ${path}: not a directory`);
  if (options.makeParents === true) return withParents(container, given, path, options);
  if (isDir(container, path)) throw wrong(given, `mkdir ${path}: file exists`);
  const parent = posix.dirname(path);
  if (!isDir(container, parent)) throw noParent(container, given, `mkdir ${path}.mkdir-new`, parent);
  return withDir(container, path, options);
}

/** @throws PathError */
export function removePath(container: ContainerState, given: string, options: RemoveOptions): ContainerState {
  const path = absolute(given);
  if (!exists(container, path)) {
    if (options.recursive === true) return container;
    throw absent(given, `remove ${path}: no such file or directory`);
  }
  if (options.recursive !== true && isDir(container, path) && childrenOf(container, path).length > 0) {
    throw wrong(given, `remove ${path}: directory not empty`);
  }
  const stays = (other: string): boolean => other !== path && !other.startsWith(`${path}/`);
  // The parent does not go with its last child.
  const parent = posix.dirname(path);
  return {
    ...container,
    files: picked(container.files, stays),
    attributes: picked(container.attributes, stays),
    dirs: [...new Set([...container.dirs.filter(stays), ...(parent === '/' ? [] : [parent])])].sort(),
  };
}

function picked<T>(record: Readonly<Record<string, T>>, keep: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keep(key)));
}

function checkOwner(given: string, { user, userId, group, groupId }: Ownership): void {
  if ((user ?? userId) !== undefined || (group ?? groupId) === undefined) return;
  throw wrong(given, 'cannot look up user and group: must specify user, not just group');
}

function absolute(path: string): string {
  if (!path.startsWith('/')) throw wrong(path, `paths must be absolute, got "${path}"`);
  return posix.resolve(path);
}

export function isDir(container: ContainerState, path: string): boolean {
  if (path === '/' || container.dirs.includes(path)) return true;
  const within = (other: string): boolean => other.startsWith(`${path}/`);
  return container.dirs.some(within) || Object.keys(container.files).some(within);
}

function childrenOf(container: ContainerState, path: string): string[] {
  const base = path === '/' ? '/' : `${path}/`;
  const below = [...container.dirs, ...Object.keys(container.files)].filter(
    (other) => other !== path && other.startsWith(base),
  );
  return [...new Set(below.map((other) => base + (other.slice(base.length).split('/', 1)[0] ?? '')))].sort();
}

function withParents(
  container: ContainerState,
  given: string,
  path: string,
  options: MakeDirOptions,
): ContainerState {
  if (isDir(container, path)) return container;
  const parent = posix.dirname(path);
  const file = [path, ...ancestors(path)].find((each) => container.files[each] !== undefined);
  if (file !== undefined) throw wrong(given, `mkdir ${file}: not a directory`);
  // Pebble gives every directory that it makes the wanted permissions and owner.
  return withDir(withParents(container, given, parent, options), path, options);
}

function ancestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path ? [] : [parent, ...ancestors(parent)];
}

function withDir(container: ContainerState, path: string, options: MakeDirOptions): ContainerState {
  return {
    ...container,
    dirs: [...container.dirs, path].sort(),
    attributes: withAttributes(container, path, options, 0o755),
  };
}

/** A new file replaces the old one with its permissions and owner. */
function withAttributes(
  container: ContainerState,
  path: string,
  options: Ownership & { readonly permissions?: number },
  usual: number,
): ContainerState['attributes'] {
  const { permissions = usual, user, group, userId, groupId } = options;
  const special: FileAttributes = {
    ...(permissions === usual ? {} : { permissions }),
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    ...(userId === undefined ? {} : { userId }),
    ...(groupId === undefined ? {} : { groupId }),
  };
  const others = picked(container.attributes, (other) => other !== path);
  return Object.keys(special).length === 0 ? others : { ...others, [path]: special };
}

function info(container: ContainerState, path: string): FileInfo {
  const content = container.files[path];
  const { permissions, user, group, userId, groupId } = container.attributes[path] ?? {};
  return {
    path,
    name: posix.basename(path),
    type: content === undefined ? 'directory' : 'file',
    ...(content === undefined ? {} : { size: Buffer.from(content).length }),
    permissions: permissions ?? (content === undefined ? 0o755 : 0o644),
    lastModified: TIME,
    ...(userId === undefined && user !== undefined ? {} : { userId: userId ?? 0 }),
    ...(user === undefined && userId !== undefined ? {} : { user: user ?? 'root' }),
    ...(groupId === undefined && group !== undefined ? {} : { groupId: groupId ?? 0 }),
    ...(group === undefined && groupId !== undefined ? {} : { group: group ?? 'root' }),
  };
}

function absent(path: string, message: string): PathError {
  return new PathError('not-found', path, message);
}

function wrong(path: string, message: string): PathError {
  return new PathError('generic-file-error', path, message);
}

function noParent(container: ContainerState, given: string, doing: string, parent: string): PathError {
  return [parent, ...ancestors(parent)].some((each) => container.files[each] !== undefined)
    ? wrong(given, `${doing}: not a directory`)
    : absent(given, `${doing}: no such file or directory`);
}
