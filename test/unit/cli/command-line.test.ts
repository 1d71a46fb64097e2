import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { specs } from '../../../local/cli/commands.ts';
import { colorLogLine } from '../../../local/cli/format/log-line.ts';
import { referencePage } from '../../../local/cli/help.ts';
import { nearest } from '../../../local/cli/nearest.ts';
import { runCommandLine } from '../../../local/cli/run.ts';
import { optionsFromFile } from '../../../local/cli/verbs/options.ts';

/** A file will do: it is not opened before the words are understood. */
const charm = fileURLToPath(import.meta.url);
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'juju-local-cli-'));
});
afterEach(() => rm(dir, { recursive: true }));

function recorder(input = '') {
  const seen = { out: '', err: '' };
  const terminal = {
    env: { JUJU_LOCAL_DIR: join(dir, 'model') },
    interactive: false,
    color: false,
    out: (text: string) => {
      seen.out += text;
    },
    info: (line: string) => {
      seen.err += `${line}\n`;
    },
    readInput: async () => input,
  };
  return { seen, terminal };
}

async function juju(...words: string[]) {
  const { seen, terminal } = recorder();
  return { code: await runCommandLine(words, terminal), ...seen };
}

test('without a verb it shows what it is and every verb', async () => {
  const { code, out } = await juju();
  expect(code).toBe(0);
  for (const spec of specs) expect(out).toContain(`    ${spec.name} `);
});

test('help of a verb, asked in any of three ways, is the same', async () => {
  const { out } = await juju('help', 'relate');
  expect(out).toContain('Usage: juju-local integrate <application>');
  expect((await juju('integrate', '--help')).out).toBe(out);
  expect((await juju('integrate', '-h', 'a')).out).toBe(out);
});

test('a mistyped verb is answered with the nearest one, exit code 2', async () => {
  expect(await juju('stauts')).toEqual({
    code: 2,
    out: '',
    err: 'ERROR juju-local: "stauts" is not a juju-local command. See "juju-local help".\n\nDid you mean:\n\tstatus\n',
  });
  expect(nearest('xyzzyx', ['status', 'run'])).toBeUndefined();
});

test('a model that is not there is said so, with the way to make one, exit code 1', async () => {
  const { code, err } = await juju('status');
  expect(code).toBe(1);
  expect(err).toBe(
    `ERROR there is no model in ${dir}/model.\n\nDeploy a charm to make one:\n\n\tjuju-local deploy ./my-charm.charm --resource my-image=./my-image\n`,
  );
});

test('--model-dir goes before JUJU_LOCAL_DIR, and may stand before the verb', async () => {
  expect((await juju('--model-dir', '/elsewhere', 'status')).err).toContain('no model in /elsewhere.');
  expect((await juju('status', '--model-dir=/elsewhere')).err).toContain('no model in /elsewhere.');
});

