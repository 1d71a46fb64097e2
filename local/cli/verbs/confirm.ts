/** Questions before something is lost; asked only where a person can answer. */
import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../terminal.ts';

/** The line typed after the question, or undefined when nobody is there to ask. */
export async function ask(question: string, terminal: Terminal): Promise<string | undefined> {
  if (!terminal.interactive || process.stdin.isTTY !== true) return undefined;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question, { signal: terminal.signal });
  } finally {
    reader.close();
  }
}
