/** deploy and refresh: a charm from disk into the model. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import type { deploy as deploySpec, refresh as refreshSpec } from '../table/applications.ts';
import type { Terminal } from '../terminal.ts';
import { atMost, checkApplication, requireApplication, splitPair } from './arguments.ts';
import { optionPair, optionsFromFile } from './options.ts';

export const deploy: RunVerb<typeof deploySpec> = async ({ args, flags, terminal, modelOrNew }) => {
  const [path, name] = args;
  if (path === undefined) throw new UsageError('no charm specified');
  atMost(args, 2);
  if (flags['num-units'] < 0) throw new UsageError('--num-units must be a positive integer');
  const request = {
    charm: charmPath(path),
    ...(name === undefined ? {} : { application: checkApplication(name) }),
    units: flags['num-units'],
    config: await readOptions(flags.config, name, terminal),
    resources: readResources(flags.resource),
    trust: flags.trust,
  };
  const model = await modelOrNew();
  const { message } = await model.call('deploy', request);
  terminal.info(message);
  return undefined;
};

export const refresh: RunVerb<typeof refreshSpec> = async ({ args, flags, terminal, model }) => {
  const application = requireApplication(args);
  atMost(args, 1);
  const resources = readResources(flags.resource);
  if (flags.path === undefined && Object.keys(resources).length === 0)
    throw new UsageError('no charm specified: use --path, the local model has no store; or --resource');
  const request = {
    application,
    ...(flags.path !== undefined && { charm: charmPath(flags.path) }),
    resources,
  };
  const { message } = await (await model()).call('refresh', request);
  terminal.info(message);
  return undefined;
};

function charmPath(path: string): string {
  const absolute = resolve(path);
  if (!existsSync(absolute)) {
    throw new CliError(
      `no charm was found at "${path}": name a .charm file or the folder of an unpacked charm`,
    );
  }
  if (statSync(absolute).isDirectory() && !existsSync(join(absolute, 'metadata.yaml'))) {
    throw new CliError(`"${path}" is no charm: the folder has no metadata.yaml`);
  }
  return absolute;
}

async function readOptions(
  given: readonly string[],
  application: string | undefined,
  terminal: Terminal,
): Promise<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const text of given) {
    const pair = await optionPair(text, terminal);
    Object.assign(
      options,
      pair === undefined ? await optionsFromFile(text, application, terminal) : Object.fromEntries([pair]),
    );
  }
  return options;
}

function readResources(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const pair = splitPair(text);
      if (pair === undefined) throw new UsageError(`expected NAME=FOLDER for --resource, got "${text}"`);
      const [name, path] = pair;
      if (path === 'none') return [name, path];
      const absolute = resolve(path);
      if (!existsSync(absolute)) throw new CliError(`cannot use resource "${name}": ${path} does not exist`);
      return [name, absolute];
    }),
  );
}
