/** snapshot: a live unit as a file that a test loads, asked through this very command line. */
import { writeFile } from 'node:fs/promises';
import { formatSnapshot, jujuProcess, takeSnapshot } from 'charmwright/snapshot';
import type { RunVerb } from '../call.ts';
import { CliError } from '../errors.ts';
import type { snapshot as spec } from '../table/observation.ts';
import { atMost, requireUnit } from './arguments.ts';

export const snapshot: RunVerb<typeof spec> = async ({ args, flags, terminal, modelDir, model }) => {
  const unit = requireUnit(args);
  atMost(args, 1);
  await model();
  const { argv, execArgv, execPath } = process;
  const itself = [execPath, ...execArgv, argv[1] ?? '', '--model-dir', modelDir];
  const taken = await takeSnapshot(jujuProcess(itself), {
    unit,
    files: flags.file,
    secrets: flags.secrets,
  }).catch((error: Error) => {
    throw new CliError(error.message, { cause: error });
  });
  const text = formatSnapshot(taken);
  if (flags.out === undefined) terminal.out(text);
  else await writeFile(flags.out, text, { mode: 0o600 });
  for (const note of taken.notes) terminal.info(note);
  const masked = Object.keys(taken.masked).length;
  if (masked > 0)
    terminal.info(`${masked} secret values are masked; look through the rest before you share it.`);
  if (flags.out !== undefined) terminal.info(`${flags.out}: ${unit} as of ${taken.taken}`);
  return undefined;
};
