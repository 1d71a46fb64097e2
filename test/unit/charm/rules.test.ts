import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { StoredGroup } from '../../../charm/mimir-api.ts';
import { MimirRefusedError, MimirUnreachableError } from '../../../charm/mimir-errors.ts';
import { applyRules, parseRules, type RuleGroup, RulesUploadError } from '../../../charm/rules.ts';
import { diffRules } from '../../../charm/rules-diff.ts';

function problems(text: string): readonly string[] {
  const result = parseRules(text);
  return result.ok ? [] : result.problems;
}

function groups(text: string): readonly RuleGroup[] {
  const result = parseRules(text);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.groups;
}

const NODE = `
groups:
  - name: node
    interval: 1m
    limit: 5
    labels: {team: infra}
    rules:
      - record: instance:cpu:rate5m
        expr: sum by (instance) (rate(cpu[5m]))
      - alert: HighCpu
        expr: instance:cpu:rate5m > 0.9
        for: 10m
        keep_firing_for: 5m
        labels: {severity: 1.0, page: true}
        annotations: {summary: '{{ $labels.instance }} is busy'}
`;

describe('a rule file', () => {
  test('is read with its values as Prometheus reads them: a label is the text that stands there', () => {
    expect(groups(NODE)[0]).toMatchObject({
      name: 'node',
      limit: 5,
      rules: [{ record: 'instance:cpu:rate5m' }, { labels: { severity: '1.0', page: 'true' } }],
    });
  });

  test.each([
    ['groups: [', /^is not YAML: /],
    ['just text', /^the file: Invalid input: expected object/],
    ['groups: []', /^groups: has no groups$/],
    ['groups: [{name: a, rules: []}]', /^groups\[0\]\.rules: has no rules$/],
    ['groups: [{name: a, rules: [{record: a, alert: b, expr: "1"}]}]', /rules\[0\]: must have one of/],
    ['groups: [{name: a, rules: [{expr: "1"}]}]', /rules\[0\]: must have one of/],
    ['groups: [{name: a, rules: [text]}]', /rules\[0\]: must have one of/],
    ['groups: [{name: a, rules: [{record: a, expr: "1", for: 5m}]}]', /rules\[0\]: has unknown fields: for$/],
    ['groups: [{name: a, rules: [{alert: a, exp: "1"}]}]', /rules\[0\]\.expr: /],
    ['groups: [{name: a, rules: [{alert: a, expr: "1", for: 5}]}]', /rules\[0\]\.for: is not a duration/],
    [
      'groups: [{name: a, rules: [{record: 1a, expr: "1"}]}]',
      /rules\[0\]\.record: is not the name of a metric/,
    ],
    ['groups: [{name: a, rules: [{record: a, expr: "  "}]}]', /rules\[0\]\.expr: is empty/],
    [
      'groups: [{name: a, rules: [{record: a, expr: "1", labels: {b-c: d}}]}]',
      /labels.*is not the name of a label/,
    ],
    [
      'groups: [{name: a, interva: 1m, rules: [{record: a, expr: "1"}]}]',
      /^groups\[0\]: has unknown fields: interva$/,
    ],
    [
      'groups: [{name: a, limit: x, rules: [{record: a, expr: "1"}]}]',
      /^groups\[0\]\.limit: is not a whole number$/,
    ],
    [
      'groups: [{name: a, rules: [{record: a, expr: "1"}]}]\nrule_files: []',
      /^the file: has unknown fields: rule_files$/,
    ],
    ['groups: []\n---\ngroups: []', /^is not YAML: /],
  ])('%j is refused with its place', (text, expected) => expect(problems(text).join()).toMatch(expected));

  test('with the same group twice is refused', () => {
    expect(problems(stringify({ groups: [...groups(NODE), ...groups(NODE)] }))).toEqual([
      'group "node" is there twice',
    ]);
  });

  test('with the same rule twice is refused, also when it is written in another order', () => {
    const text =
      'groups: [{name: a, rules: [{alert: x, expr: "1", for: 60s}, {for: 1m, expr: "1", alert: x}]}]';
    expect(problems(text)).toEqual(['group "a": rule 2 is there twice']);
  });

  test('may alert twice under one name for different thresholds', () => {
    expect(
      problems('groups: [{name: a, rules: [{alert: x, expr: a > 1}, {alert: x, expr: a > 2}]}]'),
    ).toEqual([]);
  });

  test('of one megabyte is read', () => {
    const text = `groups:\n${Array.from({ length: 12_000 }, (_, i) => `- name: group ${i}\n  rules: [{record: "a:${i}", expr: "sum(rate(b{c='${i}'}[5m]))"}]\n`).join('')}`;
    expect(text.length).toBeGreaterThan(900_000);
    expect(groups(text)).toHaveLength(12_000);
  }, 60_000);
});

