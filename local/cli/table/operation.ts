/** Verbs that do something in units: actions, commands, shells. */
import { verb } from '../spec.ts';

export const run = verb({
  name: 'run',
  group: 'Operation',
  summary: 'Runs an action in units and shows its result',
  args: '<unit> [<unit> ...] <action> [<key>=<value> ...]',
  details: [
    'A unit is `app/0`, or `app/leader`. Values are read as YAML, so `y` is a boolean; `--string-args` takes them as they stand. A key with dots makes a nested map.',
    'Lines that the action logs are shown as they come, on standard error; the result goes to standard output. The exit code is 1 when an action failed.',
  ],
  flags: {
    params: { kind: 'string', value: 'FILE', summary: 'YAML file of parameters; `-` is standard input' },
    'string-args': { kind: 'boolean', summary: 'Take values as text' },
    format: {
      kind: 'choice',
      choices: ['plain', 'json', 'yaml'],
      default: 'plain',
      summary: 'Output format',
    },
    wait: { kind: 'duration', value: 'DURATION', summary: 'How long to wait at most (default 60s)' },
    background: { kind: 'boolean', summary: 'Only enqueue it' },
    color: { kind: 'boolean', summary: 'Colours also when the output is no terminal' },
    'no-color': { kind: 'boolean', summary: 'No colours' },
    utc: { kind: 'boolean', summary: 'Show times in UTC' },
  },
  examples: [
    { command: 'juju-local run mimir-k8s/leader flush-ingesters --wait 5m' },
    {
      note: 'A parameter that is itself YAML text must not be read as YAML:',
      command:
        'juju-local run mimir-k8s/0 upload-rules --string-args namespace=node rules="$(cat node.rules.yaml)"',
    },
    { command: 'juju-local run mimir-k8s/0 show-stats --format json' },
    { command: 'juju-local run mimir-k8s/0 flush-ingesters --background' },
  ],
  seeAlso: ['actions', 'show-task'],
});

export const showTask = verb({
  name: 'show-task',
  group: 'Operation',
  summary: 'Shows a task: the run of an action in one unit',
  args: '<task-id>',
  details: [],
  flags: {
    format: {
      kind: 'choice',
      choices: ['yaml', 'json', 'plain'],
      default: 'yaml',
      summary: 'Output format',
    },
    wait: { kind: 'duration', value: 'DURATION', default: '0', summary: 'Wait this long for its end' },
    utc: { kind: 'boolean', summary: 'Show times in UTC' },
  },
  examples: [{ command: 'juju-local show-task 7' }, { command: 'juju-local show-task 7 --wait 1m' }],
  seeAlso: ['run'],
});

export const actions = verb({
  name: 'actions',
  aliases: ['list-actions'],
  group: 'Operation',
  summary: 'Lists the actions of an application',
  args: '<application>',
  details: [],
  flags: {
    schema: { kind: 'boolean', summary: 'Show the parameters of each action as JSON Schema' },
    format: {
      kind: 'choice',
      choices: ['default', 'tabular', 'json', 'yaml'],
      default: 'default',
      summary: 'Output format; `default` is tabular, or yaml with --schema',
    },
  },
  examples: [
    { command: 'juju-local actions mimir-k8s' },
    { command: 'juju-local actions mimir-k8s --schema --format json' },
  ],
  seeAlso: ['run'],
});

export const exec = verb({
  name: 'exec',
  group: 'Operation',
  summary: 'Runs a shell command in the charm containers of units, with the hook tools',
  args: '<command>',
  details: [
    'The command runs as a hook does, so `config-get`, `relation-get` and the others work. Flags after the first word of the command are its own. With one unit the exit code is that of the command.',
  ],
  flags: {
    unit: {
      kind: 'strings',
      short: 'u',
      value: 'UNIT',
      summary: 'Units, comma-separated or repeated; `app/leader` is one',
    },
    application: {
      kind: 'strings',
      short: 'a',
      value: 'APPLICATION',
      summary: 'All units of these applications',
    },
    all: { kind: 'boolean', summary: 'All units of the model' },
    format: {
      kind: 'choice',
      choices: ['plain', 'json', 'yaml'],
      default: 'plain',
      summary: 'Output format',
    },
  },
  examples: [
    { command: 'juju-local exec --unit mimir-k8s/0 -- relation-ids s3' },
    { command: "juju-local exec --application mimir-k8s 'is-leader; hostname -f'" },
  ],
  seeAlso: ['run', 'ssh'],
  passThrough: true,
});

export const ssh = verb({
  name: 'ssh',
  group: 'Operation',
  summary: 'Opens a shell, or runs a command, in a container of a unit',
  args: '<unit> [<command> ...]',
  details: [
    'One word is given to `sh -c`, several are run as they are. Without a command a shell is opened. It is a terminal when this one is.',
  ],
  flags: {
    container: { kind: 'string', value: 'NAME', default: 'charm', summary: 'The container' },
  },
  examples: [
    { command: 'juju-local ssh --container mimir mimir-k8s/0' },
    { command: 'juju-local ssh --container mimir mimir-k8s/0 ls -l /data' },
  ],
  seeAlso: ['exec', 'forward'],
  passThrough: true,
});

export const resolved = verb({
  name: 'resolved',
  aliases: ['resolve'],
  group: 'Operation',
  summary: 'Marks the error of a unit as resolved, and runs the failed hook again',
  args: '<unit> [<unit> ...]',
  details: [],
  flags: {
    all: { kind: 'boolean', summary: 'All units in error' },
    'no-retry': { kind: 'boolean', summary: 'Go on without running the failed hook again' },
  },
  examples: [
    { command: 'juju-local resolved mimir-k8s/0' },
    { command: 'juju-local resolved --no-retry mimir-k8s/0' },
  ],
  seeAlso: ['status', 'model-config'],
});
