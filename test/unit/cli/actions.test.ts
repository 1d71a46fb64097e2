import { expect, test } from 'vitest';
import type { Task } from '../../../local/api.ts';
import { plainTasks, taskValue } from '../../../local/cli/format/task.ts';
import { actionParams } from '../../../local/cli/verbs/action-params.ts';
import { shellLine } from '../../../local/cli/verbs/shell-words.ts';

test('values are YAML, dots make nested maps, words go before the file', () => {
  expect(
    actionParams(['count=3', 'on=true', 'a.b=[1, x]', 'empty='], { count: 1, a: { c: 2 } }, false),
  ).toEqual({
    count: 3,
    on: true,
    a: { b: [1, 'x'], c: 2 },
    empty: null,
  });
});

test('with --string-args values are text, and may hold equals signs and new lines', () => {
  expect(actionParams(['count=3', 'rules=a: b=c\nd'], {}, true)).toEqual({ count: '3', rules: 'a: b=c\nd' });
});

test('a multi-line YAML value in quotes stays one text', () => {
  expect(actionParams(['rules=groups:\n  - name: x\n'], {}, false)).toEqual({
    rules: { groups: [{ name: 'x' }] },
  });
});

test.each([
  ['y', true],
  ['off', false],
  ['1:30', '1:30'],
  ['2025-11-19', '2025-11-19'],
  ['010', 8],
  ['{on: 1}', { on: 1 }],
])('the value %s is read as juju reads it', (text, value) => {
  expect(actionParams([`a=${text}`], {}, false)).toEqual({ a: value });
});

test.each([
  ['rules', 'argument "rules" must be of the form key.key.key...=value'],
  ['Rules=1', 'key "Rules" must start and end with lowercase alphanumeric'],
  ['rules={', 'cannot read the value of "rules" as YAML'],
])('the parameter %s is refused', (word, message) => {
  expect(() => actionParams([word], {}, false)).toThrow(message);
});

const task: Task = {
  id: '2',
  operation: '1',
  unit: 'app/0',
  action: 'flush',
  status: 'completed',
  results: { blocks: '3', nested: { a: 'yes' }, 'return-code': 0, stdout: 'hello\n\n' },
  log: [{ time: '2025-11-19T10:00:00Z', message: 'flushing' }],
  enqueued: '2025-11-19T10:00:00Z',
  started: '2025-11-19T10:00:01Z',
  completed: '2025-11-19T10:00:02Z',
};

test("a task has juju's keys", () => {
  expect(taskValue(task, true)).toEqual({
    id: '2',
    log: ['2025-11-19 10:00:00 +0000 UTC flushing'],
    results: task.results,
    status: 'completed',
    timing: {
      enqueued: '2025-11-19 10:00:00 +0000 UTC',
      started: '2025-11-19 10:00:01 +0000 UTC',
      completed: '2025-11-19 10:00:02 +0000 UTC',
    },
    unit: 'app/0',
  });
});

test('plain output is the results, then what the action printed', () => {
  expect(plainTasks([task], false)).toBe('blocks: "3"\nnested:\n  a: "yes"\nhello\n');
});

test('plain output of a failed action begins with its reason', () => {
  const failed: Task = { ...task, status: 'failed', message: 'no bucket', results: { 'return-code': 1 } };
  expect(plainTasks([failed], false)).toBe('Action id 2 failed: no bucket\n');
});

test('plain output of several units is a map by unit', () => {
  const other: Task = { ...task, id: '3', unit: 'app/1', results: {} };
  expect(plainTasks([task, other], false)).toContain('app/1:\n  id: "3"\n');
});

test('a single word is a shell line, several are quoted where needed', () => {
  expect(shellLine(['is-leader; hostname'])).toBe('is-leader; hostname');
  expect(shellLine(['echo', 'two words', "it's", '--flag=1'])).toBe(`echo 'two words' 'it'\\''s' --flag=1`);
});
