/** Verbs for the secrets of the model's user. */
import { verb } from '../spec.ts';

const content =
  'Content is `key=value`, `key#base64=value` or `key#file=path`, or a YAML map in `--file`. Keys have at least three characters.';
const file = { kind: 'string', value: 'FILE', summary: 'YAML file of keys and values' } as const;
const info = { kind: 'string', value: 'TEXT', summary: 'What the secret is for' } as const;

export const addSecret = verb({
  name: 'add-secret',
  group: 'Secrets',
  summary: 'Adds a secret and prints its URI',
  args: '<name> [<key>=<value> ...]',
  details: [content],
  flags: { file, info },
  examples: [{ command: 'juju-local add-secret s3-keys access-key=abc secret-key#file=./secret.txt' }],
  seeAlso: ['grant-secret', 'update-secret', 'secrets'],
});

export const updateSecret = verb({
  name: 'update-secret',
  group: 'Secrets',
  summary: 'Gives a secret new content, name or description',
  args: '<uri>|<name> [<key>=<value> ...]',
  details: [content, 'New content is a new revision; applications that may read it are told.'],
  flags: {
    file,
    info,
    name: { kind: 'string', value: 'NAME', summary: 'Rename the secret' },
  },
  examples: [{ command: 'juju-local update-secret s3-keys access-key=abc secret-key=def' }],
  seeAlso: ['add-secret', 'show-secret'],
});

export const grantSecret = verb({
  name: 'grant-secret',
  group: 'Secrets',
  summary: 'Lets applications read a secret',
  args: '<uri>|<name> <application>[,<application>...]',
  details: [],
  flags: {},
  examples: [{ command: 'juju-local grant-secret s3-keys mimir-k8s' }],
  seeAlso: ['add-secret', 'revoke-secret'],
});

export const revokeSecret = verb({
  name: 'revoke-secret',
  group: 'Secrets',
  summary: 'Takes a secret away from applications',
  args: '<uri>|<name> <application>[,<application>...]',
  details: [],
  flags: {},
  examples: [{ command: 'juju-local revoke-secret s3-keys mimir-k8s' }],
  seeAlso: ['grant-secret'],
});

export const removeSecret = verb({
  name: 'remove-secret',
  group: 'Secrets',
  summary: 'Removes a secret, or one revision of it',
  args: '<uri>|<name>',
  details: [],
  flags: {
    revision: { kind: 'integer', value: 'N', summary: 'Remove this revision only' },
  },
  examples: [{ command: 'juju-local remove-secret s3-keys' }],
  seeAlso: ['add-secret'],
});

export const secrets = verb({
  name: 'secrets',
  aliases: ['list-secrets'],
  group: 'Secrets',
  summary: 'Lists the secrets of the model, without their content',
  args: '',
  details: [],
  flags: {
    format: {
      kind: 'choice',
      choices: ['tabular', 'json', 'yaml'],
      default: 'tabular',
      summary: 'Output format',
    },
  },
  examples: [{ command: 'juju-local secrets' }],
  seeAlso: ['show-secret', 'add-secret'],
});

export const showSecret = verb({
  name: 'show-secret',
  group: 'Secrets',
  summary: 'Shows a secret',
  args: '<uri>|<name>',
  details: [],
  flags: {
    reveal: { kind: 'boolean', summary: 'Show the content too' },
    format: { kind: 'choice', choices: ['yaml', 'json'], default: 'yaml', summary: 'Output format' },
  },
  examples: [{ command: 'juju-local show-secret s3-keys --reveal' }],
  seeAlso: ['secrets'],
});
