/** The charms of the tests that run on both beds, and where the local model finds them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { image, peer } from '../../tools/peers.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHARMS = {
  'hello-k8s': 'test/charms/hello',
  'mirror-k8s': 'test/charms/mirror',
  'minio-k8s': 'minio',
  'my-charm': 'lib/init/template',
};

export async function setup(): Promise<() => Promise<void>> {
  const charms = await mkdtemp(join(tmpdir(), 'charms-'));
  for (const name of ['pebble', 'podbox', 'jujuc'] as const) await peer(name);
  for (const [name, folder] of Object.entries(CHARMS)) {
    const words = [join(ROOT, 'pack/main.ts'), folder, '--arch', 'host', '--unpacked', join(charms, name)];
    await promisify(execFile)(process.execPath, words, { cwd: ROOT });
  }
  // Workers are started with the environment of this process.
  Object.assign(process.env, {
    CHARMWRIGHT_CHARMS: charms,
    CHARMWRIGHT_RESOURCES: `minio-image=${await image('minio')}`,
    CHARMWRIGHT_JUJU_LOCAL: join(ROOT, 'bin/juju-local'),
  });
  return () => rm(charms, { recursive: true, force: true });
}
