/** An application that leads and has something wrong: those that have joined run on, and say so. */
import { active, waiting } from 'charmwright';
import {
  findContainer,
  findRelation,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.200';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const ROLES = 'backend,read';
type Bag = Readonly<Record<string, string>>;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const WRITE = relation('mimir-cluster', {
  id: 7,
  remoteApp: 'write',
  remoteAppData: { role: '"write"', planned_units: '3' },
  remoteUnits: { 0: { address: '"write-0.write-endpoints.cos.svc.cluster.local"', ip: '"10.1.7.0"' } },
});

/** The application that leads, which has told `write` how to run. */
function leading(): Promise<State> {
  const input = {
    config: { roles: ROLES },
    containers: [image(), gateway()],
    plannedUnits: 2,
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), WRITE],
    secrets: [S3_SECRET],
  };
  return mimir.run(ready, world(HOST, input));
}

function told(state: State): Bag {
  return findRelation(state, 'mimir-cluster').localAppData;
}

const withConfig = (state: State, config: State['config']) =>
  mimir.run('config-changed', { ...stateOf(state), config });

/** `write`, as it was told. */
function joined(said: Bag): State {
  const cluster = relation('join-cluster', {
    id: 6,
    remoteApp: 'leading',
    remoteAppData: { ...said, s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`) },
  });
  return world(HOST, {
    config: { roles: 'write' },
    relations: [peerRelation('mimir-peers', { id: 1 }), cluster],
    secrets: [S3_SECRET],
  });
}

const hear = (before: State, said: Bag) =>
  mimir.run(
    { kind: 'relation-changed', relation: 'join-cluster' },
    { ...stateOf(before), relations: joined(said).relations },
  );

test.each([
  ['a role that nobody has', { roles: 'ruler' }],
  ['an option that is not one', { roles: ROLES, 'metrics-retention-period': 'for ever' }],
])('%s: who has joined runs on as before, says that the cluster is blocked, and stops saying it', async (_what, config) => {
  const good = await leading();
  const running = await mimir.run(ready, joined(told(good)));
  expect(running.unitStatus).toEqual(active());

  const wrong = await withConfig(good, config);
  expect(wrong.unitStatus.name).toBe('blocked');
  const waits = await hear(running, told(wrong));
  expect(waits.unitStatus).toEqual(
    waiting(
      '[join-cluster] leading is blocked (join-cluster:6): see juju status leading; its last configuration stays in use',
    ),
  );
  expect(waits.serviceStarts).toEqual([]);
  expect(findContainer(waits, 'mimir').files).toEqual(findContainer(running, 'mimir').files);

  const mended = await withConfig(wrong, { roles: ROLES });
  expect(told(mended)).toEqual(told(good));
  const after = await hear(waits, told(mended));
  expect(after.unitStatus).toEqual(active());
  expect(after.serviceStarts).toEqual([]);
});

test('it is said once, and nothing is written again', async () => {
  const wrong = await withConfig(await leading(), { roles: 'ruler' });
  const again = await mimir.run('update-status', wrong);
  expect(again.relations).toEqual(wrong.relations);
  expect(again.hookTools.filter(({ tool }) => tool === 'relation-set')).toEqual([]);
});

test('what only time can bring is no reason to say it', async () => {
  const good = await leading();
  const fine = server.bucket;
  server.bucket = { status: 503, body: '' };
  const away = await mimir.run('update-status', good);
  server.bucket = fine;
  expect(away.unitStatus.name).toBe('waiting');
  expect(told(away)).toEqual(told(good));
});

test('whom a blocked one tells for the first time, waits for a configuration', async () => {
  const before = await leading();
  const late = relation('mimir-cluster', { id: 9, remoteApp: 'late', remoteAppData: { role: '"write"' } });
  const wrong = await mimir.run(
    { kind: 'relation-changed', relation: late },
    { ...stateOf(before), config: { roles: 'ruler' }, relations: [...before.relations, late] },
  );
  const said = findRelation(wrong, 9).localAppData;
  expect(said).toEqual({});
  const waits = await mimir.run(ready, joined(said));
  expect(waits.unitStatus.message).toMatch(/^\[join-cluster\] leading has not given a configuration yet/);
});