describe('the difference to what the ruler holds', () => {
  /** As Mimir prints it: defaults left out, durations in its own form. */
  const stored: StoredGroup = {
    name: 'node',
    interval: '60s',
    limit: 5,
    labels: { team: 'infra' },
    rules: [
      { record: 'instance:cpu:rate5m', expr: 'sum by (instance) (rate(cpu[5m]))\n' },
      {
        alert: 'HighCpu',
        expr: 'instance:cpu:rate5m > 0.9',
        for: '600s',
        keep_firing_for: '5m',
        labels: { page: 'true', severity: '1.0' },
        annotations: { summary: '{{ $labels.instance }} is busy' },
      },
    ],
  };

  test('is none when the same is written in other words', () => {
    expect(diffRules(groups(NODE), [stored])).toEqual({
      added: [],
      changed: [],
      removed: [],
      unchanged: ['node'],
    });
  });

  test('names what is added, changed and removed', () => {
    const wanted = groups(
      `${NODE.replace('0.9', '0.8')}  - name: new\n    rules: [{record: a, expr: "1"}]\n`,
    );
    const diff = diffRules(wanted, [{ name: 'old', rules: [] }, stored]);
    expect(diff.added.map(({ name }) => name)).toEqual(['new']);
    expect(diff.changed.map(({ before }) => before.name)).toEqual(['node']);
    expect(diff.removed.map(({ name }) => name)).toEqual(['old']);
  });

  test('sees that the order of rules changed, for they are evaluated in order', () => {
    const text = (rules: string) => `groups: [{name: a, rules: [${rules}]}]`;
    const first = groups(text('{record: a, expr: "1"}, {record: b, expr: a}'));
    const second = groups(text('{record: b, expr: a}, {record: a, expr: "1"}'));
    expect(diffRules(second, first).changed).toHaveLength(1);
  });
});

describe('an upload', () => {
  /** A ruler in memory that refuses what it is told to refuse. */
  function ruler(
    initial: readonly StoredGroup[],
    fail: (name: string, call: 'set' | 'delete') => Error | undefined,
  ) {
    const held = new Map(initial.map((group) => [group.name, group]));
    return {
      held,
      async setRuleGroup(_tenant: string, _namespace: string, group: StoredGroup) {
        const error = fail(group.name, 'set');
        if (error) throw error;
        held.set(group.name, group);
      },
      async deleteRuleGroup(_tenant: string, _namespace: string, name: string) {
        const error = fail(name, 'delete');
        if (error) throw error;
        held.delete(name);
      },
    };
  }

  const old: StoredGroup[] = [
    { name: 'changed', rules: [{ record: 'a', expr: '1' }] },
    { name: 'removed', rules: [{ record: 'b', expr: '1' }] },
  ];
  const wanted = groups(`groups:
  - {name: added, rules: [{record: c, expr: "1"}]}
  - {name: changed, rules: [{record: a, expr: "2"}]}
`);

  test('leaves the namespace with exactly the groups of the file', async () => {
    const api = ruler(old, () => undefined);
    await applyRules(api, 'anonymous', 'node', diffRules(wanted, old));
    expect([...api.held.values()]).toEqual(expect.arrayContaining([...wanted]));
    expect(api.held.size).toBe(2);
  });

  test('that Mimir refuses half way leaves everything as it was', async () => {
    const api = ruler(old, (name, call) =>
      name === 'changed' && call === 'set' && refusals.pop()
        ? new MimirRefusedError('set', 400, 'bad PromQL')
        : undefined,
    );
    const refusals = [true];
    const upload = applyRules(api, 'anonymous', 'node', diffRules(wanted, old));
    await expect(upload).rejects.toThrow('cannot set: bad PromQL; nothing was changed');
    expect([...api.held.values()]).toEqual(old);
  });

  test('that cannot be undone says which groups are in doubt', async () => {
    let gone = false;
    const api = ruler(old, (name) => {
      gone ||= name === 'removed';
      return gone ? new MimirUnreachableError('gone') : undefined;
    });
    const error = await applyRules(api, 'anonymous', 'node', diffRules(wanted, old)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RulesUploadError);
    expect(error).toMatchObject({ left: ['removed', 'changed', 'added'] });
  });
});
