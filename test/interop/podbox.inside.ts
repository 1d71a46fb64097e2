/**
 * Runs inside `podbox model` for podbox.test.ts: starts processes there and is their messenger. Commands and reports
 * are lines of JSON on standard input and output. It imports nothing but Node's own modules, since it is copied to
 * where an ordinary user can read it.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Command =
  | { do: 'run'; id: number; argv: string[]; env?: Record<string, string> }
  | { do: 'write'; id: number; text: string }
  | { do: 'end'; id: number }
  | { do: 'kill'; id: number; signal: NodeJS.Signals };

export type Report =
  | { id: number; kind: 'stdout' | 'stderr'; text: string }
  | { id: number; kind: 'exit'; code: number | null; signal: string | null };

const children = new Map<number, ChildProcessWithoutNullStreams>();
const report = (message: Report) => process.stdout.write(`${JSON.stringify(message)}\n`);

function run(id: number, argv: string[], env: Record<string, string> = {}): void {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  children.set(id, child);
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => report({ id, kind: 'stdout', text }));
  child.stderr.setEncoding('utf8').on('data', (text: string) => report({ id, kind: 'stderr', text }));
  child.on('error', (error) => report({ id, kind: 'stderr', text: error.message }));
  child.on('close', (code, signal) => report({ id, kind: 'exit', code, signal }));
}

for await (const line of createInterface({ input: process.stdin })) {
  const command: Command = JSON.parse(line);
  switch (command.do) {
    case 'run':
      run(command.id, command.argv, command.env);
      break;
    case 'write':
      children.get(command.id)?.stdin.write(command.text);
      break;
    case 'end':
      children.get(command.id)?.stdin.end();
      break;
    case 'kill':
      children.get(command.id)?.kill(command.signal);
      break;
  }
}
process.exit(0);
