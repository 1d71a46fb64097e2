/** The charm's actions, in process, against the real Mimir. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MimirApi } from '../../charm/mimir-api.ts';
import { IMPATIENT, type MimirServer, startMimir } from '../support/mimir-server.ts';
import { mimir, world } from '../support/mimir-world.ts';
import { remoteWrite } from '../support/remote-write.ts';

const HOST = '127.77.1.2';
const here = world(HOST);

let server: MimirServer;
let api: MimirApi;

beforeAll(async () => {
  server = await startMimir(HOST, {}, IMPATIENT);
  api = new MimirApi(server.url);
});

afterAll(() => server.stop());

const RULES = `
groups:
  - name: recording
    interval: 30s
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
  - name: alerting
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: '{{ $labels.instance }} is down'}
`;

async function groupNames(namespace: string): Promise<readonly string[]> {
  return ((await api.rules('anonymous', namespace))[namespace] ?? []).map(({ name }) => name).toSorted();
}

describe('upload-rules', () => {
  test('puts the groups of a file into a namespace, and says what it did', async () => {
    const { results, failed, log } = await mimir.runAction(
      'upload-rules',
      { namespace: 'node', rules: RULES },
      here,
    );
    expect(failed).toBeUndefined();
    expect(results).toMatchObject({
      added: '2',
      changed: '0',
      removed: '0',
      unchanged: '0',
      'dry-run': 'false',
    });
    expect(log).toEqual(['+ recording (1 rule)', '+ alerting (1 rule)']);
    expect(await groupNames('node')).toEqual(['alerting', 'recording']);
  });

  test('changes nothing when the same file comes again', async () => {
    const { results } = await mimir.runAction('upload-rules', { namespace: 'node', rules: RULES }, here);
    expect(results).toMatchObject({ added: '0', changed: '0', removed: '0', unchanged: '2' });
  });

  test('takes away what is no longer in the file', async () => {
    const rules = 'groups: [{name: recording, rules: [{record: "job:up:sum", expr: "sum(up)"}]}]';
    const { results } = await mimir.runAction('upload-rules', { namespace: 'node', rules }, here);
    expect(results).toMatchObject({ added: '0', changed: '1', removed: '1' });
    expect(await groupNames('node')).toEqual(['recording']);
  });

  const HALF_BAD =
    'groups: [{name: a-good, rules: [{record: a, expr: "1"}]}, {name: recording, rules: [{record: b, expr: "sum("}]}]';

  test('with PromQL that Mimir refuses in the second group leaves everything as it was', async () => {
    const before = await api.rules('anonymous', 'node');
    const { failed } = await mimir.runAction('upload-rules', { namespace: 'node', rules: HALF_BAD }, here);
    expect(failed).toMatch(/^cannot set rule group "recording": .*parse error.*; nothing was changed$/);
    expect(await api.rules('anonymous', 'node')).toEqual(before);
  });

  test('as a dry run finds the same fault and touches nothing', async () => {
    const dry = { namespace: 'node', rules: HALF_BAD, 'dry-run': true };
    const { failed, log } = await mimir.runAction('upload-rules', dry, here);
    expect(failed).toMatch(/^group "recording", rule 1: .*parse error/);
    expect(log).toEqual(['+ a-good (1 rule)', '~ recording (1 rule)']);
    expect(await groupNames('node')).toEqual(['recording']);
  });

  test('refuses a file that Mimir would take and misread', async () => {
    const rules = 'groups: [{name: a, interva: 5m, rules: [{record: a, expr: "1"}]}]';
    const { failed } = await mimir.runAction('upload-rules', { namespace: 'node', rules }, here);
    expect(failed).toBe('the rule file is not valid: groups[0]: has unknown fields: interva');
  });

  test('takes namespaces and groups with any characters in their names', async () => {
    const rules = 'groups: [{name: "a/b %2F?ü", rules: [{record: a, expr: "1"}]}]';
    const { failed } = await mimir.runAction('upload-rules', { namespace: 'x/y %?', rules }, here);
    expect(failed).toBeUndefined();
    expect(await groupNames('x/y %?')).toEqual(['a/b %2F?ü']);
    const gone = await mimir.runAction('delete-rules', { namespace: 'x/y %?', group: 'a/b %2F?ü' }, here);
    expect(gone.failed).toBeUndefined();
    expect(await groupNames('x/y %?')).toEqual([]);
  });

  test('takes a file of one megabyte', async () => {
    const group = (i: number) =>
      `- name: group${i}\n  rules:\n${Array.from({ length: 500 }, (_, j) => `  - {record: "r:${j}", expr: "sum(rate(m{g='${i}',r='${j}',filler='${'x'.repeat(50)}'}[5m]))"}\n`).join('')}`;
    const rules = `groups:\n${Array.from({ length: 16 }, (_, i) => group(i)).join('')}`;
    expect(rules.length).toBeGreaterThan(900_000);
    expect(rules.length).toBeLessThan(1_048_576);
    const { failed, results } = await mimir.runAction('upload-rules', { namespace: 'big', rules }, here);
    expect(failed).toBeUndefined();
    expect(results).toMatchObject({ added: '16' });
    const listed = await mimir.runAction('list-rules', { namespace: 'big' }, here);
    expect(listed.failed).toMatch(/^the result is too long for an action/);
    const deleted = await mimir.runAction('delete-rules', { namespace: 'big' }, here);
    expect(deleted.results).toMatchObject({ removed: '16' });
  });

  test('takes the rules as juju run parses them from rules="$(cat file)"', async () => {
    const parsed: unknown = parse(RULES);
    const { failed } = await mimir.runAction('upload-rules', { namespace: 'parsed', rules: parsed }, here);
    expect(failed).toBeUndefined();
    const again = await mimir.runAction('upload-rules', { namespace: 'parsed', rules: RULES }, here);
    expect(again.results).toMatchObject({ unchanged: '2' });
    await mimir.runAction('delete-rules', { namespace: 'parsed' }, here);
  });

  test('for a tenant that multitenancy would need says so', async () => {
    const { failed } = await mimir.runAction(
      'upload-rules',
      { namespace: 'n', rules: RULES, tenant: 'team-1' },
      here,
    );
    expect(failed).toContain('there is no tenant "team-1" while multitenancy is off');
  });
});

describe('list-rules and delete-rules', () => {
  test('show by namespace what the ruler holds', async () => {
    const { results } = await mimir.runAction('list-rules', {}, here);
    expect(results).toMatchObject({ namespaces: '["node"]', groups: '1' });
    expect(JSON.parse(String(results.rules))).toMatchObject({ node: [{ name: 'recording' }] });
  });

  test('say when there is nothing to delete, where Mimir would just agree', async () => {
    const { failed } = await mimir.runAction('delete-rules', { namespace: 'node', group: 'nothing' }, here);
    expect(failed).toBe(
      'there is no group "nothing" in namespace "node" of tenant "anonymous"; see list-rules',
    );
  });

  test('delete a namespace, after a dry run that did not', async () => {
    const dry = await mimir.runAction('delete-rules', { namespace: 'node', 'dry-run': true }, here);
    expect(dry.results).toMatchObject({ removed: '1', groups: '["recording"]' });
    expect(await groupNames('node')).toEqual(['recording']);
    await mimir.runAction('delete-rules', { namespace: 'node' }, here);
    expect(await groupNames('node')).toEqual([]);
  });
});

describe('the Alertmanager configuration of a tenant', () => {
  const config =
    'route: {receiver: ops}\nreceivers: [{name: ops, webhook_configs: [{url: "http://u:hush@hook/"}]}]\n';

  test('is nothing at first', async () => {
    const { results } = await mimir.runAction('show-alertmanager-config', {}, here);
    expect(results).toEqual({ tenant: 'anonymous', configured: 'false' });
  });

  test('is set with its templates, and shown without its secrets', async () => {
    const templates = { 'a.tmpl': '{{ define "x" }}y{{ end }}' };
    const set = await mimir.runAction('set-alertmanager-config', { config, templates }, here);
    expect(set.failed).toBeUndefined();
    expect(set.results).toMatchObject({ changed: 'true', configured: 'true' });
    const { results } = await mimir.runAction('show-alertmanager-config', {}, here);
    expect(results).toMatchObject({ configured: 'true', templates: '["a.tmpl"]' });
    expect(String(results.config)).toContain('receiver: ops');
    expect(String(results.config)).not.toContain('hush');
  });

  test.each([
    [
      'a receiver that is not there',
      'route: {receiver: x}\nreceivers: [{name: ops}]',
      {},
      'undefined receiver "x"',
    ],
    ['a template that does not parse', config, { 'a.tmpl': '{{ define' }, 'a.tmpl'],
  ])('is refused with %s, in words of Mimir, and stays as it was', async (_what, bad, templates, words) => {
    const { failed } = await mimir.runAction('set-alertmanager-config', { config: bad, templates }, here);
    expect(failed).toContain(words);
    expect((await api.alertmanagerConfig('anonymous'))?.config).toBe(config);
  });

  test.each([
    ['text', ''],
    ['value, as juju run reads config=', null],
  ])('is taken away by an empty %s', async (_what, empty) => {
    await api.setAlertmanagerConfig('anonymous', { config, templates: {} });
    const { failed } = await mimir.runAction('set-alertmanager-config', { config: empty }, here);
    expect(failed).toBeUndefined();
    expect(await api.alertmanagerConfig('anonymous')).toBeUndefined();
  });

  test('comes from the options, is judged by Mimir, and goes when the options are emptied', async () => {
    const options = { 'alertmanager-config': config, 'alertmanager-templates': '{{ define "x" }}y{{ end }}' };
    const set = await mimir.run('config-changed', { ...here, config: options });
    expect(await api.alertmanagerConfig('anonymous')).toEqual({
      config,
      templates: { 'charm.tmpl': options['alertmanager-templates'] },
    });

    const bad = { 'alertmanager-config': config.replace('receiver: ops', 'receiver: nobody') };
    const refused = await mimir.run('config-changed', { ...set, config: bad });
    expect(refused.unitStatus.message).toMatch(
      /^\[config\] alertmanager-config: .*undefined receiver "nobody"/,
    );
    expect((await api.alertmanagerConfig('anonymous'))?.config, 'the last good one stays').toBe(config);

    await mimir.run('config-changed', { ...refused, config: {} });
    expect(await api.alertmanagerConfig('anonymous')).toBeUndefined();
  });
});

describe('flush-ingesters', () => {
  test('waits until the blocks are seen in storage and counts them', async () => {
    const timestamp = Date.now();
    await remoteWrite(`${server.url}/api/v1/push`, [
      { labels: { __name__: 'flushed' }, samples: [{ value: 1, timestamp }] },
    ]);
    const { results, failed, log } = await mimir.runAction('flush-ingesters', {}, here);
    expect(failed).toBeUndefined();
    expect(results).toMatchObject({ blocks: '1', series: '1', unit: 'mimir-k8s/0' });
    expect(log[0]).toBe('flushing 1 series');
    expect(log.at(-1)).toBe('1 blocks are in object storage');
  });

  test('with nothing in memory has nothing to wait for', async () => {
    const { results } = await mimir.runAction('flush-ingesters', {}, here);
    expect(results).toMatchObject({ blocks: '0' });
  });
});

test('show-stats counts series and samples by tenant', async () => {
  const timestamp = Date.now();
  const series = ['a', 'b', 'c'].map((job) => ({
    labels: { __name__: 'm', job },
    samples: [{ value: 1, timestamp }],
  }));
  await remoteWrite(`${server.url}/api/v1/push`, series);
  const { results } = await mimir.runAction('show-stats', {}, here);
  expect(results).toMatchObject({ series: '3', 'tenant-count': '1' });
  expect(JSON.parse(String(results.tenants))).toMatchObject([{ tenant: 'anonymous', series: 3 }]);
});

test('show-config shows what differs from the defaults of Mimir, or everything that fits', async () => {
  const diff = await mimir.runAction('show-config', {}, here);
  expect(String(diff.results.config)).toContain('target: all,alertmanager,overrides-exporter');
  const full = await mimir.runAction('show-config', { mode: 'full' }, here);
  expect(String(full.results.config)).toContain('shutdown_delay');
  expect(String(full.results.config).length).toBeGreaterThan(10 * String(diff.results.config).length);
});

test.each([
  'list-rules',
  'flush-ingesters',
  'show-config',
  'show-stats',
  'show-alertmanager-config',
] as const)('%s fails with the reason while Mimir is not there', async (action) => {
  const { failed } = await mimir.runAction(action, {}, world('127.77.1.3'));
  expect(failed).toMatch(/^Mimir is not ready: does not answer/);
});
