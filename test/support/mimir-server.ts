/** A real Mimir, started as the charm would start it, on a loopback address of its own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MimirApi, mimirAt } from '../../charm/mimir-api.ts';
import type { Inputs } from '../../charm/plan/inputs.ts';
import { DATA, GRPC_PORT, HTTP_PORT } from '../../charm/plan/paths.ts';
import { type PlannedFile, plan } from '../../charm/plan/plan.ts';
import { runningTrust } from '../../charm/plan/tls.ts';
import { scheme } from '../../charm/plan/urls.ts';
import { peer } from '../../tools/peers.ts';
import { inputs } from './mimir-inputs.ts';

export interface MimirServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it was started with, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What it has logged. */
  log(): string;
  /** As the charm asks it. */
  readonly api: MimirApi;
  /** Replaces a file of its volume as Pebble does, at once. */
  replace(path: string, content: string): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the files under `root` as if it were the volume, and returns the path of the configuration. */
export async function placeFiles(files: readonly PlannedFile[], root: string): Promise<string> {
  const moved = (text: string) => text.replaceAll(`${DATA}/`, `${root}/`);
  // What is for Pebble's eyes lies elsewhere in a container.
  for (const { path, content, permissions } of files.filter((file) => file.path.startsWith(`${DATA}/`))) {
    await mkdir(dirname(moved(path)), { recursive: true });
    await writeFile(moved(path), moved(content), { mode: permissions });
  }
  return moved(files.at(-1)?.path ?? '');
}

/** Without the waits that a cluster needs. */
export const IMPATIENT = ['-ingester.ring.min-ready-duration=0s', '-shutdown-delay=0s'] as const;

/**
 * Starts what the plan for `changes` says and waits until it is ready.
 * @param host such as `127.77.1.1`; in a pod the ports are the unit's own, here other tests share the machine.
 */
export async function startMimir(
  host: string,
  changes: Partial<Inputs> = {},
  extraFlags: readonly string[] = [],
): Promise<MimirServer> {
  // Each is another unit: two of one name would begin with the same parts of the ring.
  const unit = `mimir-k8s/${host.split('.').at(-1)}`;
  const known = inputs({ unit, ...changes, address: { ip: host, fqdn: 'mimir-k8s-0' } });
  const { workload } = plan(known);
  if (workload.kind !== 'run') throw new Error(`nothing to run: ${workload.kind}`);
  const root = await mkdtemp(join(tmpdir(), 'mimir-server-'));
  await placeFiles(workload.files.map(reachedAt(host)), root);
  const moved = (text: string) => text.replaceAll(`${DATA}/`, `${root}/`);
  const { command, environment } = workload.layer.services.mimir;
  const [, ...flags] = moved(command).split(' ');
  const bind = ['server.http-listen-address', 'server.grpc-listen-address', 'memberlist.bind-addr'];
  // It looks for its own scheduler at 127.0.0.1, where only a pod's listens.
  const scheduler = ['query-frontend', 'querier'].map(
    (component) => `-${component}.scheduler-address=${host}:${GRPC_PORT}`,
  );
  const child = spawn(
    await peer('mimir'),
    [...flags, ...bind.map((flag) => `-${flag}=${host}`), ...scheduler, ...extraFlags],
    {
      env: { ...process.env, ...environment, SSL_CERT_DIR: moved(environment.SSL_CERT_DIR) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(killer);
    await rm(root, { recursive: true, force: true });
  };
  const url = `${scheme(known)}://${host}:${HTTP_PORT}`;
  const files = Object.fromEntries(workload.files.map(({ path, content }) => [path, content]));
  const api = mimirAt(host, runningTrust(files, known));
  while (!(await api.ready()).ready) {
    if (child.exitCode !== null) throw new Error(`Mimir has exited: ${log.slice(-20_000)}`);
    await sleep(200);
  }
  const replace = async (path: string, content: string) => {
    const next = `${moved(path)}.next`;
    await writeFile(next, content, { mode: 0o600 });
    await rename(next, moved(path));
  };
  return { url, pid: child.pid ?? 0, files, api, log: () => log, replace, stop, [Symbol.asyncDispose]: stop };
}

/** A unit reaches its own Alertmanager at localhost. Here that is another test's. */
function reachedAt(host: string): (file: PlannedFile) => PlannedFile {
  return (file) => ({
    ...file,
    content: file.content.replaceAll(`//127.0.0.1:${HTTP_PORT}/`, `//${host}:${HTTP_PORT}/`),
  });
}