test.each([
  ['deploy', 'no charm specified'],
  ['deploy /no/such.charm', 'no charm was found at "/no/such.charm"'],
  ['deploy /', '"/" is no charm: the folder has no metadata.yaml'],
  ['deploy CHARM Bad_Name', 'invalid application name "Bad_Name"'],
  ['deploy CHARM -n -2', '--num-units must be a positive integer'],
  ['deploy CHARM --resource image', 'expected NAME=FOLDER for --resource, got "image"'],
  ['refresh app', 'no charm specified: use --path'],
  ['integrate a', 'an integration must involve two applications'],
  ['scale-application app', 'no scale specified'],
  ['scale-application app -- -1', 'invalid scale "-1"'],
  ['remove-unit app/0', 'cannot choose the unit to remove'],
  ['remove-unit app', 'specify the number of units to remove with --num-units'],
  ['config', 'no application name specified'],
  ['config app key a=b', 'cannot set and retrieve values simultaneously: "key"'],
  ['config app a b', 'can only retrieve a single value, or all values'],
  ['run', 'no unit specified'],
  ['run app/0', 'no action specified'],
  ['run app/0 act=1', 'invalid unit or action name "act=1"'],
  ['run app/0 other/0 act', 'all units must be of the same application'],
  ['run app/0 act --wait 1s --background', 'cannot specify both --wait and --background'],
  ['show-task seven', 'invalid task ID "seven"'],
  ['exec ls', 'you must specify a target, either through --all, --application or --unit'],
  ['ssh', 'no unit specified'],
  ['resolved', 'no unit specified'],
  ['debug-log --level loud', 'level value "loud" is not one of "TRACE", "DEBUG", "INFO", "WARNING", "ERROR"'],
  ['debug-log --tail --no-tail', 'setting --tail and --no-tail not valid'],
  ['wait-for pod x', 'specify what to wait for: application, unit or model'],
  ['wait-for application app --query status=', 'cannot read query'],
  ['status --color --no-color', 'cannot mix --no-color and --color'],
  ['forward app', 'no port specified'],
  ['forward app 99999', 'invalid port "99999"'],
  ['kill-container app/0', 'no container specified'],
  ['add-secret name', 'missing secret value or filename'],
  ['grant-secret name', 'missing application name'],
  ['actions app --schema --format tabular', 'full schema not compatible with tabular output'],
])('"%s" is refused before anything is started', async (line, message) => {
  const { code, out, err } = await juju(...line.replace('CHARM', charm).split(' '));
  expect(err).toContain(`ERROR ${message}`);
  expect(out).toBe('');
  expect(code).toBeGreaterThan(0);
});

test('a secret value that cannot be read is not repeated', async () => {
  const { err } = await juju('add-secret', 'name', 'hunter2');
  expect(err).toBe('ERROR key value pairs must be of the form key=value\n');
});

test.each([
  ['a map of options', 'retention: 1w\nreplicas: 3\non: true\n'],
  [
    'a map by application name',
    'app:\n  retention: 1w\n  replicas: 3\n  on: true\nother:\n  retention: 2w\n',
  ],
  [
    'the output of config',
    'application: app\nsettings:\n  retention: {source: user, value: 1w}\n  replicas: {source: user, value: 3}\n  on: {source: user, value: true}\n  untouched: {source: default, value: x}\n',
  ],
])('options are read from %s', async (_, text) => {
  const file = join(dir, 'options.yaml');
  await writeFile(file, text);
  expect(await optionsFromFile(file, 'app', recorder().terminal)).toEqual({
    retention: '1w',
    replicas: '3',
    on: 'true',
  });
});

test('an option whose value is a map is refused by name', async () => {
  const { terminal } = recorder('retention: {a: 1}\nb: 1\n');
  await expect(optionsFromFile('-', 'app', terminal)).rejects.toThrow('cannot set option "retention" from -');
});

test('the level of a log line is coloured, other lines are left alone', () => {
  expect(colorLogLine('unit-a-0: 10:00:00 ERROR unit.a/0.juju-log INFO no')).toBe(
    'unit-a-0: 10:00:00 \x1b[31mERROR\x1b[39m unit.a/0.juju-log INFO no',
  );
  expect(colorLogLine('  at main.js INFO x')).toBe('  at main.js INFO x');
});

test('the reference page is the table', async () => {
  const page = new URL('../../../docs/reference/juju-local.md', import.meta.url);
  expect(await readFile(page, 'utf8'), 'run: node local/cli/reference.ts').toBe(referencePage(specs));
});

test('every verb has a summary, an example that names it, and refers only to verbs that exist', () => {
  expect(specs.length).toBeGreaterThan(30);
  const names = new Set(specs.map((spec) => spec.name));
  for (const spec of specs) {
    expect(spec.summary, spec.name).toMatch(/^[A-Z].*[^.]$/);
    for (const { command } of spec.examples) expect(command).toContain(`juju-local ${spec.name}`);
    expect(spec.examples.length, spec.name).toBeGreaterThan(0);
    for (const other of spec.seeAlso ?? []) expect(names, spec.name).toContain(other);
  }
});
