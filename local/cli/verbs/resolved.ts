import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type { resolved as spec } from '../table/operation.ts';
import { checkUnit } from './arguments.ts';

export const resolved: RunVerb<typeof spec> = async ({ args, flags, model }) => {
  if (args.length === 0 && !flags.all) throw new UsageError('no unit specified');
  if (args.length > 0 && flags.all) throw new UsageError('specify either --all or units, not both');
  const units = args.map(checkUnit);
  await (await model()).call('resolved', { units, all: flags.all, retry: !flags['no-retry'] });
  return undefined;
};
