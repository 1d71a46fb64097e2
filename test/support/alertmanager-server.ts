/** A real Alertmanager for a test, on a free loopback port. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { answers, type Daemon, startDaemon } from './daemon.ts';
import { freePort } from './minio-server.ts';

export interface AlertmanagerServer extends Daemon {
  readonly url: string;
}

/** @param program from `alertmanager()` of debian.ts. @param config the text of its configuration file. */
export async function startAlertmanager(program: string, config: string): Promise<AlertmanagerServer> {
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'));
  const file = join(folder, 'alertmanager.yml');
  await writeFile(file, config);
  const url = `http://127.0.0.1:${await freePort()}`;
  const daemon = await startDaemon({
    program,
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ],
    isReady: () => answers(`${url}/-/ready`),
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
  return { ...daemon, url };
}

const alerts = z.array(z.object({ labels: z.object({ alertname: z.string() }) }));

/** Names of the alerts that it has been told of; waits for the first. */
export async function alertsAt(url: string): Promise<readonly string[]> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(500)) {
    const known = alerts.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
    if (known.length > 0) return known.map(({ labels }) => labels.alertname);
  }
  throw new Error(`no alert has come to ${url}`);
}
