/** A real program that a test starts on this machine, and that ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** Ends it, first as a service manager would. */
  stop(): Promise<void>;
}

export interface Start {
  readonly program: string;
  readonly args: readonly string[];
  /** Asked until it says yes. */
  readonly isReady: () => Promise<boolean>;
  /** After its end, however that came. */
  readonly cleanUp?: () => Promise<void>;
}

const READY_MS = 60_000;

/** @throws Error with what the program said, when it ends or is not ready within a minute. */
export async function startDaemon({ program, args, isReady, cleanUp }: Start): Promise<Daemon> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = tailOf(child);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(killer);
    await cleanUp?.();
  };
  const deadline = Date.now() + READY_MS;
  while (!(await isReady())) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} ${hasEnded(child) ? 'has ended' : 'is not ready'}: ${log()}`);
    }
    await sleep(100);
  }
  return { pid: child.pid ?? 0, stop, [Symbol.asyncDispose]: stop };
}

/** Whether a GET is answered with 200. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function tailOf(child: ChildProcess): () => string {
  let tail = '';
  const keep = (chunk: unknown) => {
    tail = (tail + String(chunk)).slice(-8000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.once('error', (error) => keep(error.message));
  return () => tail;
}
