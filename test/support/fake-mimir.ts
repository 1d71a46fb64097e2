/**
 * Stands at the port of a Mimir whose readiness the test decides, and for a bucket. What Mimir says to rules, configurations and flushes
 * is asked of the real one, in test/interop.
 */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createListener } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { FakeRings } from './fake-rings.ts';
import { FakeRuler } from './fake-ruler.ts';

export function s3Error(status: number, code: string) {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>` };
}
const NO_SUCH_KEY = s3Error(404, 'NoSuchKey');

const HANDSHAKE = 0x16;

export class FakeMimir implements AsyncDisposable {
  ready = true;
  /** What it answers in the place of the bucket. */
  bucket = NO_SUCH_KEY;
  /** How many ingesters it sees in the ring. */
  ingesters = 1;
  /** Of each series, as it was started. */
  copies: number | undefined;
  /** Its configuration, as far as it tells. */
  configuration = '';
  /** Whether its ingester can flush; and what it was asked to do. */
  flushes = true;
  endIsPrepared = false;
  readonly asks: string[] = [];
  readonly ruler = new FakeRuler();
  readonly rings = new FakeRings();
  #whenAsked: (() => void) | undefined;
  readonly #answer: RequestListener = (request, response) => {
    if (request.url === '/ready') this.#whenAsked?.();
    if (this.ruler.takes(request.url)) void this.ruler.answer(request, response);
    else if (this.rings.takes(request.url)) void this.rings.answer(request, response);
    else if (request.url === '/ready')
      response.writeHead(this.ready ? 200 : 503).end(this.ready ? 'ready' : 'Starting');
    else if (request.url === '/api/v1/status/buildinfo') response.end('{"data":{"version":"3.0.5"}}');
    else if (request.url === '/config?mode=diff') response.end(this.configuration);
    else if (request.url?.startsWith('/metrics'))
      response.end(
        `cortex_ring_members{name="ingester",state="ACTIVE"} ${this.ingesters}\n` +
          (this.copies === undefined ? '' : `cortex_distributor_replication_factor ${this.copies}\n`),
      );
    else if (request.method === 'GET' && request.url === '/ingester/prepare-shutdown')
      response.end(this.endIsPrepared ? 'set' : 'unset');
    else if (request.url === '/ingester/unregister-on-shutdown') response.end('{"unregister":false}');
    else if (request.url === '/ingester/tenants') response.end('{"Tenants":null}');
    else if (/^[/](ingester[/]flush|(ingester|store-gateway)[/]prepare-shutdown)/.test(request.url ?? '')) {
      this.asks.push((request.url ?? '').replace(/[?].*/, ''));
      if (request.url === '/ingester/prepare-shutdown') this.endIsPrepared = request.method === 'POST';
      response.writeHead(this.flushes ? 204 : 500).end();
    } else if (request.url?.includes('/blocks/'))
      response.writeHead(this.bucket.status).end(this.bucket.body);
    else response.writeHead(404).end('404 page not found');
  };
  readonly #plain = createServer(this.#answer);
  readonly #secure = createHttpsServer(this.#answer);
  /** One port for both: a handshake begins with a byte that no request begins with. */
  readonly #server = createListener((socket) => {
    socket.once('error', () => undefined);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      socket.unshift(first);
      (first[0] === HANDSHAKE ? this.#secure : this.#plain).emit('connection', socket);
    });
  });

  /** Until somebody asks whether it is ready. */
  asked(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenAsked = resolve;
    });
  }

  /** From now on it speaks TLS to those that do, with this key and certificate in one PEM. */
  secure(pem: string): void {
    this.#secure.setSecureContext({ key: pem, cert: pem });
  }

  /** @param host a loopback address of the test's own, such as `127.78.1.1`. */
  static async at(host: string): Promise<FakeMimir> {
    const fake = new FakeMimir();
    // Another run of the same tests on this machine has the address for a while.
    while (!(await fake.#listens(host))) await sleep(200);
    return fake;
  }

  #listens(host: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#server.removeAllListeners('listening');
        if ('code' in error && error.code === 'EADDRINUSE') resolve(false);
        else reject(error);
      };
      this.#server.once('error', fail).listen(HTTP_PORT, host, () => {
        this.#server.off('error', fail);
        resolve(true);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plain.closeAllConnections();
    this.#secure.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
