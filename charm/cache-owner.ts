/**
 * Whose a memcached is. Mimir's keys do not name the application: two of them on one memcached would be given each
 * other's answers. So each leaves its name there, and keeps away from one that has another's.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const KEY = 'mimir-k8s-owner';
/** Seconds. An owner comes back every few minutes, to say it again. */
const CLAIM_LASTS = 7200;
const TIMEOUT_MS = 1000;

export type Ownership = 'ours' | 'others' | 'silent';

/** Never throws. @param owner without spaces and line ends. */
export async function claimCache(host: string, port: number, owner: string): Promise<Ownership> {
  const value = `0 ${CLAIM_LASTS} ${Buffer.byteLength(owner)}\r\n${owner}\r\n`;
  // Stored only where there is none yet; whose it is, is then seen in what is there.
  const said = await tell(host, port, `add ${KEY} ${value}get ${KEY}\r\nquit\r\n`);
  const found = new RegExp(`VALUE ${KEY} \\d+ \\d+\\r\\n(.*)\\r\\n`).exec(said ?? '')?.[1];
  if (found === undefined) return 'silent';
  if (found !== owner) return 'others';
  await tell(host, port, `set ${KEY} ${value}quit\r\n`);
  return 'ours';
}

async function tell(host: string, port: number, text: string): Promise<string | undefined> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(TIMEOUT_MS) }).setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
    if (answer.length > 4096) socket.destroy();
  });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.once('connect', () => socket.write(text));
  try {
    await once(socket, 'close');
    return answer;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
