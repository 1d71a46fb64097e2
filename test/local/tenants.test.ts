/**
 * Two tenants in one Mimir of two units, and its operator: the packed charm, the real Mimir, a real bucket. The tests
 * build on one another.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DIRS } from '../../charm/plan/paths.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';
import { encodeWriteRequest, remoteWrite } from '../support/remote-write.ts';
import { deployTester, packTester } from '../support/tester-charm.ts';
import { Webhook } from '../support/webhook-charm.ts';

const installed = await nginx();

let model: TestModel;
let webhook: Webhook;
/** Each unit's Mimir, as it is reached from here. */
let mimir: readonly [string, string];

beforeAll(async () => {
  model = await TestModel.start();
  webhook = new Webhook(model);
  await webhook.deploy();
  await model.deployMinio();
  await model.deployMimir({ units: 2, config: { multitenancy: 'true' } });
  await model.integrate();
  mimir = [await model.forward('mimir-k8s/0', 9009), await model.forward('mimir-k8s/1', 9009)];
  await model.untilActive();
});

afterAll(() => model?.[Symbol.asyncDispose]());

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1'];
const LAST = 'last_over_time(own[1h])';
/** After a start Mimir drops deleted tenants when five minutes are over: a constant of its. */
const DROPPED = { timeout: 480_000, interval: 5000 };
const patiently = { timeout: 120_000, interval: 1000 };
const as = (tenant: string) => ({ 'x-scope-orgid': tenant });

/** An action that must succeed. */
async function run(unit: string, action: string, params: Record<string, unknown> = {}) {
  const { task } = await model.run(unit, action, params);
  expect(task, task.message).toMatchObject({ status: 'completed' });
  return z.record(z.string(), z.unknown()).parse(task.results);
}

/** An action that must fail: its message. */
async function refused(unit: string, action: string, params: Record<string, unknown>) {
  const { task } = await model.run(unit, action, params);
  expect(task.status, JSON.stringify(task.results)).toBe('failed');
  return task.message;
}

async function isReady(url: string): Promise<boolean> {
  const { statusCode, body } = await request(`${url}/ready`);
  await body.dump();
  return statusCode === 200;
}

