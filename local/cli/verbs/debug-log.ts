import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import { colorLogLine } from '../format/log-line.ts';
import type { debugLog as spec } from '../table/observation.ts';
import { atMost } from './arguments.ts';

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

export const debugLog: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  atMost(args, 0);
  if (flags.tail && flags['no-tail']) throw new UsageError('setting --tail and --no-tail not valid');
  if (flags.lines < 0 || flags.limit < 0) throw new UsageError('the number of lines must not be negative');
  const ends = flags['no-tail'] || flags.limit > 0 || !(flags.tail || terminal.interactive);
  const request = {
    limit: flags.limit > 0 ? flags.limit : flags.replay ? null : flags.lines,
    follow: !ends,
    include: [...flags.include],
    exclude: [...flags.exclude],
    includeModule: [...flags['include-module']],
    level: levelOf(flags.level),
  };
  const lines = (await model()).debugLog(request);
  const color = flags.color || terminal.color;
  for await (const line of lines) {
    terminal.out(`${color ? colorLogLine(line) : line}\n`);
  }
  return undefined;
};

function levelOf(text: string | undefined): (typeof levels)[number] {
  if (text === undefined) return 'TRACE';
  const level = levels.find((known) => known === text.toUpperCase());
  if (level === undefined) {
    const known = levels.map((name) => `"${name}"`).join(', ');
    throw new UsageError(`level value "${text}" is not one of ${known}`);
  }
  return level;
}
