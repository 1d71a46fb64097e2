/** The only place that starts hook tools: one process a call, never through a shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { ToolError, ToolMissingError } from '../errors.ts';
import type { ToolResult, ToolRunner } from './runner.ts';

/**
 * Processes at the same time. Each needs memory, a connection to Juju's agent, and some of one core: more of them
 * are no faster (docs/explanation/start-up.md), and a relation with a thousand units must not start thousands.
 */
export const AT_ONCE = 8;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs hook tools as processes, at most eight at a time. The tools are found by PATH. */
export const processRunner: ToolRunner = {
  async run(tool, args, stdin) {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await runNow(tool, args, stdin);
    } finally {
      // The place goes to who has waited longest, so it stays taken.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  },
};

function runNow(tool: string, args: readonly string[], stdin: string | undefined): Promise<ToolResult> {
  return new Promise<ToolResult>((resolve, reject) => {
    const child = start(tool, args, stdin === undefined ? 'ignore' : 'pipe');
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error) => reject(startError(tool, error)));
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8') || (signal === null ? '' : `killed by ${signal}`),
      }),
    );
    // A tool that fails early closes its end; its exit code tells the story, not EPIPE.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}

function start(tool: string, args: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess {
  try {
    // A NUL ends an argument, so none can hold one; texts that come from outside may.
    const words = args.map((arg) => arg.replaceAll('\0', '\uFFFD'));
    return spawn(tool, words, { stdio: [stdin, 'pipe', 'pipe'] });
  } catch (error) {
    throw startError(tool, error);
  }
}

/** The arguments are left out: they may be what is wrong, and longer than anybody reads. */
function startError(tool: string, error: unknown): ToolError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const said = error instanceof Error ? error.message : String(error);
  if (code === 'E2BIG')
    return new ToolError(tool, [], 126, said, 'one argument of a process holds at most 128 KiB');
  if (code !== 'ENOENT') return new ToolError(tool, [], 126, said);
  return new ToolMissingError(
    tool,
    [],
    127,
    said,
    'hook tools exist only while Juju runs a hook: use juju exec, or charmwright/testing',
  );
}
