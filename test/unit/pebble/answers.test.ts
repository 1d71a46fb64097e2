import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiError,
  ConnectionError,
  PathError,
  PebbleClient,
  PebbleError,
  ProtocolError,
  TimeoutError,
} from 'charmwright/pebble';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** Pebble's place is taken by a server that answers what a test wants. */
let dir: string;
let socketPath: string;
let client: PebbleClient;
let server: Server;
let requests: { readonly url: string; readonly body: string }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pebble-'));
  socketPath = join(dir, 'pebble.socket');
  client = new PebbleClient({ socketPath });
  requests = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests.push({ url: request.url ?? '', body });
    answer(request, response);
  });
  server.listen(socketPath);
  await once(server, 'listening');
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

function answers(status: number, body: string, type = 'application/json'): void {
  answer = (_request, response) => response.writeHead(status, { 'content-type': type }).end(body);
}

function answersSync(result: unknown): void {
  answers(200, JSON.stringify({ type: 'sync', 'status-code': 200, status: 'OK', result }));
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}

// ops: 166
describe('an answer that is not Pebble’s', () => {
  test.each<[string, number, string, string]>([
    ['HTML', 200, '<html>hello</html>', 'text/html'],
    ['nothing', 200, '', ''],
    ['half of an answer', 200, '{"type":"sync","result":{"ver', 'application/json'],
    ['a gateway’s error page', 502, 'Bad Gateway', 'text/plain'],
    ['a list', 200, '[]', 'application/json'],
    ['null', 200, 'null', 'application/json'],
    ['an unknown type', 200, '{"type":"later","result":{}}', 'application/json'],
    ['an error without a message', 500, '{"type":"error","result":{}}', 'application/json'],
    ['a change where none is due', 202, '{"type":"async","change":"1"}', 'application/json'],
    ['a version that is a number', 200, '{"type":"sync","result":{"version":1}}', 'application/json'],
    ['no result', 200, '{"type":"sync"}', 'application/json'],
  ])('%s is a protocol error that names socket and request', async (_what, status, body, type) => {
    answers(status, body, type);
    const error = await failure(client.systemInfo());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(String(error)).toContain(socketPath);
    expect(String(error)).toContain('GET /v1/system-info');
  });

  test('of the wrong shape tells where, and not what', async () => {
    answersSync([{ name: 'web', startup: 'enabled', current: { secret: 'hunter2' } }]);
    const error = await failure(client.services());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(String(error)).toContain('0.current: expected string');
    expect(String(error)).not.toContain('hunter2');
  });

  test.each<[string, () => Promise<unknown>]>([
    ['services', () => client.services()],
    ['checks', () => client.checks()],
    ['health', () => client.health()],
    ['plan', () => client.plan()],
    ['list', () => client.list('/')],
    ['push', () => client.push('/a', 'text')],
    ['pull', () => client.pull('/a')],
    ['makeDir', () => client.makeDir('/a')],
    ['remove', () => client.remove('/a')],
    ['notify', () => client.notify('example.com/a')],
    ['notices', () => client.notices()],
    ['change', () => client.change('1')],
    ['changes', () => client.changes()],
    ['identities', () => client.identities()],
    ['start', () => client.start(['a'])],
    ['exec', () => client.exec(['true'])],
  ])('%s takes no number for an answer', async (_name, call) => {
    answersSync(7);
    expect(await failure(call())).toBeInstanceOf(ProtocolError);
  });

  test('a plan that is no YAML, or not a plan, is a protocol error', async () => {
    answersSync('services: [');
    expect(await failure(client.plan())).toBeInstanceOf(ProtocolError);
    answersSync('services:\n  web: 7\n');
    expect(await failure(client.plan())).toBeInstanceOf(ProtocolError);
    answersSync('{}\n');
    expect(await client.plan()).toEqual({ services: {}, checks: {}, 'log-targets': {} });
  });

  test('a service named __proto__ does not become every object’s prototype', async () => {
    const service = (name: string) => `  ${name}:\n    override: replace\n    command: ${name}\n`;
    answersSync(`services:\n${service('__proto__')}${service('web')}`);
    const { services } = await client.plan();
    expect(services).toEqual({ web: { override: 'replace', command: 'web' } });
    expect(services.command).toBeUndefined();
  });

  test('a file whose end is missing is a protocol error', async () => {
    const type = 'multipart/form-data; boundary=bb';
    answers(200, '--bb\r\nContent-Disposition: form-data; name="files"\r\n\r\nhalf', type);
    expect(await failure(client.pull('/a'))).toBeInstanceOf(ProtocolError);
  });

  test('something that does not speak HTTP is a protocol error', async () => {
    const path = join(dir, 'other.socket');
    const other = createSocketServer((socket) => socket.end('220 mail ready\r\n')).listen(path);
    await once(other, 'listening');
    expect(await failure(new PebbleClient({ socketPath: path }).systemInfo())).toBeInstanceOf(ProtocolError);
    other.close();
  });
});

