/** ssh: a shell or a command in a container, with a terminal when this is one. */
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type { ssh as spec } from '../table/operation.ts';
import { isUnitOrLeader } from './arguments.ts';

type Size = { columns: number; rows: number };

export const ssh: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const [unit, ...rest] = args;
  if (unit === undefined) throw new UsageError('no unit specified');
  if (!isUnitOrLeader(unit)) throw new UsageError(`invalid unit name "${unit}"`);
  const argv = commandOf(rest[0] === '--' ? rest.slice(1) : rest);
  const request = { unit, container: flags.container, argv };
  const client = await model();
  const output = {
    stdout: (chunk: Buffer) => void process.stdout.write(chunk),
    stderr: (chunk: Buffer) => void process.stderr.write(chunk),
  };
  const { stdin } = process;
  if (!terminal.interactive || stdin.isTTY !== true) {
    return await client.ssh(request, { ...output, stdin });
  }
  stdin.setRawMode(true);
  try {
    const screen = { ...currentSize(), term: terminal.env.TERM ?? 'xterm-256color' };
    return await client.ssh({ ...request, terminal: screen }, { ...output, stdin, resizes: resizes() });
  } finally {
    stdin.setRawMode(false);
    stdin.unref();
  }
};

/** One word is a line for a shell, several are a program and its arguments, none is an interactive shell. */
function commandOf(words: readonly string[]): string[] {
  const [only, ...others] = words;
  if (only === undefined)
    return ['/bin/sh', '-c', 'command -v bash >/dev/null && exec bash -i || exec sh -i'];
  return others.length === 0 ? ['/bin/sh', '-c', only] : [...words];
}

function currentSize(): Size {
  return { columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 };
}

async function* resizes(): AsyncGenerator<Size> {
  for (;;) {
    await new Promise((resolve) => process.stdout.once('resize', resolve));
    yield currentSize();
  }
}
