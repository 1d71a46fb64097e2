/** The only place that starts hook tools: one process a call, never through a shell. */
import { spawn } from 'node:child_process';
import { ToolMissingError } from '../errors.ts';
import type { ToolResult, ToolRunner } from './runner.ts';

export const processRunner: ToolRunner = {
  run(tool, args, stdin) {
    return new Promise<ToolResult>((resolve, reject) => {
      const child = spawn(tool, args, { stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', (error) =>
        reject(
          new ToolMissingError(
            tool,
            [],
            127,
            error.message,
            'hook tools exist only while Juju runs a hook: use juju exec, or lib/testing',
          ),
        ),
      );
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
  },
};
