/** Where a verb's words go: standard output and error, and whether a person is looking. */

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output is a terminal. */
  readonly interactive: boolean;
  /** Colours are wanted on standard output: a terminal, no `NO_COLOR`, not `TERM=dumb`. */
  readonly color: boolean;
  /** The result: standard output, as it stands. */
  out(text: string): void;
  /** What is going on: standard error, one line. */
  info(line: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
}

export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    env,
    interactive: stdout.isTTY === true,
    color: stdout.isTTY === true && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    out: (text) => void stdout.write(text),
    info: (line) => void stderr.write(`${line}\n`),
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
