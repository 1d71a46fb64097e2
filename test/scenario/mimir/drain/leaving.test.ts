/** Units that leave, and what they leave behind. That metrics arrive in the bucket is seen in test/interop. */
import { active, maintenance } from 'charmwright';
import { findContainer, peerRelation, type State, stateOf, storage } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { image, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.120';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const detaching = { kind: 'storage-detaching', storage: 'data' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.rings.members.clear());

const storages = [storage('data')];
/** Runs, and its ingester has a log. */
async function onOwnDisk(): Promise<State> {
  const state = stateOf(await mimir.run(ready, world(HOST, { storages })));
  const container = findContainer(state, 'mimir');
  const files = { ...container.files, '/data/tsdb/anonymous/wal/00000000': '' };
  return { ...state, containers: { mimir: { ...container, files } } };
}

describe('a pod that is replaced', () => {
  test('is let go as it is: its unit comes back to its log', async () => {
    const before = await onOwnDisk();
    const after = await mimir.run('stop', before);
    expect(after.pebbleCalls).toEqual([]);
    expect(stateOf(after)).toEqual({ ...before, unitStatus: after.unitStatus });
  });
});

describe('a unit that leaves for good', () => {
  test('has nowhere to put its metrics without object storage, and says where they stay', async () => {
    const going = { ...(await onOwnDisk()), plannedUnits: 0, leader: false };
    const after = await mimir.run(detaching, going);
    expect(after.unitStatus).toEqual(
      maintenance('[drain] leaving; metrics that only this unit has: on the volume'),
    );
    expect(findContainer(after, 'mimir').services).toEqual({ mimir: 'active' });
    const end = await mimir.run('stop', stateOf(after));
    expect(end.pebbleCalls, 'the later hooks have nothing to do').toEqual([]);
    expect(end.hookTools.map(({ tool }) => tool)).not.toContain('goal-state');
  });

  test('and never served has none, even without its container', async () => {
    const never = world(HOST, {
      storages,
      plannedUnits: 1,
      unitNumber: 1,
      leader: false,
      containers: [image({ canConnect: false })],
    });
    const after = await mimir.run(detaching, never);
    expect(after.unitStatus).toEqual(maintenance('[drain] leaving; metrics that only this unit has: none'));
  });

  test('stays when what it has cannot be reached: the hook fails, and says why', async () => {
    const before = await onOwnDisk();
    const container = { ...findContainer(before, 'mimir'), canConnect: false };
    const going = { ...before, plannedUnits: 0, leader: false, containers: { mimir: container } };
    const shown: unknown[] = [];
    await expect(
      mimir.run(detaching, going).catch((error: unknown) => {
        shown.push(error);
        throw error;
      }),
    ).rejects.toThrow('the unit stays until its metrics are in object storage');
  });
});

describe('a unit that went without a word', () => {
  const relations = [
    peerRelation('mimir-peers', { id: 1, units: { 1: {} }, localAppData: { 'replication-factor': '1' } }),
    s3(HOST),
  ];
  const departed = { kind: 'relation-departed', relation: 'mimir-peers', remoteUnit: 1 } as const;
  const scaledDown = async () =>
    stateOf(await mimir.run(ready, world(HOST, { relations, secrets: [S3_SECRET], plannedUnits: 1 })));

  test('is taken out of the ring of ingesters by the leader, once it is not heard of any more', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'ACTIVE' });
    const before = await scaledDown();
    let isOver = false;
    const hook = mimir.run(departed, before).finally(() => {
      isOver = true;
    });
    await expect.poll(() => server.rings.asked, { timeout: 30_000 }).toBeGreaterThan(1);
    expect(isOver, 'it may still live').toBe(false);
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    expect((await hook).unitStatus).toEqual(active());
    expect([...(server.rings.members.get('ingester')?.keys() ?? [])]).toEqual(['mimir-k8s-0']);
  });

  test('and may come up once more, as what members say of each other travels on', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE' });
    const before = await mimir.run(departed, await scaledDown());
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    await mimir.run('update-status', stateOf(before));
    expect([...(server.rings.members.get('ingester')?.keys() ?? [])]).toEqual(['mimir-k8s-0']);
  });

  test('is left in it by the others', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    await mimir.run(departed, { ...(await scaledDown()), leader: false });
    expect([...(server.rings.members.get('ingester')?.keys() ?? [])]).toContain('mimir-k8s-1');
  });

  test('is left in it while a unit of its name is planned again', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    await mimir.run(departed, { ...(await scaledDown()), plannedUnits: 2 });
    expect([...(server.rings.members.get('ingester')?.keys() ?? [])]).toContain('mimir-k8s-1');
  });
});

describe('ring-status', () => {
  const here = world(HOST, { plannedUnits: 1 });

  test('shows who is in which ring, and who is not heard of', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    const { results, log } = await mimir.runAction('ring-status', {}, here);
    expect(results).toMatchObject({ members: '2', unhealthy: '["mimir-k8s-1"]' });
    expect(log).toEqual(['ingester: mimir-k8s-1 is UNHEALTHY']);
    expect(JSON.parse(String(results.rings)).ingester).toMatchObject([
      { id: 'mimir-k8s-0', state: 'ACTIVE' },
      { id: 'mimir-k8s-1', state: 'UNHEALTHY' },
    ]);
  });

  test('forgets one that is gone for good, in every ring that has it', async () => {
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'UNHEALTHY' });
    server.rings.members.set('compactor', new Map([['mimir-k8s-1', 'UNHEALTHY']]));
    const { results } = await mimir.runAction('ring-status', { forget: 'mimir-k8s-1' }, here);
    expect(results).toMatchObject({ forgotten: '["ingester","compactor"]', members: '1', unhealthy: '[]' });
  });

  test.each([
    ['mimir-k8s-0', /^mimir-k8s-0 is still part of mimir-k8s: it comes back/],
    ['mimir-k8s-1', /^mimir-k8s-1 is alive in the ring of ingesters/],
    ['mimir-k8s-7', /^no ring has a member "mimir-k8s-7"/],
  ])('refuses to forget %s', async (forget, reason) => {
    server.rings.ingesters({ 'mimir-k8s-0': 'UNHEALTHY', 'mimir-k8s-1': 'ACTIVE' });
    const { failed } = await mimir.runAction('ring-status', { forget }, here);
    expect(failed).toMatch(reason);
    expect(server.rings.members.get('ingester')?.size).toBe(2);
  });
});

describe('drain, by hand', () => {
  test('is refused without object storage', async () => {
    const { failed } = await mimir.runAction('drain', {}, await onOwnDisk());
    expect(failed).toBe('there is no object storage: all metrics are on the volume of this unit');
  });

  test('counts the copies that are configured: a Mimir without a distributor does not tell them', async () => {
    const peers = peerRelation('mimir-peers', { id: 1, localAppData: { 'replication-factor': '3' } });
    const relations = [peers, s3(HOST)];
    const before = await mimir.run(ready, world(HOST, { relations, secrets: [S3_SECRET], plannedUnits: 3 }));
    server.rings.ingesters({ 'mimir-k8s-1': 'ACTIVE' });
    const { failed } = await mimir.runAction('drain', {}, stateOf(before));
    expect(failed).toMatch(/^writes would fail: they need 2 other ingesters that take them, and there is 1;/);
  });
});