describe('an answer of another version of Pebble', () => {
  // ops: 176, 211
  test('may say words and fields that are not known here', async () => {
    answersSync([{ name: 'web', startup: 'sometimes', current: 'dreaming', mood: 'good' }]);
    expect(await client.services()).toEqual([{ name: 'web', startup: 'sometimes', current: 'dreaming' }]);
  });

  // ops: 179, 190, 191
  test('may leave out what was added later, and send null for an empty list', async () => {
    answersSync([{ name: 'up', status: 'up', threshold: 3 }]);
    expect(await client.checks()).toEqual([
      { name: 'up', startup: 'enabled', status: 'up', failures: 0, threshold: 3 },
    ]);
    answersSync(null);
    expect(await client.checks()).toEqual([]);
    expect(await client.list('/')).toEqual([]);
    expect(await client.services()).toEqual([]);
  });

  // ops: 173
  test('may not know how to wait for a change, which is then asked for again', async () => {
    const change = { id: '1', kind: 'k', summary: 's', status: 'Done', 'spawn-time': '2026-01-01T00:00:00Z' };
    answer = (request, response) => {
      const gone = request.url?.includes('/wait');
      const result = gone ? { message: 'not found' } : { ...change, ready: requests.length > 3 };
      const type = gone ? 'error' : 'sync';
      response.writeHead(gone ? 404 : 200).end(JSON.stringify({ type, result }));
    };
    expect((await client.waitChange('1')).ready).toBe(true);
    expect(requests.length).toBe(4);
  });
});

describe('an error of Pebble', () => {
  // ops: 166
  test('keeps status, kind and message', async () => {
    const result = { message: 'no default services', kind: 'no-default-services' };
    answers(400, JSON.stringify({ type: 'error', 'status-code': 400, result }));
    const error = await failure(client.autostart());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toBeInstanceOf(PebbleError);
    expect(error).toMatchObject({ statusCode: 400, kind: result.kind, pebbleMessage: result.message });
    expect(String(error)).toContain('no default services');
  });

  // ops: 182, 201
  test('about a file is a path error, and only a missing file does not exist', async () => {
    const refuse = (status: number, kind: string) =>
      answers(
        status,
        JSON.stringify({ type: 'error', 'status-code': status, result: { message: 'm', kind } }),
      );
    refuse(404, 'not-found');
    expect(await client.exists('/a')).toBe(false);
    refuse(403, 'permission-denied');
    const error = await failure(client.exists('/a'));
    expect(error).toBeInstanceOf(PathError);
    expect(error).toMatchObject({ kind: 'permission-denied', path: '/a', pebbleMessage: 'm' });
  });
});

// ops: 170
test('an older Pebble keeps warnings by itself, and they can be okayed', async () => {
  answersSync([
    {
      message: 'the disk is nearly full',
      'first-added': '2026-01-01T00:00:00Z',
      'last-added': '2026-01-02T00:00:00Z',
      'last-shown': null,
      'expire-after': '672h0m0s',
      'repeat-after': '24h0m0s',
    },
  ]);
  expect(await client.warnings({ select: 'all' })).toEqual([
    {
      message: 'the disk is nearly full',
      firstAdded: '2026-01-01T00:00:00Z',
      lastAdded: '2026-01-02T00:00:00Z',
      expireAfterMs: 672 * 3_600_000,
      repeatAfterMs: 24 * 3_600_000,
    },
  ]);
  answersSync(1);
  expect(await client.okayWarnings('2026-01-02T00:00:00Z')).toBe(1);
  expect(requests).toEqual([
    { url: '/v1/warnings?select=all', body: '' },
    { url: '/v1/warnings', body: '{"action":"okay","timestamp":"2026-01-02T00:00:00Z"}' },
  ]);
});

