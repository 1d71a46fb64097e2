import { describe, expect, test } from 'vitest';
import { isPromQl, type Matcher, withMatchers } from '../../../relations/promql.ts';

const IN_COS: readonly Matcher[] = [{ label: 'juju_model', op: '=', value: 'cos' }];
const inCos = (expr: string) => withMatchers(expr, IN_COS);

describe('a matcher is added to every selector:', () => {
  test.each([
    ['up', 'up{juju_model="cos"}'],
    ['up{}', 'up{juju_model="cos"}'],
    ['up{job="x"}', 'up{job="x",juju_model="cos"}'],
    ['up{job="x",}', 'up{job="x",juju_model="cos",}'],
    ['up{ job = "x" , }', 'up{ job = "x",juju_model="cos" , }'],
    ['{__name__=~"a|b"}', '{__name__=~"a|b",juju_model="cos"}'],
    ['{"foo.bar"}', '{"foo.bar",juju_model="cos"}'],
    ['{"foo.bar", "b.c"="d"}', '{"foo.bar", "b.c"="d",juju_model="cos"}'],
    ['absent(up)', 'absent(up{juju_model="cos"})'],
    ['up offset 5m', 'up{juju_model="cos"} offset 5m'],
    ['up @ end()', 'up{juju_model="cos"} @ end()'],
    ['rate(a[5m] offset -1h)', 'rate(a{juju_model="cos"}[5m] offset -1h)'],
    ['max_over_time(rate(a[5m])[1h:1m])', 'max_over_time(rate(a{juju_model="cos"}[5m])[1h:1m])'],
    [
      'sum by (job) (a) / on(job) group_left b',
      'sum by (job) (a{juju_model="cos"}) / on(job) group_left b{juju_model="cos"}',
    ],
    ['job:errors:rate5m > 1', 'job:errors:rate5m{juju_model="cos"} > 1'],
    ['up{a="}"}', 'up{a="}",juju_model="cos"}'],
    ['up{a=\'{b="c"}\'}', 'up{a=\'{b="c"}\',juju_model="cos"}'],
    ['up{a=`\\`}', 'up{a=`\\`,juju_model="cos"}'],
    ['up # {a="b"}\n> 0', 'up{juju_model="cos"} # {a="b"}\n> 0'],
    ['up{ # why\n a="b" # because\n}', 'up{ # why\n a="b",juju_model="cos" # because\n}'],
    ['up{ # nothing\n}', 'up{juju_model="cos" # nothing\n}'],
    // Words of the language are names of metrics and labels, too.
    ['sum', 'sum{juju_model="cos"}'],
    ['on{by="x"}', 'on{by="x"}'],
    ['up{on="x"}', 'up{on="x",juju_model="cos"}'],
  ])('%s', (before, after) => {
    expect(inCos(before)).toBe(after);
  });

  test.each(['1 + 2', 'vector(1)', 'time()', '"text"'])('%s has none', (expr) => {
    expect(inCos(expr)).toBe(expr);
  });
});

describe('a selector that mentions the label stays as it is:', () => {
  test.each([
    'up{juju_model="other"}',
    'up{juju_model!=""}',
    'up{juju_model=~"a.*"}',
    'up{juju_model!~"a.*"}',
    'up{"juju_model"="other"}',
    "up{'juju_model'='other'}",
  ])('%s', (expr) => {
    expect(inCos(expr)).toBe(expr);
  });

  test('and its neighbours in the same expression do not', () => {
    expect(inCos('a{juju_model="x"} and b')).toBe('a{juju_model="x"} and b{juju_model="cos"}');
  });

  test('so that adding twice is adding once', () => {
    const once = inCos('sum(rate(a[5m])) / sum(rate(b{c="d"}[5m]))');
    expect(inCos(once)).toBe(once);
  });
});

describe('what is not PromQL comes back unchanged:', () => {
  test.each([
    '',
    'up{',
    'sum(',
    'up{a="b" c="d"}',
    'up{a=b}',
    '# only words',
    'rate(a[5m)',
    '))((',
    'up >',
  ])('%j', (expr) => {
    expect(isPromQl(expr)).toBe(false);
    expect(inCos(expr)).toBe(expr);
  });
});

test('a value cannot leave its quotes', () => {
  const value = 'a"} or b{c="\\\n\u{d800}';
  const expr = withMatchers('up', [{ label: 'juju_model', op: '=', value }]);
  expect(expr).toBe('up{juju_model="a\\"} or b{c=\\"\\\\\\n\ufffd"}');
  expect(isPromQl(expr)).toBe(true);
});

test('several matchers, with any operator, keep their order', () => {
  const variables: readonly Matcher[] = [
    { label: 'juju_model', op: '=~', value: '$juju_model' },
    { label: 'juju_unit', op: '=~', value: '$juju_unit' },
  ];
  expect(withMatchers('up{juju_unit="a/0"} + up', variables)).toBe(
    'up{juju_unit="a/0",juju_model=~"$juju_model"} + up{juju_model=~"$juju_model",juju_unit=~"$juju_unit"}',
  );
});
