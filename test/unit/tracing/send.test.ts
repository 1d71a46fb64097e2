import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { BUFFER_FOLDER, TraceBuffer } from '../../../lib/tracing/buffer.ts';
import { DESTINATION_FILE, formatDestination } from '../../../lib/tracing/destination.ts';
import { resourceSpans } from '../../../lib/tracing/otlp.ts';
import { sendBuffer } from '../../../lib/tracing/send.ts';
import { takeRefusal } from '../../../lib/tracing/sender.ts';
import { peer } from '../../../tools/peers.ts';
import { CERTIFICATE } from '../../support/certificate.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { TLS_CERTIFICATE, TLS_KEY } from '../../support/tls.ts';

let folder: string;

beforeAll(() => peer('otlp-receiver'), 300_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traces-'));
});

afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

function trace(name: string): string {
  const span = { name, spanId: '1234567890abcdef', start: 1.764e12, end: 1.764e12 + 1.5, attributes: {} };
  return resourceSpans({
    traceId: '1234567890abcdef1234567890abcdef',
    resource: { juju_unit: 'a/0' },
    spans: [span],
  });
}

function portOf(listening: NetServer): number {
  const at = listening.address();
  return typeof at === 'object' && at !== null ? at.port : 0;
}

function sendTo(url: string, ca?: string): Promise<void> {
  return writeFile(
    join(folder, DESTINATION_FILE),
    formatDestination({ url, ...(ca !== undefined && { ca }) }),
  );
}

/** A dispatch that ends after it has kept these traces. */
async function dispatch(priority: number, ...names: string[]): Promise<void> {
  const args = [join(import.meta.dirname, 'dispatch.ts'), folder, String(priority), ...names.map(trace)];
  await promisify(execFile)(process.execPath, args);
}

const waiting = () => new TraceBuffer(folder).closed().flatMap((name) => new TraceBuffer(folder).read(name));
const receiver = (listen = '127.0.0.1:0') => OtlpReceiver.start({ out: join(folder, 'received'), listen });
const lock = () => join(folder, BUFFER_FOLDER, 'lock');

/** As if nobody had tried for a while. */
async function longAfterwards(): Promise<void> {
  await writeFile(lock(), '0 1');
}

describe('after a dispatch', () => {
  // ops: 238
  test('its trace is sent by a process of its own, and is gone from the disk', async () => {
    await using collector = await receiver();
    await sendTo(`http://${collector.address}/v1/traces`);
    await dispatch(10, 'one');
    await vi.waitFor(
      async () => expect((await collector.spans()).map(({ name }) => name)).toEqual(['one']),
      10_000,
    );
    await vi.waitFor(() => expect(existsSync(lock())).toBe(false), 10_000);
    expect(waiting()).toEqual([]);
  });

  test('nothing is sent without a destination, and all of it when there is one, the important ones first', async () => {
    await dispatch(10, 'passing by');
    await dispatch(50, 'handled');
    await sendBuffer(folder);
    expect(waiting()).toHaveLength(2);
    await using collector = await receiver();
    await sendTo(`http://${collector.address}/v1/traces`);
    await sendBuffer(folder);
    expect((await collector.spans()).map(({ name }) => name)).toEqual(['handled', 'passing by']);
  });

  test('what was kept while the collector was away arrives when it is back', async () => {
    const { address } = await (async () => {
      await using gone = await receiver();
      return gone;
    })();
    await sendTo(`http://${address}/v1/traces`);
    for (const name of ['first', 'second', 'third']) await dispatch(50, name);
    await vi.waitFor(() => expect(existsSync(lock())).toBe(true), 10_000);
    await using collector = await receiver(address);
    await longAfterwards();
    await dispatch(50, 'fourth');
    await vi.waitFor(
      async () =>
        expect((await collector.spans()).map(({ name }) => name)).toEqual([
          'first',
          'second',
          'third',
          'fourth',
        ]),
      10_000,
    );
  });
});

describe('a collector with https', () => {
  const url = (address: string) => `https://${address}/v1/traces`;

  async function secured(): Promise<OtlpReceiver> {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(cert, TLS_CERTIFICATE);
    await writeFile(key, TLS_KEY);
    return OtlpReceiver.start({ out: join(folder, 'received'), tls: { cert, key } });
  }

  test('gets traces when its certificate is trusted', async () => {
    await using collector = await secured();
    new TraceBuffer(folder).add(trace('secured'), 50);
    await sendTo(url(collector.address), `${CERTIFICATE}\n${TLS_CERTIFICATE}`);
    await sendBuffer(folder);
    expect((await collector.spans()).map(({ name }) => name)).toEqual(['secured']);
  });

  test('gets none when it is not', async () => {
    await using collector = await secured();
    new TraceBuffer(folder).add(trace('secured'), 50);
    for (const ca of [undefined, CERTIFICATE, 'no certificate']) {
      await sendTo(url(collector.address), ca);
      await sendBuffer(folder);
      await longAfterwards();
    }
    expect(await collector.spans()).toEqual([]);
    expect(waiting()).toHaveLength(1);
  });
});

