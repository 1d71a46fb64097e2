/** A real Alertmanager for a test, on a free loopback port. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
