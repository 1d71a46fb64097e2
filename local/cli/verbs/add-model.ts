/** add-model: a model of its own name, with nothing in it. */
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import type { addModel as spec } from '../table/model.ts';
import { atMost } from './arguments.ts';

export const addModel: RunVerb<typeof spec> = async ({ args, modelDir, terminal }) => {
  const [name] = args;
  if (name === undefined) throw new UsageError('no model name specified');
  atMost(args, 1);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) throw new UsageError(`invalid model name "${name}"`);
  const { modelExists, openModel } = await import('../../client.ts');
  if (modelExists(modelDir)) throw new CliError(`there is a model in ${modelDir} already`);
  (await openModel({ modelDir, modelName: name, progress: terminal.info })).close();
  terminal.info(`Added "${name}" model in ${modelDir}`);
  return undefined;
};
