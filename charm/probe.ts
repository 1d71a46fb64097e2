/** Whether somebody listens: object storage that goes away changes nothing in what Mimir says of itself. */
import { connect } from 'node:net';

const TIMEOUT_MS = 2000;

/** @param endpoint `host`, `host:port` or `[v6]:port`. */
export async function answers(endpoint: string, defaultPort: number): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${endpoint}`);
  const socket = connect({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    timeout: TIMEOUT_MS,
  });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('timeout', () => resolve(false));
      socket.once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
