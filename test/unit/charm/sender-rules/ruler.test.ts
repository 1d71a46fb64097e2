import { describe, expect, test } from 'vitest';
import type { StoredGroup } from '../../../../charm/mimir-api.ts';
import {
  MimirFailedError,
  MimirRefusedError,
  MimirUnreachableError,
} from '../../../../charm/mimir-errors.ts';
import { Ruler, refusedRules } from '../../../../charm/sender-rules/ruler.ts';

/** Takes what `judge` does not throw at. */
class Api {
  readonly calls: string[] = [];
  atOnce = 0;
  most = 0;
  judge: (group: StoredGroup) => void = () => undefined;

  async rules() {
    return {};
  }

  async setRuleGroup(_tenant: string, _namespace: string, group: StoredGroup) {
    this.atOnce++;
    this.most = Math.max(this.most, this.atOnce);
    await Promise.resolve();
    this.atOnce--;
    const rules = Array.isArray(group.rules) ? group.rules.map(({ alert }) => alert) : [];
    this.calls.push(`set ${group.name}: ${rules.join(' ')}`);
    this.judge(group);
  }

  async deleteRuleGroup(_tenant: string, _namespace: string, group: string) {
    this.calls.push(`delete ${group}`);
  }

  async deleteRuleNamespace() {
    this.calls.push('delete all');
  }
}

const rule = (alert: string, expr = 'up') => ({ alert, expr });
const group = (name: string, ...alerts: readonly string[]) => ({
  name,
  rules: alerts.map((alert) => rule(alert)),
});
const refused = (answer: string) => new MimirRefusedError('set it', 400, answer.slice(0, 60), answer);

function ruler(judge: (group: StoredGroup) => void = () => undefined) {
  const api = new Api();
  api.judge = judge;
  return { api, ruler: new Ruler(api, 'anonymous') };
}

describe('a namespace of the ruler', () => {
  test('is made what is wanted with as few requests as that takes', async () => {
    const { api, ruler: under } = ruler();
    const present = [group('same', 'A'), group('other', 'A'), group('gone', 'A')];
    await under.fill('ns', [group('same', 'A'), group('other', 'B'), group('new', 'C')], present);
    expect(api.calls.toSorted()).toEqual(['delete gone', 'set new: C', 'set other: B']);
  });

  test('takes the rules that Mimir does not refuse', async () => {
    const answer =
      '1:45: group "g", rule 0, "A": could not parse expression: 1:6: parse error, group "g", rule 2, "C": bad template';
    const { api, ruler: under } = ruler((given) => {
      if (JSON.stringify(given).includes('"A"')) throw refused(answer);
    });
    expect(await under.fill('ns', [group('g', 'A', 'B', 'C')], [])).toEqual([
      'group "g", rule "A": could not parse expression: 1:6: parse error',
      'group "g", rule "C": bad template',
    ]);
    expect(api.calls).toEqual(['set g: A B C', 'set g: B']);
  });

  test('loses a group of which nothing is good any more', async () => {
    const { api, ruler: under } = ruler(() => {
      throw refused('group "g", rule 0, "B": no');
    });
    expect(await under.fill('ns', [group('g', 'B')], [group('g', 'A')])).toHaveLength(1);
    expect(api.calls).toEqual(['set g: B', 'delete g']);
  });

  test('keeps a group as it was when Mimir does not say which rule is bad', async () => {
    const { api, ruler: under } = ruler(() => {
      throw refused('per-user rule groups limit (limit: 2 actual: 3) exceeded');
    });
    expect(await under.fill('ns', [group('g', 'B')], [group('g', 'A')])).toEqual([
      'group "g": per-user rule groups limit (limit: 2 actual: 3) exceeded',
    ]);
    expect(api.calls).toEqual(['set g: B']);
  });

  test('is not asked for ever by a Mimir that always finds another fault', async () => {
    const { api, ruler: under } = ruler(() => {
      throw refused('group "g", rule 0, "A": no');
    });
    await under.fill('ns', [group('g', ...Array.from({ length: 50 }, (_, i) => `A${i}`))], []);
    expect(api.calls).toHaveLength(3);
  });

  test('is told of a failure when all other requests are over', async () => {
    const { api, ruler: under } = ruler(({ name }) => {
      if (name === 'a') throw new MimirFailedError('set it', 500, 'storage');
    });
    await expect(under.fill('ns', [group('a', 'A'), group('b', 'B')], [])).rejects.toThrow(MimirFailedError);
    expect(api.calls).toEqual(['set a: A', 'set b: B']);
  });
});

describe('a Mimir', () => {
  const many = Array.from({ length: 500 }, (_, i) => group(`g${i}`, 'A'));

  test('gets many requests at once, but not all', async () => {
    const { api, ruler: under } = ruler();
    await under.fill('ns', many, []);
    expect(api.calls).toHaveLength(500);
    expect(api.most).toBeGreaterThan(8);
    expect(api.most).toBeLessThanOrEqual(64);
  });

  test('that does not answer is left alone', async () => {
    const { api, ruler: under } = ruler(() => {
      throw new MimirUnreachableError('away');
    });
    await expect(under.fill('ns', many, [])).rejects.toThrow('away');
    expect(api.calls.length).toBeLessThanOrEqual(128);
    await expect(under.remove('ns')).rejects.toThrow('away');
    expect(api.calls).not.toContain('delete all');
  });
});

test('rules are found in what Mimir says, whatever they are called', () => {
  const answer =
    '1:45: group "g\\"1", rule 0, "A": could not parse expression: 1:6: parse error: unexpected end of input, 1:122: group "g\\"1", rule 2, "B, rule 1, \\"x\\": could": no such function, group "g\\"1", rule 12, "T": annotation "s": template: unclosed action';
  expect([...refusedRules(answer)]).toEqual([
    [0, 'could not parse expression: 1:6: parse error: unexpected end of input'],
    [2, 'no such function'],
    [12, 'annotation "s": template: unclosed action'],
  ]);
  expect(refusedRules('unable to decode rule group').size).toBe(0);
});
