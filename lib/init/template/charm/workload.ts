/** The workload: a web server in its own container, which the charm talks to through Pebble, and over HTTP. */
import { readFile } from 'node:fs/promises';
import type { Container } from 'charmwright';
import { HttpClient, HttpError } from 'charmwright/http';
import { PathError } from 'charmwright/pebble';

const SERVICE = 'server';
const PROGRAM = '/srv/server.mjs';

/**
 * Runs the server with this environment. It restarts when its environment or its program has changed, and at no
 * other time.
 */
export async function runServer(
  container: Container,
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const command = `node ${PROGRAM}`;
  const service = { override: 'replace', startup: 'enabled', command, environment } as const;
  const changed = await bring(container, PROGRAM, await readFile(program, 'utf8'));
  await container.addLayer('web', { services: { [SERVICE]: service } }, { combine: true });
  if (changed) await container.restart([SERVICE]);
  else await container.replan();
}

/** Writes a file of the container, if it is not so already. @returns whether it was written. */
async function bring(container: Container, path: string, text: string): Promise<boolean> {
  const present = await container.pullText(path).catch((error: unknown) => {
    if (error instanceof PathError && error.kind === 'not-found') return undefined;
    throw error;
  });
  if (present === text) return false;
  await container.push(path, text, { makeDirs: true });
  return true;
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
