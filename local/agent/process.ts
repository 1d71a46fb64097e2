/** Runs one command inside a container, by `podbox enter`. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** What a background child still writes after its parent's end is waited for this long, as in Juju. */
const DRAIN_MS = 100;

export interface EnterOptions {
  readonly podbox: string;
  /** The container's first process. */
  readonly pid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

export interface Entered {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  kill(signal?: NodeJS.Signals): void;
  /** The exit code when all output has come, or the drain time is over; 128 + N for signal N. */
  readonly exit: Promise<number>;
}

export function enter(options: EnterOptions, withStdin = false): Entered {
  const env = Object.entries(options.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const args = ['enter', '--pid', String(options.pid), '--cwd', options.cwd, '--clear-env', ...env, '--'];
  const child = spawn(options.podbox, [...args, ...options.command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
  });
  child.stdin.on('error', () => {});
  if (!withStdin) child.stdin.end();
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    exit: exitOf(child),
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const done = () => {
        clearTimeout(timer);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9));
      };
      const timer = setTimeout(done, DRAIN_MS);
      child.once('close', done);
    });
  });
}

/** Ended by SIGKILL or SIGTERM: such a hook is run again, it has not failed. */
export function wasTerminated(code: number): boolean {
  return code === 137 || code === 143;
}

/** Calls back with each whole line; `end` gives the rest. */
export function eachLine(stream: Readable, line: (text: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) line(each);
  });
  stream.on('close', () => {
    if (rest !== '') line(rest);
    rest = '';
  });
}
