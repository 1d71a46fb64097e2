/** The command `juju-local`, run as a user runs it. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { command } from './terminal.ts';

const ROOT = join(import.meta.dirname, '..');
const BINARY = join(ROOT, 'bin', 'juju-local');

/** Runs a verb and returns what it printed. @throws Error with what it wrote to stderr. */
export function jujuLocal(...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(BINARY, words, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(new Error(`juju-local ${words[0]} failed: ${`${stderr}${stdout}`.trim() || error.message}`));
    });
  });
}

/** A word of a command that is shown otherwise than it is given, such as the text of a file. */
export interface Shown {
  readonly value: string;
  readonly shown: string;
}

/** The same, and shows the command first. */
export function show(...words: readonly (string | Shown)[]): Promise<string> {
  command(['bin/juju-local', ...words.map((word) => (typeof word === 'string' ? shorten(word) : word))]);
  return jujuLocal(...words.map((word) => (typeof word === 'string' ? word : word.value)));
}

/** A verb that goes on after the demo has ended, such as `forward`; it ends with the model. */
export function background(...words: readonly string[]): void {
  command(['bin/juju-local', ...words, '&']);
  spawn(BINARY, words, { cwd: ROOT, detached: true, stdio: 'ignore' }).unref();
}

/** Paths inside the clone read better without the clone's own path, and the cache's without the home folder's. */
function shorten(word: string): string {
  return word.replace(`${ROOT}/`, './').replace(process.env.HOME ?? '\0', '~');
}
