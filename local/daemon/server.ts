/** The daemon's door: every request is parsed by its verb's schema, every refusal is `{error}`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { api, type StreamVerb, streams, type Verb } from '../api.ts';
import { Refusal } from '../model/refusal.ts';
import { actionRoutes } from './routes/actions.ts';
import { applicationRoutes } from './routes/applications.ts';
import { configRoutes } from './routes/config.ts';
import { kubernetesRoutes } from './routes/kubernetes.ts';
import { modelRoutes } from './routes/model.ts';
import { relationRoutes } from './routes/relations.ts';
import { secretRoutes } from './routes/secrets.ts';
import type { Handlers } from './routes/types.ts';
import { unitRoutes } from './routes/units.ts';
import { debugLog, exec, forward, refuseStream, ssh, type Upgraded } from './streams.ts';
import type { World } from './world.ts';

const PREFIX = '/1.0/';

export interface ServerOptions {
  readonly world: World;
  /** Ends every pod and empties the model's folder. */
  readonly destroy: () => Promise<void>;
  /** The answer to that has gone out: the daemon may end. */
  readonly gone: () => void;
}

export function createDaemonServer({ world, destroy, gone }: ServerOptions): Server {
  const routes: Handlers<Verb> = {
    ...modelRoutes,
    ...kubernetesRoutes,
    ...applicationRoutes,
    ...relationRoutes,
    ...configRoutes,
    ...actionRoutes,
    ...unitRoutes,
    ...secretRoutes,
    'destroy-model': async () => {
      await destroy();
      return {};
    },
  };
  const server = createServer((request, response) => {
    if (request.url === `${PREFIX}destroy-model`) response.once('finish', gone);
    answer(world, routes, request, response).catch((error: unknown) => sendError(world, response, error));
  });
  server.on('upgrade', (request, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    try {
      const takeOver = upgrade(world, request);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: juju-local\r\n\r\n');
      takeOver(socket);
    } catch (error) {
      const { status, message } = explain(world, error);
      const body = JSON.stringify({ error: message });
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
  });
  // Long polls and streams may be silent for long.
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

async function answer(
  world: World,
  routes: Handlers<Verb>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://daemon');
  const name = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : '';
  if (name === 'debug-log') return debugLog(world, streamRequest('debug-log', url), response);
  if (isStream(name)) refuseStream();
  if (!isVerb(name)) throw new Refusal(`there is no verb "${name}"`, 404);
  if (request.method !== 'POST') throw new Refusal(`verb "${name}" needs POST`, 405);
  const result = await run(world, routes, name, await readJson(request));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(result));
}

async function run<V extends Verb>(
  world: World,
  routes: Handlers<V>,
  name: V,
  body: unknown,
): Promise<unknown> {
  // The schema and the handler of one verb belong together; TypeScript sees only the union of all.
  const request = parseRequest(api[name].request, body) as Parameters<Handlers<V>[V]>[1];
  return routes[name](world, request);
}

function upgrade(world: World, request: IncomingMessage): Upgraded {
  const url = new URL(request.url ?? '/', 'http://daemon');
  const name = url.pathname.slice(PREFIX.length);
  switch (name) {
    case 'exec':
      return exec(world, streamRequest('exec', url));
    case 'ssh':
      return ssh(world, streamRequest('ssh', url));
    case 'forward':
      return forward(world, streamRequest('forward', url));
    default:
      throw new Refusal(`there is no stream "${name}"`, 404);
  }
}

function streamRequest<V extends StreamVerb>(name: V, url: URL): z.output<(typeof streams)[V]> {
  const text = url.searchParams.get('request') ?? '{}';
  return parseRequest(streams[name], parseJson(text)) as z.output<(typeof streams)[V]>;
}

function parseRequest(schema: z.ZodType, body: unknown): unknown {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(`cannot read the request: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return parseJson(Buffer.concat(chunks).toString('utf8') || '{}');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('cannot read the request: it is not JSON');
  }
}

function isVerb(name: string): name is Verb {
  return Object.hasOwn(api, name);
}

function isStream(name: string): name is StreamVerb {
  return Object.hasOwn(streams, name);
}

function sendError(world: World, response: ServerResponse, error: unknown): void {
  const { status, message } = explain(world, error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: message }));
}

function explain(world: World, error: unknown): { status: number; message: string } {
  if (error instanceof Refusal) return { status: error.status, message: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  world.services.log.write('controller-0', 'ERROR', 'juju.local.daemon', text);
  return { status: 500, message: error instanceof Error ? error.message : String(error) };
}
