/**
 * Executables in the charm's `hooks` and `actions` folders, which charms had before there was `dispatch`: one of the
 * event's name runs first, as in ops, so that such a charm can be moved over hook by hook.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../events/parse.ts';
import type { Log } from '../log.ts';

/** Set in the environment of a dispatch; the name that ops uses, so that either may call the other. */
export const GUARD = 'OPERATOR_DISPATCH';

/** The path of the event's legacy hook, or undefined when there is none. Nearly always there is none. */
export function legacyHookOf(env: Environment, charmDir: string): string | undefined {
  const path = env.JUJU_DISPATCH_PATH;
  if (path === undefined || path === '') return undefined;
  const file = join(charmDir, path);
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : undefined;
}

/**
 * Runs it to its end; what it prints is the dispatch's own.
 * @param program what runs now; a link to it is no legacy hook.
 * @returns its exit code, which is the dispatch's when it is not 0.
 */
export async function runLegacyHook(
  file: string,
  charmDir: string,
  env: Environment,
  program: string,
  log: Log,
): Promise<number> {
  log.warn(`the charm has a legacy hook, ${file}: move what it does into the charm's handlers`);
  if (!isExecutable(file)) {
    log.warn(`legacy hook ${file} is not executable: it is left out`);
    return 0;
  }
  if (realpathSync(file) === realpathSync(program)) {
    log.debug(`legacy hook ${file} is a link to this very charm`);
    return 0;
  }
  const { code, problem } = await execute(file, charmDir, env);
  if (problem !== undefined) log.warn(`cannot run legacy hook ${file}: ${problem}`);
  else if (code !== 0) log.warn(`legacy hook ${file} exited with status ${code}`);
  return code;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function execute(
  file: string,
  cwd: string,
  env: Environment,
): Promise<{ readonly code: number; readonly problem?: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, [], {
      cwd,
      env: { ...env, [GUARD]: '1' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) => resolve({ code: 1, problem: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1 }));
  });
}
