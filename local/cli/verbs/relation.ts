/** integrate and remove-relation. */
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import type { integrate as integrateSpec, removeRelation as removeSpec } from '../table/applications.ts';
import { atMost } from './arguments.ts';

export const integrate: RunVerb<typeof integrateSpec> = async ({ args, model }) => {
  const endpoints = twoEnds(args, 'an integration must involve two applications');
  await (await model()).call('integrate', { endpoints });
  return undefined;
};

export const removeRelation: RunVerb<typeof removeSpec> = async ({ args, model }) => {
  const [first] = args;
  const request =
    args.length === 1 && first !== undefined && /^\d+$/.test(first)
      ? { relationId: Number(first) }
      : { endpoints: twoEnds(args, 'a relation must involve two applications') };
  await (await model()).call('remove-relation', request);
  return undefined;
};

function twoEnds(args: readonly string[], complaint: string): [string, string] {
  const [a, b] = args;
  if (a === undefined || b === undefined) throw new UsageError(complaint);
  atMost(args, 2);
  return [a, b];
}
