/** Options of the model. */
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { header, layOut } from '../format/table.ts';
import type { modelConfig as spec } from '../table/configuration.ts';
import { commaSeparated, splitPair } from './arguments.ts';

export const modelConfig: RunVerb<typeof spec> = async ({ args, flags, terminal, model }) => {
  const pairs = args.flatMap((word) => {
    const pair = splitPair(word);
    return pair === undefined ? [] : [pair];
  });
  const keys = args.filter((word) => splitPair(word) === undefined);
  const reset = commaSeparated(flags.reset);
  const setting = pairs.length > 0 || reset.length > 0;
  if (setting && keys.length > 0) throw new UsageError('cannot set and retrieve model values simultaneously');
  if (keys.length > 1) throw new UsageError('can only retrieve a single value, or all values');

  const { settings } = await (await model()).call('model-config', {
    values: Object.fromEntries(pairs),
    reset,
  });
  if (setting) return undefined;

  const [key] = keys;
  if (key !== undefined) {
    const found = settings[key];
    if (found === undefined) throw new CliError(`key "${key}" not found in model config`);
    terminal.out(`${flags.format === 'json' ? JSON.stringify(found.value) : String(found.value)}\n`);
    return undefined;
  }
  if (flags.format !== 'tabular') {
    const shown = Object.entries(settings).map(([name, { value, source }]) => [
      name,
      { Value: value, Source: source },
    ]);
    terminal.out(formatStructured(Object.fromEntries(shown), flags.format));
    return undefined;
  }
  const rows = Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { value, source }]) => [name, source, String(value)]);
  terminal.out(layOut([header('Attribute', 'From', 'Value'), ...rows], { color: terminal.color }));
  return undefined;
};
