/**
 * The process that sends traces. It outlives the dispatch that it was started by: Juju waits for the dispatch only, so
 * that a collector which is slow or away costs a hook nothing.
 *
 * The packer's dispatch script starts it, as a shell that waits for the end of a pipe: the kernel closes the pipe when
 * the dispatch has ended, whatever ended it. Then the charm's own main file is run once more, and `run` sees by a
 * variable what it is to do.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../events/parse.ts';
import { BUFFER_FOLDER } from './buffer.ts';

/** Set by a dispatch script that has started the sender. */
const IS_STARTED = 'CHARMWRIGHT_TRACES_FD';
/** Tells `run` to send the traces that wait in this folder. */
export const SEND_VARIABLE = 'CHARMWRIGHT_SEND_TRACES';

/** Nothing that is sent takes longer: a lock that is older is of a process that was killed. */
export const LONGEST_SENDING_MS = 10_000;

/** Until when nobody else should send, in seconds since 1970, and the process that says so. The script reads it, too. */
const LOCK_FILE = join(BUFFER_FOLDER, 'lock');
/** What the collector said when it refused traces, for the next dispatch to log. */
const REFUSED_FILE = join(BUFFER_FOLDER, 'refused');

/**
 * Has the traces sent as soon as this process has ended, where the dispatch script has not seen to it: it is another
 * one, or knew of no collector yet. Costs a process of `sh`; Node starts only afterwards.
 */
export function startSender(folder: string, env: Environment): void {
  const main = process.argv[1];
  // A main file that takes no notice of the variable must not start one sender after the other.
  const isSeenTo = env[IS_STARTED] !== undefined || env[SEND_VARIABLE] !== undefined;
  if (isSeenTo || main === undefined || isLocked(folder)) return;
  const { NODE_COMPILE_CACHE } = env;
  const child = spawn('/bin/sh', ['-c', 'read -r _; exec "$0" "$1"', process.execPath, main], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { [SEND_VARIABLE]: folder, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) },
  });
  child.once('error', () => undefined); // no shell: the next dispatch may have one
  child.unref();
  unref(child.stdin);
}

/** A pipe that is only there to be closed must not keep the dispatch alive. */
function unref(stream: object | null): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}

/** False when another process has it, or has just found that the collector is away. */
export function takeLock(folder: string): boolean {
  if (isLocked(folder)) return false;
  const path = join(folder, LOCK_FILE);
  const until = Math.ceil((Date.now() + LONGEST_SENDING_MS) / 1000);
  try {
    rmSync(path, { force: true });
    writeFileSync(path, `${until} ${process.pid}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

export function releaseLock(folder: string): void {
  rmSync(join(folder, LOCK_FILE), { force: true });
}

function isLocked(folder: string): boolean {
  const [until = ''] = (readOptional(join(folder, LOCK_FILE)) ?? '').split(' ');
  return Number(until) > Date.now() / 1000;
}

export function noteRefusal(folder: string, text: string): void {
  writeFileSync(join(folder, REFUSED_FILE), text, { mode: 0o600 });
}

/** What the collector has said against the traces since somebody asked last. */
export function takeRefusal(folder: string): string | undefined {
  const path = join(folder, REFUSED_FILE);
  const text = readOptional(path);
  if (text !== undefined) rmSync(path, { force: true });
  return text;
}

/** Looking first is cheaper than the error of a file that is seldom there. */
function readOptional(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
