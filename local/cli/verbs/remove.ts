/** remove-application and destroy-model: say what goes, ask, do it. */
import type { LocalClient } from '../../client.ts';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import type { removeApplication as applicationSpec } from '../table/applications.ts';
import type { destroyModel as modelSpec } from '../table/model.ts';
import { atMost, checkApplication } from './arguments.ts';
import { ask } from './confirm.ts';

export const removeApplication: RunVerb<typeof applicationSpec> = async ({
  args,
  flags,
  terminal,
  model,
}) => {
  if (args.length === 0) throw new UsageError('no application specified');
  const names = args.map(checkApplication);
  const client = await model();
  if (!flags['no-prompt']) {
    const losses = await applicationLosses(client, names);
    const question = `This command will perform the following actions:\n${losses.join('\n')}\n\nContinue [y/N]? `;
    const answer = await ask(question, terminal);
    if (answer !== undefined && !/^y(es)?$/i.test(answer.trim())) {
      throw new CliError('application removal: aborted');
    }
  }
  for (const application of names) {
    const gone = await client.call('remove-application', {
      application,
      force: flags.force,
      destroyStorage: flags['destroy-storage'],
    });
    terminal.info(`will remove application ${application}`);
    for (const unit of gone.units) terminal.info(`- will remove unit ${unit}`);
    const verb = flags['destroy-storage'] ? 'remove' : 'detach';
    for (const storage of gone.storage) terminal.info(`- will ${verb} storage ${storage}`);
  }
  return undefined;
};

async function applicationLosses(client: LocalClient, names: readonly string[]): Promise<string[]> {
  const { applications } = await client.call('status', {});
  return names.flatMap((name) => {
    const application = applications[name];
    if (application === undefined) throw new CliError(`application "${name}" not found`);
    const units = Object.keys(application.units ?? {}).map((unit) => `- will remove unit ${unit}`);
    return [`will remove application ${name}`, ...units];
  });
}

export const destroyModel: RunVerb<typeof modelSpec> = async ({ args, flags, terminal, modelDir, model }) => {
  atMost(args, 1);
  const client = await model();
  const { name } = await client.call('model-info', {});
  const [given] = args;
  if (given !== undefined && given !== name) {
    throw new CliError(`model ${given} not found: the model in ${modelDir} is called ${name}`);
  }
  if (!flags['no-prompt']) {
    const warning = `WARNING This command will destroy the "${name}" model in ${modelDir} and all its storage.\n`;
    const answer = await ask(`${warning}To continue, enter the name of the model: `, terminal);
    if (answer === undefined)
      throw new CliError('destroy-model: there is no terminal to ask on, use --no-prompt');
    if (answer.trim() !== name) throw new CliError('destroy-model: aborted');
  }
  terminal.info(`Destroying model "${name}"`);
  await client.call('destroy-model', {});
  terminal.info('Model destroyed.');
  return undefined;
};
