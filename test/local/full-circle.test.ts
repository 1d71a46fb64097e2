/**
 * The packed charm, real Mimirs, a real bucket: what an operator does in the first hours, in one model. The tests
 * build on one another.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { query } from '../../demo/query.ts';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';
import { type TinyCharm, writeCharm } from './tiny-charm.ts';

let model: TestModel;
/** Each unit's Mimir, by the unit's number, as it is reached from here. */
let mimir: readonly [string, string, string];
/** From some minutes ago, so that rules, which look a minute back, see all of it. */
let early: Batch;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ units: 2 });
  await model.integrate();
  const reach = (unit: number) => model.forward(`mimir-k8s/${unit}`, 9009);
  mimir = [await reach(0), await reach(1), await reach(2)];
});

afterAll(() => model[Symbol.asyncDispose]());

/** An action that must succeed: its results, as text, and its log. */
async function run(unit: string, action: string, params: Record<string, unknown> = {}) {
  const { task, log } = await model.run(unit, action, params);
  expect(task, task.message).toMatchObject({ status: 'completed' });
  return { results: z.record(z.string(), z.unknown()).parse(task.results), log };
}

/** An action that must fail: its message. */
async function refused(unit: string, action: string, params: Record<string, unknown> = {}) {
  const { task } = await model.run(unit, action, params);
  expect(task.status, JSON.stringify(task.results)).toBe('failed');
  return task.message;
}

async function getJson(url: string): Promise<unknown> {
  const { body } = await request(url, { headersTimeout: 20_000, bodyTimeout: 20_000 });
  return body.json();
}

test('one MinIO and two Mimirs, integrated, become active', async () => {
  const status = await model.untilActive();
  expect(status.applications['mimir-k8s']).toMatchObject({
    version: '3.0.5',
    scale: 2,
    'application-status': { current: 'active' },
    units: { 'mimir-k8s/0': { leader: true, 'open-ports': ['9009/tcp'] } },
  });
});

test('thousands of samples written to one unit are read back from each, by count and sum', async () => {
  early = await writeBatch(mimir[0], 'early', { end: Date.now() - 120_000, stepMs: 3000 });
  await expectWhole(mimir[0], early);
  await expectWhole(mimir[1], early);
});

const RULES = `
groups:
  - name: circle
    interval: 5s
    rules:
      - record: early:samples:count
        expr: sum(count_over_time(early[1h]))
      - alert: AlwaysThere
        expr: vector(1)
        labels: {severity: critical}
        annotations: {summary: it is always there}
`;
const OTHER =
  'groups: [{name: circle, rules: [{record: other, expr: "1"}]}, {name: more, rules: [{record: more, expr: "2"}]}]';

describe('rules', () => {
  test('are looked at in a dry run, which changes nothing', async () => {
    const { results, log } = await run('mimir-k8s/1', 'upload-rules', {
      namespace: 'node',
      rules: RULES,
      'dry-run': true,
    });
    expect(results).toMatchObject({ added: '1', changed: '0', removed: '0', 'dry-run': 'true' });
    expect(log).toEqual(['+ circle (2 rules)']);
    expect((await run('mimir-k8s/0', 'list-rules')).results).toMatchObject({ groups: '0' });
  });

  test('are uploaded at one unit and seen at the other', async () => {
    await run('mimir-k8s/1', 'upload-rules', { namespace: 'node', rules: RULES });
    const { results } = await run('mimir-k8s/0', 'list-rules', { namespace: 'node' });
    expect(results).toMatchObject({ namespaces: '["node"]', groups: '1' });
    expect(JSON.parse(String(results.rules))).toMatchObject({ node: [{ name: 'circle', interval: '5s' }] });
  });

  test('show the difference before they are replaced', async () => {
    const dry = { namespace: 'node', rules: OTHER, 'dry-run': true };
    const { log } = await run('mimir-k8s/0', 'upload-rules', dry);
    expect(log).toEqual(['+ more (1 rule)', '~ circle (1 rule)']);
    const same = await run('mimir-k8s/0', 'upload-rules', { namespace: 'node', rules: RULES });
    expect(same.results).toMatchObject({ added: '0', changed: '0', unchanged: '1' });
  });

  test.each([
    ['is no YAML', 'groups: [{name: circle', 'the rule file is not valid: is not YAML'],
    ['has no rules', 'groups: [{name: circle, rules: []}]', 'groups[0].rules: has no rules'],
    [
      'has PromQL that does not parse in its second group',
      'groups: [{name: a, rules: [{record: a, expr: "1"}]}, {name: circle, rules: [{record: b, expr: "sum("}]}]',
      'nothing was changed',
    ],
  ])('are as they were after a file that %s', async (_what, rules, words) => {
    const before = (await run('mimir-k8s/0', 'list-rules')).results;
    expect(await refused('mimir-k8s/0', 'upload-rules', { namespace: 'node', rules })).toContain(words);
    expect((await run('mimir-k8s/0', 'list-rules')).results).toEqual(before);
  });

  test('live in namespaces of any characters, and are deleted from there', async () => {
    const namespace = 'a/b %2F?#ü..';
    await run('mimir-k8s/0', 'upload-rules', { namespace, rules: OTHER });
    const { results } = await run('mimir-k8s/1', 'delete-rules', { namespace, group: 'more' });
    expect(results).toMatchObject({ removed: '1', groups: '["more"]' });
    expect((await run('mimir-k8s/0', 'list-rules', { namespace })).results).toMatchObject({ groups: '1' });
    await run('mimir-k8s/0', 'delete-rules', { namespace });
    expect((await run('mimir-k8s/1', 'list-rules')).results).toMatchObject({ namespaces: '["node"]' });
    expect(await refused('mimir-k8s/0', 'delete-rules', { namespace })).toContain('there is no namespace');
  });
});