let written = 0;
/** Writes so many new series, and gives Mimir's answer. */
async function push(url: string, tenant: string, series: number): Promise<number> {
  const name = `written_${written++}`;
  const { statusCode, body } = await request(`${url}/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', ...as(tenant) },
    body: encodeWriteRequest(
      Array.from({ length: series }, (_, i) => ({
        labels: { __name__: name, i: String(i) },
        samples: [{ value: i, timestamp: Date.now() }],
      })),
    ),
  });
  await body.dump();
  return statusCode;
}

/** What it is now, or what it was last: Mimir forgets a series that is not written any more for questions about now. */
async function values(url: string, tenant: string, query: 'own' | 'last_over_time(own[1h])' = 'own') {
  const parameters = new URLSearchParams({ query });
  const { body } = await request(`${url}/prometheus/api/v1/query?${parameters}`, { headers: as(tenant) });
  const answer = z.object({ data: z.object({ result: z.array(z.object({ value: z.array(z.unknown()) })) }) });
  return answer.parse(await body.json()).data.result.map(({ value }) => value[1]);
}

describe('two tenants', () => {
  test('each see what is theirs, at both units', async () => {
    for (const [tenant, value] of [
      ['team-a', 1],
      ['team-b', 2],
    ] as const) {
      const series = [{ labels: { __name__: 'own' }, samples: [{ value, timestamp: Date.now() }] }];
      await remoteWrite(`${mimir[0]}/api/v1/push`, series, as(tenant));
    }
    for (const url of mimir) {
      await expect.poll(() => values(url, 'team-a'), patiently).toEqual(['1']);
      await expect.poll(() => values(url, 'team-b'), patiently).toEqual(['2']);
    }
  });

  test('without a tenant nothing is taken or shown', async () => {
    const { statusCode } = await request(`${mimir[0]}/prometheus/api/v1/labels`);
    expect(statusCode).toBe(401);
  });

  test('an alert of one reaches its own receiver alone', async () => {
    for (const tenant of ['team-a', 'team-b']) {
      const receiver = `{name: hook, webhook_configs: [{url: '${webhook.url(`/${tenant}`)}'}]}`;
      const config = `{route: {receiver: hook, group_wait: 1s, group_interval: 1s}, receivers: [${receiver}]}`;
      await run('mimir-k8s/0', 'set-alertmanager-config', { config, tenant });
    }
    const rules = 'groups: [{name: g, interval: 2s, rules: [{alert: OfTeamA, expr: vector(1)}]}]';
    await run('mimir-k8s/1', 'upload-rules', { namespace: 'n', rules, tenant: 'team-a' });
    await expect.poll(() => webhook.posted('/team-a'), patiently).not.toEqual([]);
    expect(JSON.stringify(await webhook.posted('/team-a'))).toContain('OfTeamA');
    expect(await webhook.posted('/team-b')).toEqual([]);
  });
});

describe('limits of one tenant', () => {
  let started: readonly string[];

  test('set on the leader bite at every unit, and no process is another one', async () => {
    started = await Promise.all(mimir.map(startTime));
    const limits = '{max_global_series_per_user: 20}';
    expect(await run('mimir-k8s/0', 'set-tenant-limits', { tenant: 'team-b', limits })).toMatchObject({
      changed: 'true',
      limits: '{"max_global_series_per_user":20}',
    });
    for (const url of mimir) {
      await expect.poll(() => push(url, 'team-b', 40), patiently).toBe(400);
      expect(await push(url, 'team-a', 40)).toBe(200);
    }
  });

  test('are lifted by the option only after the action has taken its own back', async () => {
    await model.config({ 'tenant-limits': 'team-b: {max_global_series_per_user: 100000}' });
    await model.untilActive();
    expect(await run('mimir-k8s/1', 'show-tenant-limits', { tenant: 'team-b' })).toMatchObject({
      limits: expect.stringContaining('"in-force":{"max_global_series_per_user":20}'),
    });
    await run('mimir-k8s/0', 'set-tenant-limits', { tenant: 'team-b', limits: '' });
    for (const url of mimir) await expect.poll(() => push(url, 'team-b', 40), patiently).toBe(200);
    expect(await Promise.all(mimir.map(startTime))).toEqual(started);
  });

  test('cannot be set on another unit than the leader', async () => {
    const params = { tenant: 'team-b', limits: '{ingestion_rate: 5}' };
    expect(await refused('mimir-k8s/1', 'set-tenant-limits', params)).toContain(
      'juju run mimir-k8s/leader set-tenant-limits',
    );
  });

  test('that the Mimir in the container refuses change nothing', async () => {
    const params = { tenant: 'team-b', limits: '{ha_tracker_update_timeout: 1h}' };
    expect(await refused('mimir-k8s/0', 'set-tenant-limits', params)).toMatch(
      /^limits of tenant "team-b" \(ha_tracker_update_timeout\): HA Tracker failover timeout .*; nothing was changed$/,
    );
  });

  test('that are wrong in the option block the units, which keep those that were good', async () => {
    await model.config({ 'tenant-limits': 'team-b: {max_global_series_per_user: many}' });
    for (const unit of UNITS)
      await model.untilUnit(
        unit,
        'blocked',
        /tenant "team-b", max_global_series_per_user must be a whole number/,
      );
    for (const url of mimir) expect(await push(url, 'team-b', 40)).toBe(200);
    await model.config({ 'tenant-limits': '' });
    await model.untilActive();
    expect(await Promise.all(mimir.map(startTime))).toEqual(started);
  });
});

async function ls(unit: string, folder: string): Promise<readonly string[]> {
  const { out } = await model.ssh(unit, 'mimir', ['/charm/bin/pebble', 'ls', folder]);
  return out.split(/\s+/).filter((name) => name !== '');
}

/** What a tenant has in folders of its own on the volumes of units, whoever of Mimir's components made them. */
async function onVolumes(tenant: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const unit of UNITS)
    for (const place of Object.values(DIRS)) {
      const folders = (await ls(unit, place)).filter(
        (name) => name === tenant || name.endsWith(`-${tenant}`),
      );
      for (const folder of folders)
        for (const name of await ls(unit, `${place}/${folder}`))
          found.push(`${unit} ${place}/${folder}/${name}`);
    }
  return found;
}

/** That store gateways keep: whose blocks they had loaded when. */
const NO_METRICS = /\/lazy-loaded\.json$/;

describe('what there is of a tenant', () => {
  test('is counted', async () => {
    expect(JSON.parse(String((await run('mimir-k8s/1', 'show-stats')).tenants))).toMatchObject([
      { tenant: 'team-a' },
      { tenant: 'team-b' },
    ]);
    const { labels } = await run('mimir-k8s/1', 'show-cardinality', { tenant: 'team-b', limit: 1 });
    expect(JSON.parse(String(labels))).toEqual([{ label: 'i', values: 40 }]);
  });

  test('is in the bucket, and marked for deletion when the operator repeats the name', async () => {
    for (const unit of UNITS) await run(unit, 'flush-ingesters', { tenant: 'team-a' });
    const before = await run('mimir-k8s/1', 'delete-tenant', { tenant: 'team-a', 'dry-run': true });
    expect(before).toMatchObject({ state: 'there', marked: 'false' });
    expect(JSON.parse(String(before.ingesters))).toEqual(['mimir-k8s-0', 'mimir-k8s-1']);
    expect(JSON.parse(String(before.objects))).toContain('alerts/alerts/team-a');
    const after = await run('mimir-k8s/1', 'delete-tenant', {
      tenant: 'team-a',
      confirm: 'team-a',
      timeout: 0,
    });
    expect(after).toMatchObject({ marked: 'true' });
    expect(JSON.parse(String(after.objects))).not.toContain('alerts/alerts/team-a');
    expect(await run('mimir-k8s/0', 'list-rules', { tenant: 'team-a' })).toMatchObject({ groups: '0' });
  });

  test('is found until ingesters drop it, which they do sooner when they are started anew', async () => {
    for (const [i, unit] of UNITS.entries()) {
      const before = await startTime(mimir[i] ?? '');
      const { code, err } = await model.ssh(unit, 'mimir', ['/charm/bin/pebble', 'restart', 'mimir']);
      expect(code, err).toBe(0);
      await expect.poll(() => isReady(mimir[i] ?? '').catch(() => false), patiently).toBe(true);
      expect(await startTime(mimir[i] ?? '')).not.toBe(before);
    }
    for (const url of mimir) expect(await values(url, 'team-a', LAST)).toEqual(['1']);
    expect(await onVolumes('team-a')).toContain('mimir-k8s/0 /data/tsdb/team-a/wal');
    // When it is gone is seen at the end of this file.
  });
});

test('on a unit`s own disk the same is seen there', async () => {
  await model.deployMimir({ application: 'small', config: { multitenancy: 'true' } });
  const url = await model.forward('small/0', 9009);
  await model.untilUnit('small/0', 'active', /own disk/);
  await expect.poll(() => push(url, 'lone', 3), patiently).toBe(200);
  await run('small/0', 'flush-ingesters');
  const { objects, state } = await run('small/0', 'delete-tenant', { tenant: 'lone', 'dry-run': true });
  expect(state).toBe('there');
  expect(JSON.parse(String(objects))).toContainEqual(
    expect.stringMatching(/^blocks\/lone\/[0-9A-Z]{26}\/meta.json$/),
  );
  const after = await run('small/0', 'delete-tenant', { tenant: 'lone', confirm: 'lone', timeout: 0 });
  expect(after).toMatchObject({ marked: 'true', ingesters: '["small-0"]' });
});

