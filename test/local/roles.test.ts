/**
 * One Mimir of several applications, each with its roles: what is written to one is found through another, and the
 * status says what is missing until all are there. The tests build on one another.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';
import { ringMembers } from '../support/ring-members.ts';

const LEADER: [string, string] = ['mimir:s3', 'minio-k8s:s3'];

let model: TestModel;
let write: string;
let read: string;
const written: Batch[] = [];

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
});
afterAll(() => model?.[Symbol.asyncDispose]());

const join = (application: string) => model.integrate(['mimir:mimir-cluster', `${application}:join-cluster`]);

async function configOf(unit: string): Promise<string> {
  const { out } = await model.ssh(unit, 'mimir', ['/bin/cat', '/data/conf/mimir.yaml']);
  return out;
}

describe('three applications', () => {
  test('say what is missing, until each has joined', async () => {
    await model.deployMimir({ application: 'mimir', config: { roles: 'backend' } });
    await model.deployMimir({ application: 'write', config: { roles: 'write' } });
    await model.deployMimir({ application: 'read', config: { roles: 'read' } });
    await model.integrate(LEADER);
    await model.untilUnit(
      'write/0',
      'blocked',
      /^\[roles\] no unit has compactor, .*juju integrate MIMIR:mimir-cluster/,
    );
    await join('write');
    await model.untilUnit('write/0', 'waiting', /^\[join-cluster\] mimir has not given a configuration yet/);
    await model.untilUnit('mimir/0', 'blocked', /^\[mimir-cluster\] no unit has querier, query-frontend: /);
    await join('read');
    await model.untilActive();
    await model.untilUnit('mimir/0', 'active', /^fewer units than recommended: ingester 1 of 3, /);
  });

  test('are one Mimir: what goes to write is found through read', async () => {
    write = await model.forward('write/0', 9009);
    read = await model.forward('read/0', 9009);
    written.push(await writeBatch(write, 'first'));
    await expectWhole(read, ...written);
  });

  test('each unit does what it is for, and nothing else', async () => {
    const statusOf = async (url: string, path: string) => (await request(`${url}${path}`)).statusCode;
    const backend = await model.forward('mimir/0', 9009);
    expect(await statusOf(write, '/prometheus/api/v1/query?query=1')).toBe(404);
    expect(await statusOf(read, '/prometheus/api/v1/query?query=1')).toBe(200);
    expect(await statusOf(read, '/prometheus/api/v1/rules')).toBe(404);
    expect(await statusOf(backend, '/prometheus/api/v1/rules')).toBe(200);
    expect(await ringMembers(write, '/ingester/ring')).toEqual([
      expect.stringMatching(/^write-0\S* ACTIVE$/),
    ]);
    expect(await ringMembers(backend, '/store-gateway/ring')).toEqual([
      expect.stringMatching(/^mimir-0\S* ACTIVE$/),
    ]);
  });

  test('have the same configuration, with the keys in it and in no databag', async () => {
    const text = await configOf('mimir/0');
    expect(text).toMatch(/secret_access_key: "\S{10,}"/);
    const [, key = ''] = /secret_access_key: "(\S+)"/.exec(text) ?? [];
    const withoutMembers = (yaml: string) => yaml.replace(/^ {2}join_members: .*$/m, '');
    expect(withoutMembers(await configOf('write/0'))).toEqual(withoutMembers(text));
    expect(withoutMembers(await configOf('read/0'))).toEqual(withoutMembers(text));
    const bag = await model.exec('write/0', 'relation-get --app -r $(relation-ids join-cluster) - mimir/0');
    expect(bag).toContain('worker_config');
    expect(bag).not.toContain(key);
  });

  test('restart one after the other when an option reaches all of them', async () => {
    const urls = [await model.forward('mimir/0', 9009), write, read];
    const startOf = (url: string) => startTime(url).catch(() => undefined);
    const isReady = (url: string) =>
      request(`${url}/ready`).then(
        ({ statusCode }) => statusCode === 200,
        () => false,
      );
    const before = await Promise.all(urls.map(startOf));
    await model.client.call('set-config', { application: 'mimir', values: { 'log-level': 'warn' } });
    let mostAway = 0;
    const restarted = async () => {
      const [ready, now] = await Promise.all([
        Promise.all(urls.map(isReady)),
        Promise.all(urls.map(startOf)),
      ]);
      mostAway = Math.max(mostAway, ready.filter((each) => !each).length);
      return now.filter((time, at) => ready[at] === true && time !== undefined && time !== before[at]).length;
    };
    await expect.poll(restarted, { timeout: 240_000, interval: 300 }).toBe(urls.length);
    expect(mostAway).toBe(1);
    await model.untilActive();
  }, 300_000);
});

describe('the application that leads', () => {
  test('can give its roles to another one, and then runs no Mimir', async () => {
    await model.deployMimir({ application: 'rest', config: { roles: 'backend' } });
    await join('rest');
    await model.untilActive();
    await model.client.call('set-config', { application: 'mimir', values: { roles: 'none' } });
    await expect
      .poll(() => model.ssh('mimir/0', 'mimir', ['/charm/bin/pebble', 'services']).then(({ out }) => out), {
        timeout: 60_000,
      })
      .toMatch(/mimir\s+disabled\s+inactive/);
    await model.untilActive();
    written.push(await writeBatch(write, 'second'));
    await expectWhole(read, ...written);
  });

  test('and takes them back', async () => {
    await model.client.call('set-config', { application: 'mimir', values: { roles: 'backend' } });
    const backend = await model.forward('mimir/0', 9009);
    await expect
      .poll(() => request(`${backend}/ready`).then(({ statusCode }) => statusCode, String), {
        timeout: 90_000,
      })
      .toBe(200);
    await model.separate(['mimir:mimir-cluster', 'rest:join-cluster']);
    await model.untilUnit(
      'rest/0',
      'blocked',
      /^\[roles\] no unit has .*; the last good configuration stays/,
    );
    await model.untilUnit('mimir/0', 'active', /^fewer units/);
    await expectWhole(read, ...written);
  });
});

describe('a cluster that is not needed any more', () => {
  test('goes as a whole: the ingesters wait for no index, which nobody makes any more', async () => {
    written.push(await writeBatch(write, 'third'));
    for (const application of ['mimir', 'write', 'read', 'rest'])
      await model.client.call('remove-application', { application, destroyStorage: false });
    const left = ['minio-k8s'];
    await model.until(
      'all of it to go',
      ({ applications }) => Object.keys(applications).join() === left.join(),
      240,
    );
    const log = await model.log();
    expect(
      log.filter((line) => /write.0.*drained: 60 series, \d+ blocks seen in the bucket/.test(line)),
    ).toHaveLength(1);
  }, 300_000);
});
