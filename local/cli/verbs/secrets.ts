/** Verbs that change secrets. Content is never printed. */
import { readFile } from 'node:fs/promises';
import type { RunVerb } from '../call.ts';
import { CliError, UsageError } from '../errors.ts';
import type {
  addSecret as addSpec,
  grantSecret as grantSpec,
  removeSecret as removeSpec,
  revokeSecret as revokeSpec,
  updateSecret as updateSpec,
} from '../table/secrets.ts';
import type { Terminal } from '../terminal.ts';
import { atMost, checkApplication, commaSeparated, readYamlMap, splitPair } from './arguments.ts';

export const addSecret: RunVerb<typeof addSpec> = async ({ args, flags, terminal, model }) => {
  const [name, ...pairs] = args;
  if (name === undefined) throw new UsageError('missing secret name');
  const content = await readContent(pairs, flags.file, terminal);
  if (Object.keys(content).length === 0) throw new UsageError('missing secret value or filename');
  const info = flags.info === undefined ? {} : { info: flags.info };
  const { uri } = await (await model()).call('add-secret', { name, content, ...info });
  terminal.out(`${uri}\n`);
  return undefined;
};

export const updateSecret: RunVerb<typeof updateSpec> = async ({ args, flags, terminal, model }) => {
  const [secret, ...pairs] = args;
  if (secret === undefined) throw new UsageError('missing secret URI or name');
  const content = await readContent(pairs, flags.file, terminal);
  if (Object.keys(content).length === 0 && flags.info === undefined && flags.name === undefined) {
    throw new UsageError('must specify at least one of --name, --info or a new secret value');
  }
  await (await model()).call('update-secret', {
    secret,
    content,
    ...(flags.info === undefined ? {} : { info: flags.info }),
    ...(flags.name === undefined ? {} : { newName: flags.name }),
  });
  return undefined;
};

export const grantSecret: RunVerb<typeof grantSpec> = async ({ args, model }) => {
  const request = readGrant(args);
  await (await model()).call('grant-secret', request);
  return undefined;
};

export const revokeSecret: RunVerb<typeof revokeSpec> = async ({ args, model }) => {
  const request = readGrant(args);
  await (await model()).call('revoke-secret', request);
  return undefined;
};

export const removeSecret: RunVerb<typeof removeSpec> = async ({ args, flags, model }) => {
  const [secret] = args;
  if (secret === undefined) throw new UsageError('missing secret URI or name');
  atMost(args, 1);
  const revision = flags.revision === undefined ? {} : { revision: flags.revision };
  await (await model()).call('remove-secret', { secret, ...revision });
  return undefined;
};

function readGrant(args: readonly string[]): { secret: string; applications: string[] } {
  const [secret, text] = args;
  if (secret === undefined) throw new UsageError('missing secret URI or name');
  if (text === undefined) throw new UsageError('missing application name');
  atMost(args, 2);
  return { secret, applications: commaSeparated([text]).map(checkApplication) };
}

/** Keys and values from a file, then from the words, which go before it. */
async function readContent(
  pairs: readonly string[],
  file: string | undefined,
  terminal: Terminal,
): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  const fromFile = file === undefined ? {} : await readYamlMap(file, terminal);
  for (const [key, value] of Object.entries(fromFile)) {
    if (typeof value === 'object')
      throw new CliError(`cannot use key "${key}" of ${file}: its value must be text`);
    Object.assign(content, await oneValue(key, String(value)));
  }
  for (const text of pairs) {
    const pair = splitPair(text);
    // The text may hold a secret, so it is not repeated.
    if (pair === undefined) throw new UsageError('key value pairs must be of the form key=value');
    Object.assign(content, await oneValue(...pair));
  }
  return content;
}

/** `key`, `key#base64` or `key#file`. */
async function oneValue(key: string, value: string): Promise<Record<string, string>> {
  const [name = key, kind] = key.split('#');
  switch (kind) {
    case undefined:
      return { [name]: value };
    case 'base64':
      return { [name]: Buffer.from(value, 'base64').toString('utf8') };
    case 'file':
      return { [name]: await readSecretFile(name, value) };
    default:
      throw new UsageError(`cannot read secret key "${key}": use ${name}, ${name}#base64 or ${name}#file`);
  }
}

async function readSecretFile(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(
      `cannot read the file of secret key "${name}": ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
