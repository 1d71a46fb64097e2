import { describe, expect, test } from 'vitest';
import { readSentRules, type SentGroup } from '../../../../charm/sender-rules/read.ts';

const UUID = '20ce8299-3634-4bef-8bd8-5ace6c8816b4';
const LABELS = { juju_model: 'cos', juju_model_uuid: UUID, juju_application: 'agent' };
const down = { alert: 'Down', expr: 'up == 0' };

function read(...groups: readonly unknown[]) {
  const result = readSentRules(JSON.stringify({ groups }));
  if (!result.ok) throw new Error(result.problem);
  return result;
}

function only(...groups: readonly unknown[]): SentGroup | undefined {
  return read(...groups).groups[0];
}

describe('rules that a sender publishes', () => {
  test('pass with all that Prometheus knows of them, and without the rest', () => {
    const group = {
      name: 'node',
      interval: '1m',
      limit: 5,
      labels: { team: 'infra' },
      rules: [
        {
          ...down,
          for: '5m',
          keep_firing_for: '1m',
          labels: { severity: 'critical' },
          annotations: { a: '{{ b }}' },
        },
        { record: 'a:b', expr: 'sum(up)' },
      ],
    };
    expect(read({ ...group, source_tenants: ['other'], unknown: 1 })).toEqual({
      ok: true,
      groups: [group],
      problems: [],
    });
  });

  test('with the labels of an application look at that one, in every selector that does not say otherwise', () => {
    const group = only({
      name: 'a',
      rules: [{ ...down, labels: LABELS, expr: 'up{%%juju_topology%%, a="b"} or x' }],
    });
    const matchers = `juju_model="cos",juju_model_uuid="${UUID}",juju_application="agent"`;
    expect(group?.rules[0]?.expr).toBe(`up{ a="b",${matchers}} or x{${matchers}}`);
  });

  test.each([
    ['no label', {}],
    ['two of the three labels', { juju_model: 'cos', juju_application: 'agent' }],
  ])('with %s stay as they are', (_what, labels) => {
    expect(only({ name: 'a', rules: [{ ...down, labels }] })?.rules[0]?.expr).toBe('up == 0');
  });

  test.each([
    '',
    'not-a-uuid',
    '00000000-0000-0000-0000-000000000000',
    '01890000-0000-7000-8000-000000000000',
    'a"b\nc\\',
  ])('of the model %j are no trouble', (uuid) => {
    const rule = only({ name: 'a', rules: [{ ...down, labels: { ...LABELS, juju_model_uuid: uuid } }] })
      ?.rules[0];
    expect(rule?.expr).toContain(`juju_model_uuid=${JSON.stringify(uuid)}`);
  });

  test('may have numbers and truth values where texts belong', () => {
    const rule = { ...down, for: 0, labels: { severity: 1, page: true }, annotations: null };
    expect(only({ name: 7, rules: [rule] })).toMatchObject({
      name: '7',
      rules: [{ for: '0', labels: { severity: '1', page: 'true' } }],
    });
  });

  test.each([
    [{}],
    [{ groups: null }],
    [{ groups: [] }],
    [{ groups: [{ name: 'a' }] }],
    [{ groups: [{ name: 'a', rules: [] }] }],
    [{ groups: [{ name: 'a', rules: null }] }],
    [{ groups: [{ rules: [] }] }],
  ])('may be none at all: %j', (file) => {
    expect(readSentRules(JSON.stringify(file))).toEqual({ ok: true, groups: [], problems: [] });
  });

  test.each([
    '',
    'groups: []',
    '[]',
    '"text"',
    '{"groups": {}}',
    '{"groups"',
    'null',
    '['.repeat(100_000),
  ])('are told of when they are no rules file: %j', (text) => {
    expect(readSentRules(text)).toEqual({ ok: false, problem: 'is not the JSON of a rules file' });
  });

  test.each([
    [7, 'groups[0] is of the wrong type'],
    [{ rules: 'x' }, 'groups[0] rules: is of the wrong type'],
    [{ rules: [down] }, 'groups[0]: name: is of the wrong type'],
    [{ name: '', rules: [down] }, 'groups[0]: name: is empty'],
    [{ name: 'a', interval: 'x', rules: [down] }, 'groups[0]: interval: is not a duration such as 30s or 5m'],
    [{ name: 'a', rules: ['x'] }, 'group "a", rule 1: is of the wrong type'],
    [{ name: 'a', rules: [{ alert: 'b' }] }, 'group "a", rule 1: expr: is of the wrong type'],
    [
      { name: 'a', rules: [{ ...down, for: '5' }] },
      'group "a", rule 1: for: is not a duration such as 30s or 5m',
    ],
    [{ name: 'a\nb', rules: [{ ...down, labels: [] }] }, 'group "a b", rule 1: labels: is of the wrong type'],
    [
      { name: 'a', rules: [{ ...down, labels: { x: {} } }] },
      'group "a", rule 1: labels.x: is of the wrong type',
    ],
  ])('that cannot be used are left out and told of, and the others stay: %j', (bad, problem) => {
    const { groups, problems } = read(bad, { name: 'good', rules: [down] });
    expect(problems).toEqual([problem]);
    expect(groups).toEqual([{ name: 'good', rules: [down] }]);
  });

  test('are in one line where they are names, and without what Mimir would take for the end of one', () => {
    const rule = { alert: '\n\n a\tb ', expr: '\n  sum(\n  up)\n', annotations: { text: 'a\u0085b\u2028c' } };
    expect(only({ name: '\n c', rules: [rule] })).toEqual({
      name: 'c',
      rules: [{ alert: 'a b', expr: 'sum(\n  up)', annotations: { text: 'a b c' } }],
    });
  });

  test('that nobody could have meant are not even parsed', () => {
    const expr = `${'('.repeat(200_000)}up`;
    expect(read({ name: 'a', rules: [{ ...down, expr, labels: LABELS }] })).toEqual({
      ok: true,
      groups: [],
      problems: ['group "a", rule 1: expr: is too long'],
    });
  });

  test('lose the bad ones of a group, not the group', () => {
    expect(only({ name: 'a', rules: [{ alert: 'x' }, down] })).toEqual({ name: 'a', rules: [down] });
  });

  test('may have groups of one name: the same once, others under names of their own', () => {
    const group = (expr: string) => ({ name: 'a', rules: [{ ...down, expr }] });
    const names = read(group('1'), group('2'), group('1'), group('3'), { name: 'a_2', rules: [down] }).groups;
    expect(names.map(({ name, rules }) => [name, rules[0]?.expr])).toEqual([
      ['a', '1'],
      ['a_3', '2'],
      ['a_4', '3'],
      ['a_2', 'up == 0'],
    ]);
  });

  test('with a name that no file can have get a shorter one, the same each time', () => {
    const names = [`${'ü'.repeat(100)}a`, `${'ü'.repeat(100)}b`].map(
      (name) => only({ name, rules: [down] })?.name ?? '',
    );
    expect(names[0]).toMatch(/^ü{60,}_[0-9a-f]{8}$/);
    expect(names[1]).not.toBe(names[0]);
    expect(names.every((name) => Buffer.byteLength(name) <= 150)).toBe(true);
  });

  test('are read by the ten thousand', () => {
    const groups = Array.from({ length: 10_000 }, (_, i) => ({
      name: `g${i % 9_000}`,
      rules: [{ ...down, expr: `up > ${i}` }],
    }));
    const result = read(...groups).groups;
    expect(new Set(result.map(({ name }) => name)).size).toBe(10_000);
  });
});
