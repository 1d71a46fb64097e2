/** What senders may say, however odd, in the real ruler: what is good of it is loaded, and only that. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readListedYaml } from '../../charm/listed-yaml.ts';
import { MimirApi } from '../../charm/mimir-api.ts';
import { type Result, type Sent, syncSenderRules } from '../../charm/sender-rules/sync.ts';
import { readYaml } from '../../charm/yaml-text.ts';
import { peer } from '../../tools/peers.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';

const HOST = '127.77.1.61';
const KEY = '5:agent';
const NAMESPACE = 'receive-remote-write:5:agent';
const TENANT = 'anonymous';

/** Counts what changes the ruler. */
class CountingApi extends MimirApi {
  changes = 0;

  override setRuleGroup(...args: Parameters<MimirApi['setRuleGroup']>): Promise<void> {
    this.changes++;
    return super.setRuleGroup(...args);
  }

  override deleteRuleGroup(...args: Parameters<MimirApi['deleteRuleGroup']>): Promise<void> {
    this.changes++;
    return super.deleteRuleGroup(...args);
  }
}

let server: MimirServer;
let api: CountingApi;
beforeAll(async () => {
  server = await startMimir(HOST, {}, IMPATIENT);
});
beforeEach(async () => {
  api = new CountingApi(server.url);
  await api.deleteRuleNamespace(TENANT, NAMESPACE);
});
afterAll(() => server?.stop());

const down = (expr = 'up == 0') => ({ alert: 'Down', expr });

async function send(groups: readonly unknown[], part: Partial<Sent> = {}): Promise<Result | undefined> {
  const sent = [{ key: KEY, text: JSON.stringify({ groups }), mayBeThere: true, ...part }];
  return (await syncSenderRules(api, TENANT, { sent, gone: [], everything: false })).get(KEY);
}

/** Names of rules by group. */
async function loaded(): Promise<Readonly<Record<string, number>>> {
  const groups = (await api.rules(TENANT, NAMESPACE))[NAMESPACE] ?? [];
  return Object.fromEntries(groups.map(({ name, rules }) => [name, Array.isArray(rules) ? rules.length : 0]));
}

describe('of a group with bad rules', () => {
  test('the good ones are loaded, and each bad one is told of', async () => {
    const bad = [
      down('up =='),
      down('nofunc(up)'),
      { record: 'not a name', expr: 'up' },
      { alert: 'Both', record: 'both', expr: 'up' },
      { expr: 'neither' },
      { record: 'a:b', expr: 'up', for: '5m' },
      { ...down(), labels: { 'not-a-label': 'x' } },
      { ...down(), annotations: { text: '{{ .Foo' } },
      { ...down(), for: 'soon' },
    ];
    const result = await send([{ name: 'mixed', rules: [down(), ...bad, down('up == 1')] }]);
    expect(result?.kind).toBe('loaded');
    const problems = result?.kind === 'loaded' ? result.problems : [];
    expect(problems).toHaveLength(bad.length);
    for (const problem of problems) expect(problem).toMatch(/^group "mixed", rule .+: ./);
    expect(await loaded()).toEqual({ mixed: 2 });
  });

  test('none is left when none is good, also of what was there', async () => {
    await send([{ name: 'a', rules: [down()] }]);
    await send([{ name: 'a', rules: [down('nofunc(up)')] }]);
    expect(await loaded()).toEqual({});
  });
});

/** Texts that YAML, JSON, paths and templates treat in ways of their own. */
const ODD = [
  'a/b %2F?ü#x',
  '..x',
  'line\nbreak\n',
  ' spaces  ',
  '\ttab',
  'quote"s\'`\\',
  ': - # & * ! | > { [ ] } , ? @ %',
  '~',
  'null',
  'yes',
  '1.5',
  '0x1f',
  '2020-01-01',
  '\u0001\u0085\u00a0\u2028\u2029\ufeff',
  '😀',
  'a\r\nb',
  'x'.repeat(500),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as Mimir's own -config.expand-env would read it
  '${HOME} {{ $labels.x }}',
  '- dash',
  'trailing: ',
  '\n\nlead',
  'a\n\n  b\n\n',
  '  a\nb',
  'a\u0085b\u2028c',
];

