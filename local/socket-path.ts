/**
 * Unix socket paths are limited to 107 bytes, model folders are not: a socket is reached through an open file
 * descriptor of its folder, whose path in /proc is always short.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface SocketPath {
  /** Short; valid in this process until `close`. */
  readonly path: string;
  close(): void;
}

/** Throws ENOENT when the socket's folder does not exist; the socket itself need not. */
export function openSocketPath(socket: string): SocketPath {
  const fd = openSync(dirname(socket), constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  return {
    path: `/proc/self/fd/${fd}/${basename(socket)}`,
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