describe('the Alertmanager configuration', () => {
  const config =
    'route: {receiver: ops}\nreceivers: [{name: ops, webhook_configs: [{url: "http://u:hush@hook.invalid/"}]}]\n';

  test('is set at one unit and shown at the other, without its secrets', async () => {
    await run('mimir-k8s/0', 'set-alertmanager-config', { config });
    const { results } = await run('mimir-k8s/1', 'show-alertmanager-config');
    expect(String(results.config)).toContain('receiver: ops');
    expect(JSON.stringify(results)).not.toContain('hush');
  });

  test('stays when another is refused', async () => {
    const bad = config.replace('receiver: ops', 'receiver: nobody');
    const message = await refused('mimir-k8s/0', 'set-alertmanager-config', { config: bad });
    expect(message).toContain('undefined receiver "nobody"');
    const { results } = await run('mimir-k8s/0', 'show-alertmanager-config');
    expect(String(results.config)).toContain('receiver: ops');
  });
});

test('an action finds out that Mimir does not serve, says so, and does nothing', async () => {
  const pebble = 'PEBBLE_SOCKET=/charm/containers/mimir/pebble.socket /charm/bin/pebble';
  await model.exec('mimir-k8s/1', `${pebble} stop mimir`);
  const message = await refused('mimir-k8s/1', 'upload-rules', { namespace: 'node', rules: OTHER });
  expect(message).toMatch(/^Mimir is not ready: .*; see juju status, and try again when it is active$/);
  expect(await refused('mimir-k8s/1', 'flush-ingesters')).toContain('Mimir is not ready');
  await model.exec('mimir-k8s/1', `${pebble} start mimir`);
  await expect
    .poll(() => run('mimir-k8s/1', 'list-rules').catch(String), { timeout: 90_000, interval: 2000 })
    .toMatchObject({ results: { groups: '1' } });
  await model.untilActive();
  await expectWhole(mimir[1], early);
});

test('the recording rule is evaluated, and its series can be queried', async () => {
  await expect
    .poll(
      async () =>
        (await query(`${mimir[1]}/prometheus`, 'early:samples:count', Date.now()))[0]?.points[0]?.[1],
      { timeout: 120_000, interval: 1000 },
    )
    .toBe(early.count);
});

test('the alert fires, and reaches the Alertmanager of Mimir, whichever unit is asked', async () => {
  for (const url of mimir.slice(0, 2)) {
    await expect
      .poll(() => getJson(`${url}/alertmanager/api/v2/alerts`).catch(String), {
        timeout: 120_000,
        interval: 1000,
      })
      .toMatchObject([
        {
          labels: { alertname: 'AlwaysThere', severity: 'critical' },
          annotations: { summary: 'it is always there' },
          receivers: [{ name: 'ops' }],
          status: { state: 'active' },
        },
      ]);
  }
});

describe('looking at it', () => {
  test('show-stats counts what the tenants have, the same at each unit', async () => {
    for (const unit of ['mimir-k8s/0', 'mimir-k8s/1']) {
      const { results } = await run(unit, 'show-stats');
      expect(JSON.parse(String(results.tenants))).toMatchObject([{ tenant: 'anonymous' }]);
      expect(Number(results.series)).toBeGreaterThanOrEqual(20);
    }
  });

  test('show-config shows where it stores, and no secret of it; nor does any log or status', async () => {
    const { out } = await model.ssh('mimir-k8s/0', 'mimir', ['/bin/cat', '/data/conf/mimir.yaml']);
    const { access_key_id, secret_access_key, bucket_name } = z
      .object({ access_key_id: z.string(), secret_access_key: z.string().min(8), bucket_name: z.string() })
      .parse(parse(out).common.storage.s3);
    for (const mode of ['diff', 'full']) {
      const { results } = await run('mimir-k8s/0', 'show-config', { mode });
      expect(String(results.config)).toContain(bucket_name);
      expect(JSON.stringify(results)).not.toContain(secret_access_key);
      expect(JSON.stringify(results)).not.toContain(access_key_id);
    }
    const told = JSON.stringify([
      await model.status(),
      await model.log(),
      await model.client.call('show-unit', { units: ['mimir-k8s/0', 'minio-k8s/0'] }),
    ]);
    expect(told).not.toContain(secret_access_key);
    expect(told).not.toContain('hush');
  });
});

