/** The gateway's real nginx, with the configuration that the charm plans, on a loopback address of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';
import { type GatewayInputs, planGateway } from '../../charm/plan/gateway.ts';
import { GATEWAY_CONFIG, GATEWAY_PORT, GATEWAY_STATUS_PORT } from '../../charm/plan/gateway-parts.ts';
import { answers, type Daemon, startDaemon } from './daemon.ts';

export interface GatewayServer extends Daemon {
  readonly url: string;
  /** As the charm does it: files, nginx' word on them, a signal; returns when nginx tells that it runs with them. */
  reload(inputs: Changes): Promise<void>;
  /** Lines that it has logged of requests that went wrong. */
  failures(): Promise<string>;
}

/** What any nginx is able to. */
export const PLAIN = { keepsConnections: false, countsConnections: false };

type Changes = Pick<GatewayInputs, 'addresses'> & Partial<GatewayInputs>;

/** nginx' files, for a host of their own. @returns what nginx tells that it runs with, once it does. */
export async function writeGateway(folder: string, host: string, inputs: Changes): Promise<string> {
  const { files, digest } = planGateway({ app: 'mimir', ipv6: false, able: PLAIN, ...inputs });
  await mkdir(folder, { recursive: true });
  for (const [name, { content, permissions }] of Object.entries(files))
    await writeFile(join(folder, name), name === GATEWAY_CONFIG ? at(host, content) : content, {
      mode: permissions,
    });
  return digest;
}

/** @param program from `nginx()` of debian.ts. @param host such as `127.78.1.110`; a pod has all addresses to itself. */
export async function startGateway(program: string, host: string, inputs: Changes): Promise<GatewayServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const config = join(folder, GATEWAY_CONFIG);
  const args = ['-p', folder, '-e', 'stderr', '-c', config];
  const write = (next: Changes) => writeGateway(folder, host, next);
  await write(inputs);
  const status = `http://${host}:${GATEWAY_STATUS_PORT}/ready`;
  const daemon = await startDaemon({
    program,
    args,
    isReady: () => answers(status),
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
  const reload = async (next: Changes) => {
    const digest = await write(next);
    await promisify(execFile)(program, [...args, '-t']);
    process.kill(daemon.pid, 'SIGHUP');
    const runsWith = async () => (await (await request(status)).body.text()).trim();
    while ((await runsWith()) !== digest) await sleep(20);
  };
  const scheme = inputs.tls === undefined ? 'http' : 'https';
  const failures = () => readFile(join(folder, 'failures.log'), 'utf8');
  return { ...daemon, url: `${scheme}://${host}:${GATEWAY_PORT}`, reload, failures };
}

function at(host: string, config: string): string {
  return (
    config
      .replace(`listen ${GATEWAY_PORT}`, `listen ${host}:${GATEWAY_PORT}`)
      // What Node gives a child is a socket, which cannot be opened by its name.
      .replace('access_log /dev/stderr', 'access_log failures.log')
      .replace(`listen 127.0.0.1:${GATEWAY_STATUS_PORT}`, `listen ${host}:${GATEWAY_STATUS_PORT}`)
  );
}
