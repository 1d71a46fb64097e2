import { describe, expect, test } from 'vitest';
import { durationMs } from '../../../charm/durations.ts';
import type { RawOptions } from '../../../charm/plan/inputs.ts';
import { parseOptions } from '../../../charm/plan/options.ts';
import { DEFAULT_OPTIONS } from '../../support/mimir-inputs.ts';

function problems(options: Partial<RawOptions>) {
  const result = parseOptions({ ...DEFAULT_OPTIONS, ...options });
  return result.ok ? [] : result.problems;
}

describe('a duration in Prometheus notation', () => {
  test.each([
    ['0', 0],
    ['13h', 46_800_000],
    ['1d12h', 129_600_000],
    ['1y', 31_536_000_000],
    ['90s', 90_000],
  ])('%s is understood', (text, ms) => expect(durationMs(text)).toBe(ms));

  test.each([
    '',
    '30',
    '1h1d',
    '-1h',
    '1.5h',
    '1 h',
    'h',
    '1H',
    '1000000000000d',
  ])('"%s" is refused', (text) => expect(durationMs(text)).toBeUndefined());
});

describe('a wrong option is named with its value and with what is allowed', () => {
  test.each<[keyof RawOptions, string | number, string]>([
    ['tsdb-block-retention-period', '12h', 'a duration of at least 13h, such as 13h, 1d or 2w'],
    ['tsdb-block-retention-period', '0', 'a duration of at least 13h, such as 13h, 1d or 2w'],
    ['metrics-retention-period', '30', '0 (for ever), or a duration of at least 2h, such as 30d'],
    ['metrics-retention-period', '999999y', '0 (for ever), or a duration of at least 2h, such as 30d'],
    ['max-global-exemplars-per-user', -1, 'a whole number from 0 to 1000000000'],
    ['max-global-series-per-user', 1e12, 'a whole number from 0 (no limit) to 1000000000'],
    ['ingestion-rate', 0, 'a whole number from 1 to 1000000000'],
    ['replication-factor', 2, '1, 3 or 5'],
    ['ha-failover-timeout', '4s', 'a duration of at least 5s, such as 30s'],
    ['s3-sse-type', 'aws', 'none, SSE-S3 or SSE-KMS'],
    ['s3-sse-kms-key-id', 'k', 'empty while s3-sse-type is none'],
    ['log-level', 'loud', 'debug, info, warn or error'],
  ])('%s = %s', (option, value, allowed) => {
    expect(problems({ [option]: value })).toEqual([{ option, value: String(value), allowed }]);
  });

  test.each<[string, string, string]>([
    ['', '', 's3-sse-kms-key-id'],
    ['a key\nX-Amz-Acl: public-read', '', 's3-sse-kms-key-id'],
    ['key', '["a"]', 's3-sse-kms-encryption-context'],
    ['key', '{"a": 1}', 's3-sse-kms-encryption-context'],
  ])('encryption with key %j and context %j', (key, context, option) => {
    const said = {
      's3-sse-type': 'SSE-KMS',
      's3-sse-kms-key-id': key,
      's3-sse-kms-encryption-context': context,
    };
    expect(problems(said).map((problem) => problem.option)).toEqual([option]);
  });

  test('all faults are told at once', () => {
    expect(
      problems({ 'log-level': 'loud', 'ingestion-rate': -5 })
        .map(({ option }) => option)
        .toSorted(),
    ).toEqual(['ingestion-rate', 'log-level']);
  });

  test('a long value is shortened and kept on one line', () => {
    const [problem] = problems({ 'log-level': `x\u0007${'y'.repeat(100)}\nz` });
    expect(problem?.value).toMatch(/^x y{37}…$/);
  });
});

describe('an Alertmanager configuration', () => {
  const good = 'route: {receiver: ops}\nreceivers: [{name: ops}]\n';

  test('is taken with its templates as one file', () => {
    const result = parseOptions({
      ...DEFAULT_OPTIONS,
      'alertmanager-config': good,
      'alertmanager-templates': '{{ define "t" }}x{{ end }}',
    });
    expect(result).toMatchObject({
      ok: true,
      options: { alertmanager: { config: good, templates: { 'charm.tmpl': '{{ define "t" }}x{{ end }}' } } },
    });
  });

  test('templates without a configuration are refused', () => {
    expect(problems({ 'alertmanager-templates': '{{ define "t" }}{{ end }}' })).toMatchObject([
      { option: 'alertmanager-templates' },
    ]);
  });
});
