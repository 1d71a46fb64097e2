import { expect, test } from 'vitest';
import { UsageError } from '../../../local/cli/errors.ts';
import { parseWords } from '../../../local/cli/parse.ts';
import { deploy } from '../../../local/cli/table/applications.ts';
import { config } from '../../../local/cli/table/configuration.ts';
import { debugLog, status, waitFor } from '../../../local/cli/table/observation.ts';
import { exec, ssh } from '../../../local/cli/table/operation.ts';

test('flags and arguments may be mixed, short or long, with or without an equals sign', () => {
  const expected = { flags: { 'num-units': 2, trust: true }, args: ['./a.charm', 'app'] };
  for (const words of [
    ['./a.charm', '-n', '2', 'app', '--trust'],
    ['-n2', '--trust', './a.charm', 'app'],
    ['--num-units=2', './a.charm', '--trust=true', 'app'],
  ]) {
    expect(parseWords(deploy, words)).toMatchObject(expected);
  }
});

test('a flag that is not given has its default, a repeatable one is empty', () => {
  const { flags, global } = parseWords(deploy, ['x']);
  expect(flags).toEqual({ 'num-units': 1, config: [], resource: [], trust: false });
  expect(global).toEqual({ 'model-dir': undefined, help: false });
});

test('a repeatable flag keeps every value in order', () => {
  expect(parseWords(deploy, ['--config', 'a=1', '--config=b=2=3']).flags.config).toEqual(['a=1', 'b=2=3']);
});

test('durations become milliseconds, also those of defaults', () => {
  expect(parseWords(status, ['--watch', '1m30s']).flags.watch).toBe(90_000);
  expect(parseWords(waitFor, []).flags.timeout).toBe(600_000);
  expect(parseWords(status, []).flags.watch).toBeUndefined();
});

test('a negative number is a value, not a flag', () => {
  expect(parseWords(deploy, ['-n', '-1']).flags['num-units']).toBe(-1);
});

test('two dashes end the flags', () => {
  expect(parseWords(config, ['app', '--', '--odd=1']).args).toEqual(['app', '--odd=1']);
});

test('the words of a command to run keep their own flags', () => {
  expect(parseWords(exec, ['--unit', 'a/0', '--', 'ls', '-la', '--', 'x']).args).toEqual([
    'ls',
    '-la',
    '--',
    'x',
  ]);
  const through = parseWords(ssh, ['--container', 'mimir', 'mimir/0', 'ls', '--help']);
  expect(through.args).toEqual(['mimir/0', 'ls', '--help']);
  expect(through.global.help).toBe(false);
});

test.each([
  [deploy, ['--nope'], 'option provided but not defined: --nope'],
  [deploy, ['-q'], 'option provided but not defined: -q'],
  [deploy, ['x', '--config'], 'option needs an argument: --config'],
  [deploy, ['-n', 'two'], 'invalid value "two" for option -n: expected a whole number'],
  [deploy, ['--trust=maybe'], 'invalid value "maybe" for option --trust: expected true or false'],
  [
    status,
    ['--format', 'xml'],
    'invalid value "xml" for option --format: expected one of tabular, json, yaml, line, short, oneline',
  ],
  [status, ['--watch', '5'], 'invalid value "5" for option --watch: expected a duration such as 5s or 1m30s'],
  [debugLog, ['-n', '1.5'], 'invalid value "1.5" for option -n: expected a whole number'],
] as const)('%#: a word that cannot be understood is named', (spec, words, message) => {
  expect(() => parseWords(spec, words)).toThrow(new UsageError(message));
});