describe('odd texts', () => {
  const group = (name: string) => ({
    name,
    rules: [{ ...down(), labels: { text: name }, annotations: { text: name } }],
  });

  test('come back from Mimir as they were sent, and are not sent again', async () => {
    const result = await send(ODD.map(group));
    expect(result).toEqual({ kind: 'loaded', problems: [] });
    expect(Object.keys(await loaded())).toHaveLength(ODD.length);
    api.changes = 0;
    await send(ODD.map(group));
    expect(api.changes).toBe(0);
    await send([]);
    expect(await loaded()).toEqual({});
  });

  test('are listed by Mimir in YAML that both readers read alike', async () => {
    await send(ODD.map((text, i) => ({ ...group(text), interval: '90s', limit: i, query_offset: '1m' })));
    const text = await (await fetch(`${server.url}/prometheus/config/v1/rules`)).text();
    const read = readListedYaml(text);
    expect(read.ok).toBe(true);
    expect(read).toEqual(readYaml(text));
  });
});

describe('a listing that nobody can read', () => {
  /** Go indents it wrongly. Mimir's API takes it from anybody. */
  const unreadable = { name: '\n\nlead', rules: [down()] };
  const sent = [
    { key: KEY, text: JSON.stringify({ groups: [{ name: 'a', rules: [down()] }] }), mayBeThere: true },
  ];

  test('keeps no sender from its rules, when people have made it so', async () => {
    await api.setRuleGroup(TENANT, 'odd', unreadable);
    await expect(api.rules(TENANT)).rejects.toThrow('cannot understand');
    const results = await syncSenderRules(api, TENANT, { sent, gone: [], everything: true });
    expect(results.get(KEY)).toEqual({ kind: 'loaded', problems: [] });
    expect(await loaded()).toEqual({ a: 1 });
    await api.deleteRuleNamespace(TENANT, 'odd');
  });

  test('is made anew, when it is a sender`s', async () => {
    await api.setRuleGroup(TENANT, NAMESPACE, unreadable);
    const results = await syncSenderRules(api, TENANT, { sent, gone: [], everything: false });
    expect(results.get(KEY)).toEqual({ kind: 'loaded', problems: [] });
    expect(await loaded()).toEqual({ a: 1 });
  });
});

test("mimirtool finds nothing to do where the rules are loaded, and the charm where mimirtool's are", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mimirtool-rules-'));
  try {
    const groups = [1, 2, 3].map((i) => ({
      name: `g${i}`,
      interval: '90s',
      rules: [
        {
          ...down(`up == ${i}`),
          for: '5m',
          labels: { severity: 'critical' },
          annotations: { text: '{{ $value }}\n"x"' },
        },
        { record: 'a:b', expr: `sum(up) > ${i}` },
      ],
    }));
    const file = join(folder, 'rules.yaml');
    await writeFile(file, JSON.stringify({ namespace: NAMESPACE, groups }));
    const mimirtool = async () => {
      const where = [`--address=${server.url}`, `--id=${TENANT}`, `--namespaces=${NAMESPACE}`];
      const { stdout } = await promisify(execFile)(await peer('mimirtool'), [
        'rules',
        'sync',
        ...where,
        file,
      ]);
      return stdout.trim().split('\n').at(-1);
    };
    await send(groups);
    expect(await mimirtool()).toBe('Sync Summary: 0 Groups Created, 0 Groups Updated, 0 Groups Deleted');
    await api.deleteRuleNamespace(TENANT, NAMESPACE);
    expect(await mimirtool()).toBe('Sync Summary: 3 Groups Created, 0 Groups Updated, 0 Groups Deleted');
    api.changes = 0;
    await send(groups);
    expect(api.changes).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('what the ruler holds of gone senders goes, what people have there stays', async () => {
  await api.setRuleGroup(TENANT, 'node', { name: 'a', rules: [down()] });
  await api.setRuleGroup(TENANT, 'receive-remote-write:1:gone', { name: 'a', rules: [down()] });
  const sent = [
    { key: KEY, text: JSON.stringify({ groups: [{ name: 'a', rules: [down()] }] }), mayBeThere: false },
  ];
  const results = await syncSenderRules(api, TENANT, { sent, gone: [], everything: true });
  expect([...results].map(([key, { kind }]) => [key, kind])).toEqual([
    [KEY, 'loaded'],
    ['1:gone', 'removed'],
  ]);
  expect(Object.keys(await api.rules(TENANT)).toSorted()).toEqual(['node', NAMESPACE]);
});
