import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PebbleClient } from 'charmwright/pebble';
import { peer } from '../../../tools/peers.ts';

/** A real Pebble of one's own, on a folder of its own. */
export interface RealPebble {
  readonly client: PebbleClient;
  readonly socketPath: string;
  /** A folder for the test's files. */
  readonly dir: string;
  /** Ends Pebble at once, as a killed container does. */
  kill(): Promise<void>;
  /** Starts Pebble again on the same folder. */
  start(): Promise<void>;
  /** Ends Pebble and removes its folder. */
  remove(): Promise<void>;
}

/** @param options.httpPort Pebble listens there on 127.0.0.1, too, as in a pod where its checks are asked. */
export async function realPebble({ httpPort }: { readonly httpPort?: number } = {}): Promise<RealPebble> {
  const binary = await peer('pebble');
  const dir = await mkdtemp(join(tmpdir(), 'pebble-'));
  const socketPath = join(dir, 'pebble.socket');
  const client = new PebbleClient({ socketPath });
  let process: ChildProcess | undefined;
  const http = httpPort === undefined ? [] : ['--http', `127.0.0.1:${httpPort}`];
  const start = async () => {
    process = spawn(binary, ['run', '--hold', '--create-dirs', ...http], {
      env: { PATH: '/usr/bin:/bin', HOME: dir, PEBBLE: join(dir, 'pebble'), PEBBLE_SOCKET: socketPath },
      stdio: 'ignore',
    });
    while (!(await client.canConnect())) {
      if (process.exitCode !== null) throw new Error(`Pebble ended with ${process.exitCode}`);
      await sleep(50);
    }
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  };
  await start();
  return {
    client,
    socketPath,
    dir,
    kill: () => end('SIGKILL'),
    start,
    async remove() {
      // Asked kindly, Pebble stops its services first.
      await end('SIGTERM');
      await client.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
