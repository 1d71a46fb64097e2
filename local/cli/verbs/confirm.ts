/** Questions before something is lost; asked only where a person can answer. */
import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../terminal.ts';

/** The line typed after the question, or undefined when nobody is there to ask. */
export async function ask(question: string, terminal: Terminal): Promise<string | undefined> {
  if (!terminal.interactive || process.stdin.isTTY !== true) return undefined;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  reader.once('SIGINT', () => process.exit(130));
  // Ctrl-D: no answer, and the question would wait for ever.
  const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  try {
    return await Promise.race([reader.question(question), closed]);
  } finally {
    reader.close();
  }
}
