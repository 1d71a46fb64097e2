/**
 * Stands at the port of a Mimir whose readiness the test decides. What Mimir says to rules, configurations and flushes
 * is asked of the real one, in test/interop.
 */
import { createServer } from 'node:http';
import { HTTP_PORT } from '../../charm/plan/paths.ts';

export class FakeMimir implements AsyncDisposable {
  ready = true;
  readonly #server = createServer((request, response) => {
    if (request.url === '/ready')
      response.writeHead(this.ready ? 200 : 503).end(this.ready ? 'ready' : 'Starting');
    else if (request.url === '/api/v1/status/buildinfo') response.end('{"data":{"version":"3.0.5"}}');
    else response.writeHead(404).end('404 page not found');
  });

  /** @param host a loopback address of the test's own, such as `127.78.1.1`. */
  static async at(host: string): Promise<FakeMimir> {
    const fake = new FakeMimir();
    await new Promise<void>((resolve, reject) => {
      fake.#server.once('error', reject).listen(HTTP_PORT, host, resolve);
    });
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
