/** Verbs that read and set options, of applications and of the model. */
import { verb } from '../spec.ts';

export const config = verb({
  name: 'config',
  group: 'Configuration',
  summary: 'Shows or sets the options of an application',
  args: '<application> [<option> | <option>=<value> ...]',
  details: [
    'Without an option it shows all, with one its value only. `option=@file` takes the value from a file; `--file` takes a YAML map of options, or the output of this verb.',
  ],
  flags: {
    file: { kind: 'string', value: 'FILE', summary: 'YAML file of options to set; `-` is standard input' },
    reset: {
      kind: 'strings',
      value: 'OPTION[,OPTION...]',
      summary: 'Options to set back to their defaults; repeatable',
    },
    format: { kind: 'choice', choices: ['yaml', 'json'], default: 'yaml', summary: 'Output format' },
  },
  examples: [
    { command: 'juju-local config mimir-k8s' },
    { command: 'juju-local config mimir-k8s log-level' },
    { command: 'juju-local config mimir-k8s log-level=debug alertmanager-config=@alertmanager.yaml' },
    { command: 'juju-local config mimir-k8s --reset log-level' },
  ],
  seeAlso: ['deploy', 'model-config'],
});

export const modelConfig = verb({
  name: 'model-config',
  group: 'Configuration',
  summary: 'Shows or sets the options of the model',
  args: '[<option> | <option>=<value> ...]',
  details: [
    'The local model heeds `update-status-hook-interval` (such as `30s`), `automatically-retry-hooks` and the `juju-http-proxy` family.',
    '`leadership-lease` is of its own: how long a unit leads whose agent does not renew it. It is a minute, as with Juju, where it cannot be changed.',
  ],
  flags: {
    reset: {
      kind: 'strings',
      value: 'OPTION[,OPTION...]',
      summary: 'Options to set back to their defaults; repeatable',
    },
    format: {
      kind: 'choice',
      choices: ['tabular', 'json', 'yaml'],
      default: 'tabular',
      summary: 'Output format',
    },
  },
  examples: [
    { command: 'juju-local model-config' },
    { command: 'juju-local model-config update-status-hook-interval=30s' },
    { command: 'juju-local model-config automatically-retry-hooks=false' },
  ],
  seeAlso: ['config', 'resolved'],
});
