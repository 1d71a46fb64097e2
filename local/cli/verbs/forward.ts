/** forward: local ports to ports of a unit or an application, until Ctrl-C. */
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { LocalClient } from '../../client.ts';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import type { forward as spec } from '../table/model.ts';
import type { Terminal } from '../terminal.ts';
import { checkApplication, isUnitOrLeader } from './arguments.ts';

interface Mapping {
  /** 0: any free port. */
  readonly local: number;
  readonly remote: number;
}

export const forward: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const [target, ...ports] = args;
  if (target === undefined) throw new UsageError('no unit or application specified');
  if (!isUnitOrLeader(target)) checkApplication(target);
  if (ports.length === 0) throw new UsageError('no port specified');
  const mappings = ports.map(readMapping);
  const client = await model();
  for (const mapping of mappings) {
    const server = createServer(
      { allowHalfOpen: true },
      (socket) => void connect(client, target, mapping.remote, socket, terminal),
    );
    const port = await listen(server, mapping.local, flags.address);
    terminal.out(`Forwarding from ${flags.address}:${port} -> ${target} ${mapping.remote}\n`);
  }
  return await modelEnd(client);
};

/** Rejects when the daemon is gone: a forward ends with its model. */
async function modelEnd(client: LocalClient): Promise<never> {
  let generation = -1;
  for (;;) {
    const answer = await client.call('wait-change', { after: generation, wait: 600 }).catch(() => {
      throw new CliError('lost connection to the model');
    });
    generation = answer.generation;
  }
}

function readMapping(text: string): Mapping {
  const match = /^(?:(\d*):)?(\d+)$/.exec(text);
  const [, local, remote] = match ?? [];
  const port = Number(remote);
  const own = local === undefined ? port : Number(local);
  if (match === null || port < 1 || port > 65_535 || own > 65_535) {
    throw new UsageError(`invalid port "${text}": expected PORT, LOCAL:PORT or :PORT`);
  }
  return { local: own, remote: port };
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(new CliError(`cannot listen on ${address}:${port}: ${reason}`));
    });
    server.listen(port, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

async function connect(
  client: LocalClient,
  target: string,
  port: number,
  socket: Socket,
  terminal: Terminal,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const remote = await client.forward({ target, port });
    // Either side may break off at any time; then both ends are closed, and that is all there is to do.
    await Promise.allSettled([pipeline(socket, remote), pipeline(remote, socket)]);
  } catch (error) {
    terminal.info(
      `ERROR cannot connect to ${target} ${port}: ${error instanceof Error ? error.message : error}`,
    );
    socket.destroy();
  }
}
