/** The workload: a web server in its own container, which the charm tells what to run, and asks over HTTP. */
import { readFile } from 'node:fs/promises';
import { HttpClient, HttpError } from 'charmwright/http';

const PROGRAM = '/srv/server.mjs';

/** What the container shall be. The server restarts when one of its options or its program has changed. */
export async function webServer(
  charmDir: string,
  options: { greeting: string; port: number; neighbour: string },
) {
  const environment = {
    GREETING: options.greeting,
    PORT: String(options.port),
    NEIGHBOUR: options.neighbour,
  };
  const content = await readFile(`${charmDir}/templates/server.mjs`, 'utf8');
  return {
    label: 'web',
    services: { server: { command: `node ${PROGRAM}`, startup: 'enabled', environment } },
    files: { [PROGRAM]: { content, readBy: ['server'] } },
  } as const;
}

/** What the server answers, or undefined when it does not. All containers of a unit share their network. */
export async function ask(port: number, path: string): Promise<string | undefined> {
  const http = new HttpClient({ origin: `http://127.0.0.1:${port}` });
  try {
    const { status, body } = await http.send({ method: 'GET', path, silenceMs: 5_000 });
    return status === 200 ? body.toString() : undefined;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  } finally {
    http.close();
  }
}
