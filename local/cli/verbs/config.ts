/** Options of an application, and trust, which juju keeps beside them. */
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import type { trust as trustSpec } from '../table/applications.ts';
import type { config as configSpec } from '../table/configuration.ts';
import { atMost, commaSeparated, requireApplication } from './arguments.ts';
import { optionPair, optionsFromFile } from './options.ts';

export const config: RunVerb<typeof configSpec> = async ({ args, flags, terminal, model }) => {
  const application = requireApplication(args);
  const words = args.slice(1);
  const pairs = words.filter((word) => word.includes('='));
  const reset = commaSeparated(flags.reset);
  const setting = pairs.length > 0 || reset.length > 0 || flags.file !== undefined;
  if (setting) {
    const [key] = words.filter((word) => !word.includes('='));
    if (key !== undefined) throw new UsageError(`cannot set and retrieve values simultaneously: "${key}"`);
    const fromFile = flags.file === undefined ? {} : await optionsFromFile(flags.file, application, terminal);
    const values = { ...fromFile };
    for (const text of pairs) {
      const pair = await optionPair(text, terminal);
      if (pair === undefined) throw new UsageError(`expected "key=value", got "${text}"`);
      values[pair[0]] = pair[1];
    }
    await (await model()).call('set-config', { application, values, reset });
    return undefined;
  }

  if (words.length > 1) throw new UsageError('can only retrieve a single value, or all values');
  const answer = await (await model()).call('get-config', { application });
  const [key] = words;
  if (key === undefined) {
    terminal.out(formatStructured(answer, flags.format));
    return undefined;
  }
  const found = answer.settings[key] ?? answer['application-config'][key];
  if (found === undefined)
    throw new CliError(`key "${key}" not found in "${application}" config or charm settings.`);
  terminal.out(oneValue(found.value, flags.format));
  return undefined;
};

/** Text as it stands, so that `$(juju-local config app key)` is the very value. */
function oneValue(value: unknown, format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(value ?? null)}\n`;
  return value === undefined || value === null ? '\n' : `${String(value)}\n`;
}

export const trust: RunVerb<typeof trustSpec> = async ({ args, flags, model }) => {
  const application = requireApplication(args);
  atMost(args, 1);
  await (await model()).call('trust', { application, remove: flags.remove });
  return undefined;
};
