/** One websocket of a command. */
import { createConnection, type Socket } from 'node:net';
import { PassThrough, type Readable, Writable } from 'node:stream';
import type { buildConnector, WebSocket } from 'undici';
import * as z from 'zod/mini';
import { ProtocolError } from './errors.ts';

const END = JSON.stringify({ command: 'end' });

/** Stdin is cut into messages of this size, so that the socket's buffer and not memory holds what is unsent. */
const MESSAGE_BYTES = 64 * 1_024;

const commandSchema = z.object({ command: z.string() });

/**
 * Data travels in binary messages, commands in text messages; the command `end` ends a stream, in both directions.
 *
 * A websocket's own closing handshake does not do here: Pebble stops reading when a command has ended and never
 * answers it, so the process would not end. The channel therefore holds the unix socket itself, and destroys it.
 */
export class Channel {
  /** What Pebble sends; it ends with Pebble's `end`, or when the connection is gone. It never fails. */
  readonly output: Readable;
  /** Settled when the websocket can be used. */
  readonly opened: Promise<void>;
  /** Settled when no more output can come. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #socket: () => Socket | undefined;

  private constructor(webSocket: WebSocket, socket: () => Socket | undefined) {
    const output = new PassThrough();
    this.output = output;
    this.#webSocket = webSocket;
    this.#socket = socket;
    webSocket.binaryType = 'arraybuffer';
    const { promise: opened, resolve: onOpen, reject: onFail } = Promise.withResolvers<void>();
    const { promise: ended, resolve: onEnd } = Promise.withResolvers<void>();
    const { promise: closed, resolve: onClose } = Promise.withResolvers<void>();
    const end = () => {
      if (!output.writableEnded) output.end();
      onEnd();
    };
    this.opened = opened;
    this.ended = ended;
    this.closed = closed;
    // A caller that gave up before this channel opened has its own error to tell.
    opened.catch(() => undefined);
    webSocket.addEventListener('open', () => onOpen());
    webSocket.addEventListener('error', ({ error }) => onFail(error));
    webSocket.addEventListener('close', () => {
      onFail(new ProtocolError('Pebble closed the websocket'));
      end();
      onClose();
    });
    webSocket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      if (data instanceof ArrayBuffer && !output.writableEnded) output.write(Buffer.from(data));
      else if (typeof data === 'string' && isEnd(data)) end();
    });
  }

  /** Begins to connect; `path` is the websocket's. */
  static async connect(socketPath: string, path: string, timeoutMs: number): Promise<Channel> {
    const { Client, WebSocket } = await import('undici');
    let socket: Socket | undefined;
    const connect: buildConnector.connector = (_options, callback) => {
      const connecting = createConnection(socketPath);
      const fail = (error: Error) => callback(error, null);
      connecting.once('error', fail).once('connect', () => {
        connecting.off('error', fail);
        callback(null, connecting);
      });
      socket = connecting;
    };
    const dispatcher = new Client('http://localhost', { connect, headersTimeout: timeoutMs });
    return new Channel(new WebSocket(`ws://localhost${path}`, { dispatcher }), () => socket);
  }

  /** Sends a command in a text message; nothing when the channel is closed. */
  command(command: object): void {
    this.#send(JSON.stringify(command));
  }

  /** What is written here goes to Pebble as fast as Pebble takes it; after the command's end it goes nowhere. */
  input(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#sendAll(chunk).then(() => done(), done);
      },
      final: (done) => {
        this.#send(END);
        done();
      },
    });
  }

  destroy(): void {
    this.#socket()?.destroy();
  }

  async #sendAll(data: Buffer): Promise<void> {
    for (let start = 0; start < data.length; start += MESSAGE_BYTES) {
      this.#send(data.subarray(start, start + MESSAGE_BYTES));
      await this.#drained();
    }
  }

  #send(data: string | Buffer): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(data);
  }

  #drained(): Promise<void> {
    const socket = this.#socket();
    if (socket === undefined || socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.once('drain', done).once('close', done);
    });
  }
}

function isEnd(text: string): boolean {
  try {
    return commandSchema.safeParse(JSON.parse(text)).data?.command === 'end';
  } catch {
    // Pebble's own clients ignore commands that they do not understand.
    return false;
  }
}