const READER: TinyCharm = {
  name: 'reader',
  metadata:
    'requires:\n  metrics: {interface: prometheus_remote_write}\n  source: {interface: grafana_datasource}\n',
  script: 'status-set active',
};

test('related charms are given one URL by every unit, and it leads to Mimir', async () => {
  await model.client.call('deploy', { charm: await writeCharm(model.dir, READER) });
  await model.integrate(['reader:metrics', 'mimir-k8s:receive-remote-write']);
  await model.integrate(['reader:source', 'mimir-k8s:grafana-source']);
  await model.untilActive();
  const reader = (script: string) => model.exec('reader/0', script);
  const host = 'mimir-k8s.local.svc.cluster.local:9009';
  await expect
    .poll(() =>
      reader(
        'id=$(relation-ids metrics); for unit in $(relation-list -r $id); do relation-get -r $id remote_write $unit; done',
      ),
    )
    .toBe(`{"url":"http://${host}/api/v1/push"}\n`.repeat(2));
  expect(await reader('relation-get -r $(relation-ids source) --app grafana_source_app_host mimir-k8s')).toBe(
    `http://${host}/prometheus\n`,
  );
  const ask = `exec 3<>/dev/tcp/${host.replace(':', '/')} && printf 'GET /ready HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
  expect(await reader(ask)).toMatch(/ 200 OK\r\n.*\r\n\r\nready$/s);
});

describe('changes', () => {
  let late: Batch;

  test('a third unit joins, and nobody restarts for it', async () => {
    const started = () => Promise.all(mimir.slice(0, 2).map(startTime));
    const before = await started();
    await model.client.call('scale-application', { application: 'mimir-k8s', scale: 3 });
    await model.until('three units', (status) => status.applications['mimir-k8s']?.scale === 3);
    await model.untilActive();
    expect(await started()).toEqual(before);
    late = await writeBatch(mimir[2], 'late');
    for (const url of mimir) await expectWhole(url, early, late);
  });

  test('flush-ingesters waits until the blocks are in the bucket, where no sample is missing', async () => {
    for (const unit of [0, 1, 2]) {
      const { results, log } = await run(`mimir-k8s/${unit}`, 'flush-ingesters');
      // Which unit holds which series is the ring's choice; a unit without any has nothing to write.
      if (Number(results.series) > 0) expect(Number(results.blocks)).toBeGreaterThanOrEqual(1);
      expect(log[0]).toMatch(/^flushing \d+ series$/);
      expect(log.at(-1)).toMatch(/^\d+ blocks? (is|are) in object storage$/);
    }
    expect(await samplesInBucket()).toBeGreaterThanOrEqual(early.count + late.count);
  });

  test('after a scale-down to one unit all of it is read from there, also when its log-level is changed', async () => {
    await model.client.call('scale-application', { application: 'mimir-k8s', scale: 1 });
    await model.until(
      'one unit',
      (status) => Object.keys(status.applications['mimir-k8s']?.units ?? {}).length === 1,
      // Both are drained first, until queries find their blocks in the bucket.
      400,
    );
    await model.untilActive();
    const before = await startTime(mimir[0]);
    await model.config({ 'log-level': 'debug' });
    await expect.poll(() => startTime(mimir[0]).catch(String), { timeout: 60_000 }).not.toBe(before);
    await model.untilActive();
    expect(String((await run('mimir-k8s/0', 'show-config')).results.config)).toContain('log_level: debug');
    await expectWhole(mimir[0], early, late);
  }, 600_000);

  test('a refresh replaces the pods, and the samples that were in memory only are still there', async () => {
    const fresh = await writeBatch(mimir[0], 'fresh');
    await model.refreshMimir();
    await model.until('the new charm', (status) => status.applications['mimir-k8s']?.['charm-rev'] === 1);
    await model.untilActive();
    await expectWhole(mimir[0], early, late, fresh);
    expect((await run('mimir-k8s/0', 'list-rules')).results).toMatchObject({ groups: '1' });
  });

  test('and no unit has been in error at any time', async () => {
    const failed = (await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line));
    expect(failed).toEqual([]);
  });
});

/** Of the process behind the URL. */
async function startTime(url: string): Promise<string | undefined> {
  const { body } = await request(`${url}/metrics?name[]=process_start_time_seconds`, {
    headersTimeout: 20_000,
  });
  return /^process_start_time_seconds (.*)$/m.exec(await body.text())?.[1];
}

/** By the blocks' own word. */
async function samplesInBucket(): Promise<number> {
  const find = ['/usr/bin/find', '/data', '-name', 'xl.meta', '-path', '*/blocks/*/meta.json/*'];
  const { out } = await model.ssh('minio-k8s/0', 'minio', [...find, '-exec', 'cat', '{}', '+']);
  return [...out.matchAll(/"numSamples": ?(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