describe('a collector', () => {
  let server: Server;
  let requests: number;

  async function collectorThat(status: number, body: string): Promise<string> {
    requests = 0;
    server = createServer((request, response) => {
      requests++;
      request.resume();
      response.writeHead(status).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${portOf(server)}/v1/traces`;
  }

  afterEach(() => server?.close());

  test.each([
    500, 503, 429, 404, 302,
  ])('that answers %i gets the same traces another time', async (status) => {
    await sendTo(await collectorThat(status, 'not now'));
    new TraceBuffer(folder).add(trace('kept'), 50);
    await sendBuffer(folder);
    expect(waiting()).toHaveLength(1);
    expect(takeRefusal(folder)).toMatch(`answered ${status}: not now`);
    expect(takeRefusal(folder)).toBeUndefined();
  });

  test.each([
    400, 413,
  ])('that answers %i has refused the data, and does not get them again', async (status) => {
    await sendTo(await collectorThat(status, 'bad'));
    new TraceBuffer(folder).add(trace('refused'), 50);
    await sendBuffer(folder);
    expect(waiting()).toEqual([]);
    expect(takeRefusal(folder)).toMatch(`answered ${status}: bad`);
  });

  test('that is asked by a process that is killed gets the traces another time', async () => {
    let asked: () => void;
    const killed = new Promise<void>((resolve) => {
      asked = resolve;
    });
    server = createServer(async () => {
      process.kill(Number((await readFile(lock(), 'utf8')).split(' ')[1]), 'SIGKILL');
      asked();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await sendTo(`http://127.0.0.1:${portOf(server)}/v1/traces`);
    await dispatch(50, 'kept');
    await killed;
    expect(waiting()).toHaveLength(1);
  });

  test('that is away is left alone for a while, in which no process is started for it', async () => {
    await sendTo(await collectorThat(503, ''));
    new TraceBuffer(folder).add(trace('kept'), 50);
    await sendBuffer(folder);
    await sendBuffer(folder);
    expect(requests).toBe(1);
    await longAfterwards();
    await sendBuffer(folder);
    expect(requests).toBe(2);
  });

  test.each([
    ['never answers', () => undefined],
    ['answers garbage', (socket: { end(text: string): void }) => socket.end('\0\0 hello\n\n')],
    ['hangs up', (socket: { destroy(): void }) => socket.destroy()],
  ] as const)('that %s loses nothing', async (_what, behave) => {
    const odd = createSocketServer((socket) => {
      socket.on('error', () => undefined);
      behave(socket);
    });
    odd.listen(0, '127.0.0.1');
    await once(odd, 'listening');
    await sendTo(`http://127.0.0.1:${portOf(odd)}/v1/traces`);
    new TraceBuffer(folder).add(trace('kept'), 50);
    await sendBuffer(folder);
    expect(waiting()).toHaveLength(1);
    odd.close();
  });
});

// ops: 237
describe('the buffer', () => {
  test("is the charm's user's own", async () => {
    new TraceBuffer(folder).add('{}', 50);
    const [name = ''] = await readdir(join(folder, BUFFER_FOLDER));
    expect((await stat(join(folder, BUFFER_FOLDER, name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, BUFFER_FOLDER))).mode & 0o777).toBe(0o700);
  });

  test('never grows beyond 40 MiB: what matters least goes first, and of that the oldest', async () => {
    const buffer = new TraceBuffer(folder);
    const filler = 'x'.repeat(600_000);
    const kept = (id: number) => JSON.stringify({ id, filler });
    for (let id = 0; id < 30; id++) buffer.add(kept(id), 50);
    for (let id = 30; id < 100; id++) buffer.add(kept(id), 10);
    const sizes = await Promise.all(
      (await readdir(join(folder, BUFFER_FOLDER))).map(
        async (name) => (await stat(join(folder, BUFFER_FOLDER, name))).size,
      ),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(40 * 1024 * 1024);
    const ids = waiting().map((text): number => JSON.parse(text).id);
    expect(ids.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(ids.at(-1)).toBe(99);
    expect(ids).toHaveLength(100 - (ids[30] ?? 0) + 30);
    expect(ids[30]).toBeGreaterThan(30);
  });

  test('does without the lines that were spoilt', async () => {
    const buffer = new TraceBuffer(folder);
    buffer.add('{"half": ', 50);
    buffer.add('{"whole":1}', 50);
    await writeFile(
      join(folder, BUFFER_FOLDER, '50-1111111111111111.jsonl'),
      Buffer.from([0, 255, 10, 13, 1]),
    );
    expect(waiting()).toEqual(['{"whole":1}']);
  });

  test('on a full disk keeps what it has', async () => {
    const buffer = new TraceBuffer(folder);
    buffer.add('{"kept":1}', 50);
    expect(buffer.closed()).toHaveLength(1);
    await symlink('/dev/full', join(folder, BUFFER_FOLDER, '50-open.jsonl'));
    expect(() => buffer.add('{"lost":1}', 50)).toThrow('ENOSPC');
    await rm(join(folder, BUFFER_FOLDER, '50-open.jsonl'));
    expect(waiting()).toEqual(['{"kept":1}']);
  });

  test('that is no folder at all keeps nobody from working', async () => {
    await writeFile(join(folder, BUFFER_FOLDER), 'in the way');
    await sendTo('http://127.0.0.1:1/v1/traces');
    expect(() => new TraceBuffer(folder).add('{}', 50)).toThrow();
    await sendBuffer(folder);
  });
});
