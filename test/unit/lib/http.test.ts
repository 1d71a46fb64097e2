import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import {
  HttpClient,
  HttpConnectionError,
  HttpError,
  HttpProtocolError,
  HttpTimeoutError,
  HttpTooLongError,
} from 'charmwright/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A server that answers what a test wants, and every connection that was made to it. */
let server: Server;
let origin: string;
let client: HttpClient;
let connections: number;
let received: { readonly request: IncomingMessage; readonly body: Buffer }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const GET = { method: 'GET', path: '/a?b=c' } as const;

beforeEach(async () => {
  connections = 0;
  received = [];
  answer = (_request, response) => response.end('well');
  server = createServer(async (request, response) => {
    try {
      received.push({ request, body: await buffer(request) });
      answer(request, response);
    } catch {
      // The client has gone.
    }
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${portOf(server)}`;
  client = new HttpClient({ origin });
});

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function portOf(listening: NetServer): number {
  const at = listening.address();
  return typeof at === 'object' && at !== null ? at.port : 0;
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

describe('an answer', () => {
  test('comes with its status, its headers and its bytes', async () => {
    answer = (_request, response) => response.writeHead(418, { 'x-kind': 'tea' }).end(Buffer.from([0, 255]));
    const { status, headers, body } = await client.send(GET);
    expect([status, headers['x-kind'], [...body]]).toEqual([418, 'tea', [0, 255]]);
    expect(received[0]?.request.url).toBe('/a?b=c');
  });

  test('that leads elsewhere is an answer, and nobody goes there', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await client.send(GET)).status).toBe(302);
    expect(received).toHaveLength(1);
  });

  test('may be as long as is allowed, and no longer', async () => {
    expect((await client.send({ ...GET, largestAnswer: 4 })).body.toString()).toBe('well');
    const error = await failure(client.send({ ...GET, largestAnswer: 3 }));
    expect(error).toBeInstanceOf(HttpTooLongError);
    expect(String(error)).toContain('more than 3 bytes');
  });
});

describe('what is sent', () => {
  test.each(['POST', 'PUT', 'DELETE'] as const)('arrives whole, by %s', async (method) => {
    await client.send({ method, path: '/', body: 'grün' });
    await client.send({ method, path: '/', body: Buffer.from([1, 2]) });
    await client.send({ method, path: '/', body: Readable.from(['one ', 'two']) });
    expect(received.map(({ body }) => body.toString('latin1'))).toEqual([
      'gr\xC3\xBCn',
      '\x01\x02',
      'one two',
    ]);
    expect(received[0]?.request.headers['content-length']).toBe('5');
  });

  test('may break, and its own error is what the caller gets, not one of the connection', async () => {
    const missing = createReadStream('/no/such/file');
    const error = await failure(client.send({ method: 'POST', path: '/', body: missing }));
    expect(error).toMatchObject({ code: 'ENOENT', path: '/no/such/file' });
    expect(error).not.toBeInstanceOf(HttpError);
  });

  test('is let go when nobody takes it', async () => {
    const body = Readable.from(['never']);
    const nobody = new HttpClient({ origin: 'http://127.0.0.1:1' });
    expect(await failure(nobody.send({ method: 'POST', path: '/', body }))).toBeInstanceOf(
      HttpConnectionError,
    );
    await expect.poll(() => body.destroyed).toBe(true);
  });
});

describe('connections', () => {
  test('are used again, and closed with the client, which can connect anew', async () => {
    await client.send(GET);
    await client.send(GET);
    expect(connections).toBe(1);
    client.close();
    await client.send(GET);
    expect(connections).toBe(2);
  });

  test('that are idle let the process end', async () => {
    const script = `
      import { HttpClient } from 'charmwright/http';
      const { body } = await new HttpClient({ origin: '${origin}' }).send({ method: 'GET', path: '/' });
      console.log(body.toString());
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 60_000,
    });
    expect(stdout).toBe('well\n');
  });

  test('that the client closes end the request on them', async () => {
    answer = () => client.close();
    expect(await failure(client.send(GET))).toBeInstanceOf(HttpConnectionError);
  });

  test('go to a unix socket as well', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'http-'));
    const socketPath = join(dir, 'a.socket');
    const other = createServer((_request, response) => response.end('inside')).listen(socketPath);
    await once(other, 'listening');
    const inside = new HttpClient({ socketPath });
    expect((await inside.send(GET)).body.toString()).toBe('inside');
    inside.close();
    other.close();
    await rm(dir, { recursive: true });
  });
});

describe('a server', () => {
  test.each([
    ['refuses', { origin: 'http://127.0.0.1:1' }, 'ECONNREFUSED'],
    ['has no name', { origin: 'http://nobody.invalid' }, /ENOTFOUND|EAI_AGAIN/],
    ['is no socket that exists', { socketPath: '/no/such.socket' }, 'ENOENT'],
  ])('that %s is a connection error with its code', async (_what, target, code) => {
    const error = await failure(new HttpClient(target).send(GET));
    expect(error).toBeInstanceOf(HttpConnectionError);
    expect(error).toMatchObject({ code: expect.stringMatching(code) });
    expect(String(error)).toMatch(code);
  });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['before its answer', (request) => request.socket.destroy()],
    [
      'in the middle of its answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('half');
        setImmediate(() => request.socket.destroy());
      },
    ],
  ])('that goes away %s is a connection error', async (_when, goes) => {
    answer = goes;
    const error = await failure(client.send(GET));
    expect(error).toBeInstanceOf(HttpConnectionError);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['from the beginning', () => undefined],
    ['after half of its answer', (_request, response) => void response.write('half')],
  ])('that is silent %s is waited for no longer than was said', async (_when, silent) => {
    answer = silent;
    const error = await failure(client.send({ ...GET, silenceMs: 50 }));
    expect(error).toBeInstanceOf(HttpTimeoutError);
    expect(String(error)).toContain('within 50 ms');
  });

  test('that is slow is not waited for after the caller has given up', async () => {
    answer = () => undefined;
    const signal = AbortSignal.timeout(50);
    expect(await failure(client.send({ ...GET, signal }))).toBe(signal.reason);
    expect(await failure(client.send({ ...GET, signal: AbortSignal.abort('no') }))).toBe('no');
  });

  test('that speaks something else is a protocol error', async () => {
    const other = createSocketServer((socket) => socket.end('220 mail ready\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const error = await failure(new HttpClient({ origin: `http://127.0.0.1:${portOf(other)}` }).send(GET));
    expect(error).toBeInstanceOf(HttpProtocolError);
    other.close();
  });

  test('that does not speak TLS is a connection error', async () => {
    const secure = new HttpClient({ origin: origin.replace('http:', 'https:') });
    expect(await failure(secure.send(GET))).toBeInstanceOf(HttpConnectionError);
  });
});
