/** A real MinIO for a test, and the way there for a charm that looks for it at its own port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { MinioApi } from '../../minio/charm/minio-api.ts';
import { rootFile } from '../../minio/charm/plan/layer.ts';
import type { Credentials } from '../../s3/sigv4.ts';
import { peer } from '../../tools/peers.ts';

export interface MinioServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts MinIO on free loopback ports, with an empty folder for its data, and waits until it is ready.
 * @param more of its environment.
 */
export async function startMinio(
  root: Credentials,
  region: string,
  more: Readonly<Record<string, string>> = {},
): Promise<MinioServer> {
  const folder = await mkdtemp(join(tmpdir(), 'minio-server-'));
  const config = join(folder, 'root.env');
  await writeFile(config, rootFile(root), { mode: 0o600 });
  const [port, consolePort] = [await freePort(), await freePort()];
  const address = ['--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${consolePort}`];
  const server = spawn(await peer('minio'), ['server', join(folder, 'data'), ...address], {
    env: {
      ...process.env,
      ...more,
      MINIO_CONFIG_ENV_FILE: config,
      MINIO_SITE_REGION: region,
      MINIO_UPDATE: 'off',
    },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  if (await new MinioApi({ url, region, credentials: root }).waitReady(60_000)) return { url, stop };
  await stop();
  throw new Error(`MinIO on port ${port} was not ready within a minute`);
}

export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Detour {
  /** Requests that were let through since the last `limit`. */
  readonly requests: number;
  /** From now on so many requests arrive; for all after them nobody is there. */
  limit(count: number): void;
  end(): Promise<void>;
}

/** Sends this process's requests to `from` to the server at `to` instead, whatever asks by undici. */
export function detour(from: string, to: string): Detour {
  const before = getGlobalDispatcher();
  const agent = new Agent();
  let [requests, most] = [0, Number.POSITIVE_INFINITY];
  const turn: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
    if (String(options.origin) !== from) return dispatch(options, handler);
    if (requests >= most) return dispatch({ ...options, origin: 'http://127.0.0.1:1' }, handler);
    requests += 1;
    return dispatch({ ...options, origin: to }, handler);
  };
  setGlobalDispatcher(agent.compose(turn));
  return {
    get requests() {
      return requests;
    },
    limit(count) {
      [requests, most] = [0, count];
    },
    async end() {
      setGlobalDispatcher(before);
      await agent.close();
    },
  };
}
