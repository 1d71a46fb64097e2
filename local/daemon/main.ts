/** The daemon of one model. It runs inside `podbox model` and everything of the model ends with it. */
import { existsSync, unlinkSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Leases } from '../agent/leases.ts';
import { Pods } from '../agent/pods.ts';
import { ModelFolders } from '../containers/folders.ts';
import { installPrograms, programsSchema } from '../containers/programs.ts';
import { Kubernetes } from '../kubernetes/kubernetes.ts';
import { Store } from '../model/store.ts';
import { NETWORK } from '../network/addresses.ts';
import { openSocketPath } from '../socket-path.ts';
import { DebugLog } from './debug-log.ts';
import { DAEMON_SOCKET, MODEL_FILE } from './files.ts';
import { createDaemonServer } from './server.ts';
import { World } from './world.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'model-dir': { type: 'string' },
      'model-name': { type: 'string', default: 'local' },
      programs: { type: 'string' },
    },
  });
  const dir = values['model-dir'];
  if (dir === undefined || values.programs === undefined)
    throw new Error('--model-dir and --programs are needed');
  const programs = programsSchema.parse(JSON.parse(values.programs));
  const folders = new ModelFolders(dir);
  const store = await Store.open(dir, MODEL_FILE, values['model-name']);
  await mkdir(join(dir, 'charms'), { recursive: true });
  await installPrograms(folders, programs);
  const log = new DebugLog(dir);
  const pods = new Pods();
  const kubernetes = new Kubernetes({
    folder: join(dir, 'kubernetes'),
    address: NETWORK.gateway,
    log: (text) => log.write('controller-0', 'WARNING', 'juju.local.kubernetes', text),
    changed: () => pods.emit('changed'),
  });
  const leases = new Leases(store);
  const world = new World({ store, leases, folders, programs, network: NETWORK, log, kubernetes, pods });
  await world.start();
  const socket = join(dir, DAEMON_SOCKET);
  const server = createDaemonServer({
    world,
    destroy: async () => {
      await world.end();
      store.close();
      await removeModel(dir);
    },
    gone: () => {
      unlinkSync(socket);
      process.exit(0);
    },
  });
  if (existsSync(socket)) unlinkSync(socket);
  server.listen(openSocketPath(socket).path);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void world.end().finally(() => process.exit(0)));
}

/** Only what the model has made: the folder may be somebody's. */
async function removeModel(dir: string): Promise<void> {
  const own = ['bin', 'tools', 'charms', 'units', 'storage', 'kubernetes'];
  const files = (await readdir(dir)).filter((name) => /^(model\.json|daemon\.log|debug\.log)/.test(name));
  for (const name of [...own, ...files]) await rm(join(dir, name), { recursive: true, force: true });
}

await main();