test.skipIf(installed.kind !== 'there')(
  'a related sender, who cannot name a tenant, is given one',
  async () => {
    await model.client.call('set-config', {
      application: 'small',
      values: { 'sender-tenant': 'platform' },
      reset: [],
    });
    await deployTester(model, await packTester(model.dir), 'agent', {
      targets: ['localhost:9090'],
      'scrape-interval': '2s',
    });
    await model.integrate(['agent:send-remote-write', 'small:receive-remote-write']);
    await model.untilUnit(
      'agent/0',
      'active',
      /^writes to http:\/\/small\.local\.svc\.cluster\.local:8080\//,
    );
    const url = await model.forward('small/0', 9009);
    const seen = async (tenant: string) => {
      const { body } = await request(`${url}/prometheus/api/v1/query?query=up`, { headers: as(tenant) });
      return body.text();
    };
    await expect.poll(() => seen('platform').catch(String), patiently).toContain('"juju_unit":"agent/0"');
    expect(await seen('anonymous')).toContain('"result":[]');
    await model.separate(['agent:send-remote-write', 'small:receive-remote-write']);
    await model.untilUnit('agent/0', 'waiting', /^for a URL/);
    const services = () => model.ssh('small/0', 'gateway', ['/charm/bin/pebble', 'services']);
    await expect.poll(async () => (await services()).out, patiently).toMatch(/gateway +disabled +inactive/);
  },
);

test('what was deleted is gone from storage, ingesters and volumes; another tenant has all that it had', async () => {
  const look = () => run('mimir-k8s/1', 'delete-tenant', { tenant: 'team-a', 'dry-run': true });
  await expect.poll(async () => (await look()).state, DROPPED).toBe('gone');
  expect(await look()).toMatchObject({
    tenant: 'team-a',
    state: 'gone',
    summary: 'storage was listed and has nothing but the mark; the ingesters were asked and have nothing (2)',
    'objects-left': '0',
    objects: '[]',
    marked: 'true',
    ingesters: '[]',
  });
  for (const url of mimir) {
    expect(await values(url, 'team-a', LAST)).toEqual([]);
    expect(await values(url, 'team-b', LAST)).toEqual(['2']);
  }
  expect((await onVolumes('team-a')).filter((path) => !NO_METRICS.test(path))).toEqual([]);
  expect(await onVolumes('team-b')).toContain('mimir-k8s/0 /data/tsdb/team-b/wal');
  const other = await run('mimir-k8s/0', 'delete-tenant', { tenant: 'team-b', 'dry-run': true });
  expect(other).toMatchObject({ state: 'there', marked: 'false' });
  expect(JSON.parse(String(other.objects))).toContain('alerts/alerts/team-b');
}, 600_000);
