/** Verbs that look and change nothing. */
import { verb } from '../spec.ts';

const utc = { kind: 'boolean', summary: 'Show times in UTC' } as const;
const structured = {
  kind: 'choice',
  choices: ['yaml', 'json'],
  default: 'yaml',
  summary: 'Output format',
} as const;

export const status = verb({
  name: 'status',
  group: 'Observation',
  summary: 'Shows the status of the model, its applications and units',
  args: '[<selector> ...]',
  details: [
    'A selector is the name of an application or unit, in which `*` stands for anything, or a workload status such as `blocked`. JSON and YAML have the keys of juju.',
  ],
  flags: {
    format: {
      kind: 'choice',
      choices: ['tabular', 'json', 'yaml', 'line', 'short', 'oneline'],
      default: 'tabular',
      summary: 'Output format',
    },
    relations: { kind: 'boolean', summary: "Show the 'relations' section in tabular output" },
    storage: { kind: 'boolean', summary: "Show the 'storage' section in tabular output" },
    watch: { kind: 'duration', value: 'INTERVAL', summary: 'Show it again and again, every INTERVAL' },
    color: { kind: 'boolean', summary: 'Colours also when the output is no terminal' },
    'no-color': { kind: 'boolean', summary: 'No colours' },
    utc,
  },
  examples: [
    { command: 'juju-local status' },
    { command: 'juju-local status mimir-k8s --relations --storage' },
    { command: 'juju-local status --watch 2s' },
    { command: 'juju-local status --format json' },
  ],
  seeAlso: ['show-unit', 'debug-log', 'wait-for'],
});

export const showUnit = verb({
  name: 'show-unit',
  group: 'Observation',
  summary: 'Shows a unit: its ports, and its relations with the data in them',
  args: '<unit> [<unit> ...]',
  details: [],
  flags: {
    endpoint: { kind: 'string', value: 'NAME', summary: 'Only the relations of this endpoint' },
    'related-unit': { kind: 'string', value: 'UNIT', summary: 'Only the data of this related unit' },
    app: { kind: 'boolean', summary: 'Only the data of applications, not of units' },
    format: structured,
  },
  examples: [
    { command: 'juju-local show-unit mimir-k8s/0' },
    { command: 'juju-local show-unit mimir-k8s/0 --endpoint s3 --format json' },
  ],
  seeAlso: ['status', 'show-application'],
});

export const showApplication = verb({
  name: 'show-application',
  group: 'Observation',
  summary: 'Shows an application: its charm, life and endpoints',
  args: '<application> [<application> ...]',
  details: [],
  flags: { format: structured },
  examples: [{ command: 'juju-local show-application mimir-k8s' }],
  seeAlso: ['status', 'show-unit'],
});

export const debugLog = verb({
  name: 'debug-log',
  group: 'Observation',
  summary: 'Shows the log of the model',
  args: '',
  details: [
    'It begins with the last 10 lines. On a terminal it goes on with new lines until Ctrl-C; elsewhere it ends, unless `--tail` is given.',
    'Entities are units (`mimir-k8s/0`, `unit-mimir-k8s-0`) or applications (`mimir-k8s`).',
    'It says when a pod is ready, and when it is not any more and which container answered what: requests to the application go to pods that are.',
  ],
  flags: {
    include: { kind: 'strings', short: 'i', value: 'ENTITY', summary: 'Only these entities; repeatable' },
    exclude: { kind: 'strings', short: 'x', value: 'ENTITY', summary: 'Not these entities; repeatable' },
    'include-module': { kind: 'strings', value: 'MODULE', summary: 'Only these modules; repeatable' },
    level: {
      kind: 'string',
      short: 'l',
      value: 'LEVEL',
      summary: 'Only this level and above: TRACE, DEBUG, INFO, WARNING or ERROR',
    },
    lines: {
      kind: 'integer',
      short: 'n',
      value: 'N',
      default: 10,
      summary: 'Lines of the past to begin with',
    },
    limit: { kind: 'integer', value: 'N', default: 0, summary: 'Show this many of the last lines, then end' },
    replay: { kind: 'boolean', summary: 'Begin with the whole log' },
    tail: { kind: 'boolean', summary: 'Wait for new lines' },
    'no-tail': { kind: 'boolean', summary: 'End after the lines that are there' },
    color: { kind: 'boolean', summary: 'Colours also when the output is no terminal' },
  },
  examples: [
    { command: 'juju-local debug-log' },
    {
      note: 'All warnings and errors of one unit so far:',
      command: 'juju-local debug-log --replay --no-tail --include mimir-k8s/0 --level WARNING',
    },
  ],
  seeAlso: ['status', 'ssh'],
});

export const waitFor = verb({
  name: 'wait-for',
  group: 'Observation',
  summary: 'Waits until an application, a unit or the model is as asked',
  args: 'application <name> | unit <name> | model [<name>]',
  details: [
    'Default queries: `life=="alive" && status=="active"` for an application, `life=="alive" && workload-status=="active"` for a unit, `life=="alive" && status=="available"` for the model.',
    'An application knows `name`, `life`, `status`, `charm-url`, `exposed`, `workload-version` and `units`; a unit `name`, `application`, `life`, `workload-status`, `workload-message`, `agent-status`, `public-address`, `private-address` and `leader`; the model `name`, `life`, `status`, `applications` and `units`.',
    'Operators: `== != < <= > >= && || !` and parentheses. Functions: `len(x)`, `forEach(xs, x => ...)`, `startsWith(a, b)`, `endsWith(a, b)`.',
  ],
  flags: {
    query: { kind: 'string', value: 'QUERY', summary: 'What to wait for' },
    timeout: { kind: 'duration', value: 'DURATION', default: '10m', summary: 'How long to wait at most' },
    summary: { kind: 'boolean', summary: 'Accepted for the sake of scripts' },
  },
  examples: [
    { command: 'juju-local wait-for application mimir-k8s' },
    {
      command:
        'juju-local wait-for application mimir-k8s --timeout 2m --query=\'len(units)==2 && forEach(units, unit => unit.workload-status=="active" && unit.agent-status=="idle")\'',
    },
    { command: 'juju-local wait-for unit mimir-k8s/0 --query=\'workload-status=="blocked"\'' },
    {
      command: 'juju-local wait-for model --query=\'forEach(applications, app => app.status=="active")\'',
    },
  ],
  seeAlso: ['status'],
});

export const snapshot = verb({
  name: 'snapshot',
  group: 'Observation',
  summary: 'Writes a unit as a file that a test of its charm loads',
  args: '<unit>',
  details: [
    'What a hook of the unit could see now is in it: options, relations, secrets, storage, what the unit remembers, and the plan, services, checks and notices of each container. `loadState` of `charmwright/testing` makes a state of it. Nothing is changed by it.',
    'Secrets and what looks like a credential are replaced by placeholders, unless `--secrets` is given. `charmwright snapshot` does the same on a model of juju.',
  ],
  flags: {
    out: { kind: 'string', value: 'FILE', summary: 'Where to write it; standard output when absent' },
    file: {
      kind: 'strings',
      value: 'CONTAINER:PATH',
      summary: 'A file or folder of a workload container to take along; repeatable',
    },
    secrets: { kind: 'boolean', summary: 'Write secrets and credentials as they are' },
  },
  examples: [
    {
      command:
        'juju-local snapshot mimir-k8s/0 --out mimir-0.json --file mimir:/etc/mimir --file mimir:/data/mimir/rules',
    },
  ],
  seeAlso: ['show-unit', 'exec'],
});
