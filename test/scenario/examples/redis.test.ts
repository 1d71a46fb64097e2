/** The redis example: a primary, replicas, a password that the leader makes, and who may know it. */
import { active, waiting } from 'charmwright';
import {
  container,
  context,
  crashTest,
  explore,
  findContainer,
  findRelation,
  findSecret,
  peerRelation,
  relation,
  type State,
  state,
} from 'charmwright/testing';
import { expect, test } from 'vitest';
import { redis } from '../../../examples/redis/charm/charm.ts';

const it = context(redis);
const ready = { kind: 'pebble-ready', container: 'redis' } as const;
const CONF = '/etc/redis/redis.conf';
const peers = peerRelation('redis-peers', { units: { 1: {} } });
const world = state({ leader: true, plannedUnits: 2, containers: [container('redis')], relations: [peers] });

const confOf = (from: State) => String(findContainer(from, 'redis').files[CONF]);

test('the leader makes a password, becomes the primary and starts', async () => {
  const after = await it.run(ready, world);
  expect(after.unitStatus).toEqual(active('primary'));
  const password = findSecret(after, 'password').revisions[0]?.content.password ?? '';
  expect(password).toHaveLength(32);
  expect(confOf(after)).toContain(`requirepass ${password}`);
  expect(confOf(after)).not.toContain('replicaof');
  expect(findRelation(after, 'redis-peers').localAppData).toEqual({ primary: 'redis-k8s/0' });
  expect(JSON.stringify([after.hookTools, after.logs, after.relations])).not.toContain(password);
});

test('another unit waits for the leader, and then copies the primary', async () => {
  const led = await it.run(ready, world);
  const follower: State = {
    ...world,
    leader: false,
    unitNumber: 1,
    relations: [{ ...peers, remoteUnits: { 0: {} } }],
  };
  const waits = await it.run(ready, follower);
  expect(waits.unitStatus).toEqual(waiting('for the leader to choose a primary and a password'));
  expect(waits.serviceStarts).toEqual([]);
  const told: State = {
    ...waits,
    secrets: led.secrets,
    relations: [{ ...peers, remoteUnits: { 0: {} }, localAppData: { primary: 'redis-k8s/0' } }],
  };
  const after = await it.run({ kind: 'relation-changed', relation: 'redis-peers' }, told);
  expect(after.unitStatus).toEqual(active());
  expect(confOf(after)).toContain('replicaof redis-k8s-0.redis-k8s-endpoints.testing.svc.cluster.local 6379');
});

test('a new leader takes over only when the primary is gone', async () => {
  const led = await it.run(ready, world);
  const other = { ...peers, localAppData: { primary: 'redis-k8s/1' } };
  const stays = await it.run('leader-elected', { ...led, relations: [other] });
  expect(findRelation(stays, 'redis-peers').localAppData).toEqual({ primary: 'redis-k8s/1' });
  const alone = await it.run('leader-elected', {
    ...led,
    plannedUnits: 1,
    relations: [{ ...other, remoteUnits: {} }],
  });
  expect(findRelation(alone, 'redis-peers').localAppData).toEqual({ primary: 'redis-k8s/0' });
});

test('who is related is told where the primary is, and granted the password', async () => {
  const client = relation('redis', { remoteApp: 'discourse' });
  const led = await it.run(ready, world);
  const after = await it.run(
    { kind: 'relation-created', relation: client },
    { ...led, relations: [...led.relations, client] },
  );
  const secret = findSecret(after, 'password');
  const host = 'redis-k8s-0.redis-k8s-endpoints.testing.svc.cluster.local';
  expect(findRelation(after, 'redis').localAppData).toEqual({
    'leader-host': host,
    secret: `secret:${secret.id}`,
  });
  expect(findRelation(after, 'redis').localUnitData).toMatchObject({ hostname: host, port: '6379' });
  expect(secret.grants).toEqual([{ relationId: client.id }]);
});

test('another password restarts Redis once; a limit that is none blocks', async () => {
  const led = await it.run(ready, world);
  const { state: rotated } = await it.runAction('rotate-password', {}, led);
  const after = await it.run('update-status', rotated);
  expect(after.serviceStarts).toEqual(['redis/redis']);
  expect(confOf(after)).not.toBe(confOf(led));
  expect((await it.run('update-status', after)).serviceStarts).toEqual([]);
  const wrong = await it.run('config-changed', { ...after, config: { maxmemory: '1mb\nslaveof evil 1' } });
  expect(wrong.unitStatus.name).toBe('blocked');
  expect(confOf(wrong)).toBe(confOf(after));
});

test('in any order of events nothing crashes', async () => {
  const found = await explore(redis, world, {
    depth: 2,
    relations: [relation('redis', { remoteApp: 'discourse' })],
  });
  expect(found.crashes).toEqual([]);
});

test('the first hook leaves one password, however often it is killed', async () => {
  const killed = await crashTest(
    redis,
    'config-changed',
    state({ leader: true, relations: [peers], plannedUnits: 2 }),
    {
      // The password is random, and in the state's secret only.
      ignore: (end) => ({ ...end, secrets: end.secrets.map((each) => ({ ...each, revisions: [] })) }),
    },
  );
  expect(killed.problems).toEqual([]);
});