// ops: 191
test('a check of an early Pebble that can stop checks is inactive when it has no change', async () => {
  const check = { name: 'up', startup: 'enabled', status: 'up', threshold: 3 };
  answersSync([check, { ...check, 'change-id': '7', 'prev-change-id': '6' }]);
  expect(await client.checks()).toMatchObject([
    { status: 'inactive' },
    { status: 'up', changeId: '7', previousChangeId: '6' },
  ]);
});

describe('what is asked', () => {
  // ops: 176, 190
  test('checks are named one by one, services in one list, and nothing is asked twice', async () => {
    answersSync([]);
    await client.checks({ level: 'ready', names: ['a b', 'c&d'] });
    await client.services(['a', 'b']);
    await client.services();
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/checks?level=ready&names=a+b&names=c%26d',
      '/v1/services?names=a%2Cb',
      '/v1/services',
    ]);
  });

  test('an id cannot lead to another place', async () => {
    answersSync({});
    await failure(client.change('../identities?x=1'));
    expect(requests[0]?.url).toBe('/v1/changes/..%2Fidentities%3Fx%3D1');
  });
});

// ops: 165, 166, 196
describe('reaching Pebble', () => {
  test('a socket that is not there says so, and the container is not connectable', async () => {
    const missing = new PebbleClient({ socketPath: join(dir, 'none', 'pebble.socket') });
    const error = await failure(missing.push('/a', 'text'));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ socketPath: join(dir, 'none', 'pebble.socket') });
    expect(String(error)).toMatch(/does not exist.*starting or restarting/);
    expect(await missing.canConnect()).toBe(false);
  });

  test('a file that nobody listens on is refused', async () => {
    const path = join(dir, 'plain');
    await writeFile(path, '');
    const client = new PebbleClient({ socketPath: path });
    expect(await failure(client.plan())).toBeInstanceOf(ConnectionError);
    expect(await client.canConnect()).toBe(false);
  });

  test('a Pebble that answers with an error is not connectable', async () => {
    answers(503, JSON.stringify({ type: 'error', 'status-code': 503, result: { message: 'stopping' } }));
    expect(await client.canConnect()).toBe(false);
  });

  test('a Pebble that says nothing is a timeout, which is not the same as being away', async () => {
    answer = () => undefined;
    const impatient = new PebbleClient({ socketPath, timeoutMs: 50 });
    const error = await failure(impatient.canConnect());
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain(`did not answer GET /v1/system-info within 50 ms`);
    await impatient.close();
  });

  test('a connection lost in the middle of an answer is a connection error', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"type":');
      setImmediate(() => request.socket.destroy());
    };
    expect(await failure(client.services())).toBeInstanceOf(ConnectionError);
  });

  test('a redirect of a question is followed, and not for ever', async () => {
    const envelope = (result: unknown) =>
      JSON.stringify({ type: 'sync', 'status-code': 200, status: 'OK', result });
    answer = ({ url }, response) => {
      if (url === '/v1/system-info') response.writeHead(307, { location: '/moved/v1/system-info' }).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(envelope({ version: 'v1' }));
    };
    expect(await client.systemInfo()).toEqual({ version: 'v1' });
    answer = ({ url }, response) => response.writeHead(302, { location: `${url}x` }).end();
    expect(await failure(client.systemInfo())).toBeInstanceOf(ProtocolError);
    expect(requests.length).toBe(2 + 6);
  });

  test('many calls at once do not wait for each other', async () => {
    const held: ServerResponse[] = [];
    answer = (_request, response) => {
      held.push(response);
      if (held.length < 5) return;
      for (const each of held) each.end(JSON.stringify({ type: 'sync', result: [] }));
    };
    const calls = [1, 2, 3, 4, 5].map(() => client.services());
    expect(await Promise.all(calls)).toEqual([[], [], [], [], []]);
  });

  test('a closed client connects anew', async () => {
    answersSync([]);
    await client.services();
    await client.close();
    expect(await client.services()).toEqual([]);
  });
});
