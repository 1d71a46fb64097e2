/** Packs both charms for this machine and builds the real peers, once for all files of the integration suite. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { image, peer } from '../../tools/peers.ts';

const ROOT = join(import.meta.dirname, '../..');

export async function setup(project: TestProject): Promise<void> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  for (const name of ['pebble', 'podbox', 'jujuc'] as const) await peer(name);
  project.provide('minioImage', await image('minio'));
  project.provide('mimirImage', await image('mimir'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'pack/main.ts'), '--arch', arch], { cwd: ROOT });
  project.provide('mimirCharm', join(ROOT, 'dist', `mimir-k8s_${arch}.charm`));
  project.provide('minioCharm', join(ROOT, 'dist', `minio-k8s_${arch}.charm`));
}
