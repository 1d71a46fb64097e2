/** A real memcached for a test, on a free loopback port. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { type Daemon, startDaemon } from './daemon.ts';
import { freePort } from './minio-server.ts';

export interface MemcachedServer extends Daemon {
  readonly host: string;
  readonly port: number;
}

/** @param program from `memcached()` of debian.ts. @param place where it shall listen; a free port when absent. */
export async function startMemcached(
  program: string,
  place: { readonly host?: string; readonly port?: number } = {},
): Promise<MemcachedServer> {
  const { host = '127.0.0.1', port = await freePort() } = place;
  const daemon = await startDaemon({
    program,
    // As root it insists on being told that root is meant.
    args: ['-l', host, '-p', String(port), '-u', userInfo().username],
    isReady: () => accepts(host, port),
  });
  return { ...daemon, host, port };
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
