/** Limits of tenants: what may be said, and the file that it becomes. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { LimitSources } from '../../../charm/plan/inputs.ts';
import { tenantLimitsFrom } from '../../../charm/tenant-limits/file.ts';
import { merged, parseTenantLimits, told } from '../../../charm/tenant-limits/limits.ts';
import { recordOf, tenantsOf } from '../../../charm/tenant-limits/record.ts';
import { limitsIn } from '../../../charm/tenant-limits/render.ts';

function mistakes(text: string): string {
  const parsed = parseTenantLimits(text);
  return parsed.ok ? '' : told(parsed.problems);
}

describe('what is wrong is told by tenant and limit, and never shows a value', () => {
  test.each([
    ['a: {ingestion_rate: fast}', 'tenant "a", ingestion_rate must be a number'],
    ['a: {ingestion_burst_size: 1.5}', 'tenant "a", ingestion_burst_size must be a whole number'],
    ['a: {ingestion_rate: .inf}', 'tenant "a", ingestion_rate must be a number'],
    ['a: {accept_ha_samples: "yes"}', 'tenant "a", accept_ha_samples must be true or false'],
    ['a: {ha_cluster_label: 5}', 'tenant "a", ha_cluster_label must be a text'],
    [
      'a: {compactor_blocks_retention_period: 30}',
      'tenant "a", compactor_blocks_retention_period must be a duration such as 30s, 12h or 1y, or 0',
    ],
    ['a: {metric_relabel_configs: drop}', 'tenant "a", metric_relabel_configs must be a list or a map'],
    ['a: {ingestion_rat: 5}', `tenant "a", ingestion_rat is no limit of Mimir's`],
    [
      'a: {ruler_alertmanager_client_config: {basic_auth_password: hidden}}',
      `tenant "a", ruler_alertmanager_client_config is the charm's: relate an Alertmanager instead`,
    ],
    ['a: 5', 'tenant "a" must map limits to values'],
    ['[a]', 'must map tenants to their limits: TENANT: {LIMIT: VALUE}'],
    ['a/b: {}', 'tenant "a/b" is no name that Mimir takes: up to 150 letters, digits and !-_.*\'()'],
    ['"..": {}', 'tenant ".." is no name that Mimir takes: up to 150 letters, digits and !-_.*\'()'],
    ['{', expect.stringMatching(/^is not YAML: /)],
    ['a: {}\na: {}', expect.stringMatching(/^is not YAML: .*unique/)],
  ])('%s', (text, problem) => expect(mistakes(text)).toEqual(problem));

  test('the first of many', () => {
    expect(mistakes('{a: {x: 1, y: 1}, b: {x: 1, y: 1}}')).toMatch(
      /^tenant "a", x .*; tenant "b", x .*; and 1 more$/,
    );
  });
});

test.each([
  ['nothing', ''],
  ['a tenant without limits', 'a:'],
  [
    'each kind',
    'a: {ingestion_rate: 0.5, max_label_name_length: 7, max_query_lookback: 0, drop_labels: [x]}',
  ],
  ['an alias', '{a: &big {ingestion_rate: 5}, b: *big}'],
])('%s is fine', (_what, text) => expect(mistakes(text)).toBe(''));

test('what the action has set wins, limit by limit', () => {
  const option = { a: { ingestion_rate: 1, ingestion_burst_size: 2 }, b: { ingestion_rate: 3 } };
  expect(merged(option, { a: { ingestion_rate: 9 }, c: { ingestion_rate: 4 } })).toEqual({
    a: { ingestion_rate: 9, ingestion_burst_size: 2 },
    b: { ingestion_rate: 3 },
    c: { ingestion_rate: 4 },
  });
});

async function fileOf(sources: LimitSources, present?: string): Promise<string> {
  const input = await tenantLimitsFrom(sources, present);
  return input?.kind === 'fine' ? input.content : `none: ${input?.reason}`;
}

describe('the file', () => {
  const sources = {
    option: 'b: {ingestion_rate: 5}\na: {}',
    record: recordOf({ b: { max_query_lookback: '1h' } }),
  };

  test('is what Mimir reads', async () => {
    const content = await fileOf(sources);
    expect(parse(content)).toEqual({
      overrides: { a: {}, b: { ingestion_rate: 5, max_query_lookback: '1h' } },
    });
    expect(limitsIn(content)).toEqual([
      ['a', '{}'],
      ['b', '{"ingestion_rate":5,"max_query_lookback":"1h"}'],
    ]);
  });

  test('stays as it is, byte by byte, while nothing changes, and is whole again after somebody`s hand', async () => {
    const content = await fileOf(sources);
    expect(await fileOf(sources, content)).toBe(content);
    expect(await fileOf(sources, content.replace('5', '6'))).toBe(content);
    expect(await fileOf({ ...sources, record: undefined }, content)).not.toBe(content);
  });

  test('is not asked for while nobody has set anything', async () => {
    expect(await tenantLimitsFrom({ option: ' \n', record: undefined }, undefined)).toBeUndefined();
  });
});

describe('what the action has set, in a databag', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `customer-${(i * 7919) % 100_003}-production`);
  const tenants = Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        ingestion_rate: 10_000 + ((i * 31) % 997) * 100,
        max_global_series_per_user: 150_000 + i * 1000,
        compactor_blocks_retention_period: `${30 + (i % 365)}d`,
      },
    ]),
  );

  test('comes back as it was, and a thousand tenants take less than Juju keeps of one key', () => {
    const record = recordOf(tenants) ?? '';
    expect(tenantsOf(record)).toEqual({ ok: true, value: tenants });
    expect(record.length).toBeLessThan(64 * 1024);
  });

  test('is absent when there is nothing', () => {
    expect(recordOf({ a: {} })).toBeUndefined();
    expect(tenantsOf(undefined)).toEqual({ ok: true, value: {} });
  });

  test.each(['', 'rubbish', 'eJwDAAAAAAE=', '{"a":1}'])('%j of somebody else says nothing', (record) => {
    expect(tenantsOf(record)).toEqual({ ok: true, value: {} });
  });
});
