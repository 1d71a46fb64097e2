/**
 * Starts a model's daemon from outside, when none answers. The daemon runs inside the model's own namespaces
 * (`podbox model`), so the peers it needs are built out here, where there is a network.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from '../../tools/programs.ts';
import { NETWORK, SERVICES } from '../network/addresses.ts';
import { openSocketPath, type SocketPath } from '../socket-path.ts';
import { DAEMON_LOG, DAEMON_SOCKET, MODEL_FILE } from './files.ts';

const START_POLL_MS = 50;
const START_LIMIT_MS = 60_000;

export interface StartOptions {
  readonly modelDir?: string;
  readonly modelName?: string;
  readonly progress?: (text: string) => void;
}

/** The daemon could not be started; the message ends with what it said. */
export class StartError extends Error {
  override name = 'StartError';
}

/** Whether the folder holds a model; false for a folder that is not there. */
export function modelExists(modelDir = '.juju-local'): boolean {
  return existsSync(join(resolve(modelDir), MODEL_FILE));
}

/** The socket of this folder's daemon, which answers when this returns. Throws StartError or PeerError. */
export async function ensureDaemon(options: StartOptions): Promise<SocketPath> {
  const modelDir = resolve(options.modelDir ?? '.juju-local');
  // Databags and secrets lie here: nobody else's business.
  await mkdir(modelDir, { recursive: true, mode: 0o700 });
  const socket = openSocketPath(join(modelDir, DAEMON_SOCKET));
  try {
    while (!(await answers(socket.path))) {
      const lock = await takeStartLock(modelDir);
      if (lock === undefined) {
        await sleep(START_POLL_MS);
        continue;
      }
      try {
        if (!(await answers(socket.path))) await startDaemon(modelDir, socket.path, options);
      } finally {
        lock.close();
      }
    }
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function startDaemon(modelDir: string, socket: string, options: StartOptions): Promise<void> {
  const progress = options.progress ?? (() => {});
  progress('preparing the local model');
  const podbox = await program('podbox');
  const programs = JSON.stringify({ podbox, pebble: await program('pebble'), jujuc: await program('jujuc') });
  // main.ts here, main.js in the npm package.
  const main = join(import.meta.dirname, `main${extname(import.meta.filename)}`);
  const log = openSync(join(modelDir, DAEMON_LOG), 'a');
  const daemon = spawn(
    podbox,
    [
      ...['model', '--bridge', `${NETWORK.gateway}/${NETWORK.bits}`, '--services', SERVICES, '--'],
      ...[process.execPath, '--disable-warning=ExperimentalWarning', main],
      ...['--model-dir', modelDir, '--programs', programs, '--model-name', options.modelName ?? 'local'],
    ],
    { detached: true, stdio: ['ignore', log, log], cwd: '/' },
  );
  closeSync(log);
  let ended: string | undefined;
  daemon.once('error', (error) => {
    ended = error.message;
  });
  daemon.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  daemon.unref();
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(socket))) {
    if (ended === undefined && Date.now() > deadline) ended = 'it does not answer';
    if (ended !== undefined) throw new StartError(await explain(modelDir, ended));
    await sleep(START_POLL_MS);
  }
}

async function explain(modelDir: string, reason: string): Promise<string> {
  const log = await readFile(join(modelDir, DAEMON_LOG), 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-15).join('\n');
  return `cannot start the local model in ${modelDir}: ${reason}\n${tail}`;
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: '/1.0/model-info', method: 'POST', agent: false });
    sent.on('error', () => resolve(false));
    sent.on('response', (message) => {
      message.resume();
      resolve(message.statusCode === 200);
    });
    sent.end('{}');
  });
}

/** An abstract socket is a lock that the kernel releases when its holder dies. Undefined: somebody else has it. */
async function takeStartLock(modelDir: string): Promise<Server | undefined> {
  const hash = createHash('sha256').update(modelDir).digest('hex').slice(0, 24);
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0juju-local-start-${hash}`, () => resolve(server));
  });
}
