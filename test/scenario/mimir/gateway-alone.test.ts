/** A gateway before a whole Mimir: while somebody is related who cannot name a tenant, and there are tenants. */
import { active, blocked } from 'charmwright';
import {
  crashTest,
  exec,
  findContainer,
  findRelation,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mimir as charm } from '../../../charm/charm.ts';
import { GATEWAY_CONFIG, GATEWAY_DIR, GATEWAY_TRIAL_DIR } from '../../../charm/plan/gateway-parts.ts';
import { nginxCommand } from '../../../charm/plan/nginx-process.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.212';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const SENDER = relation('receive-remote-write', { id: 5, remoteApp: 'agent' });
const SCRAPER = relation('self-metrics-endpoint', { id: 10, remoteApp: 'prometheus' });
const TENANTS = { multitenancy: true, 'sender-tenant': 'platform' };

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const PEERS = peerRelation('mimir-peers', { id: 1 });

function whole(input: Parameters<typeof world>[1] = {}) {
  return world(HOST, {
    config: TENANTS,
    containers: [image(), gateway()],
    relations: [PEERS, s3(HOST), SENDER, SCRAPER],
    secrets: [S3_SECRET],
    ...input,
  });
}

function writesTo(state: State): string {
  return findRelation(state, SENDER.id).localUnitData.remote_write ?? '';
}

function runs(state: State): boolean {
  return findContainer(state, 'gateway').services.gateway === 'active';
}

test('names the tenant for them, before this unit`s own Mimir', async () => {
  const after = await mimir.run(ready, whole());
  expect(after.unitStatus).toEqual(active(''));
  expect(writesTo(after)).toContain('http://mimir-k8s.cos.svc.cluster.local:8080/api/v1/push');
  const config = String(findContainer(after, 'gateway').files[`${GATEWAY_DIR}/${GATEWAY_CONFIG}`]);
  expect(config).toContain('"/api/v1/push" "platform";');
  expect([...new Set(config.match(/server \S+:9009/g))]).toEqual([`server ${HOST}:9009`]);
  // Who knows this Mimir by its own port, and names tenants, need not change.
  expect(after.ports).toEqual(['8080/tcp', '9009/tcp']);
  expect(findRelation(after, SCRAPER.id).localAppData.scrape_jobs).toMatch(/\*:9009.*\*:8080/);
  expect(stateOf(await mimir.run('update-status', stateOf(after)))).toEqual(stateOf(after));
});

test.each([
  ['there are no tenants', { config: {} }],
  ['nobody is related', { relations: [PEERS, s3(HOST)] }],
])('there is none when %s', async (_why, input) => {
  const after = await mimir.run(ready, whole(input));
  expect(after.pebbleCalls.filter(({ container }) => container === 'gateway')).toEqual([]);
  expect(after.ports).toEqual(['9009/tcp']);
});

test('it ends when the last of them has gone, and comes with the next: Mimir is not restarted', async () => {
  const before = stateOf(await mimir.run(ready, whole()));
  expect(runs(before)).toBe(true);
  const after = await mimir.run({ kind: 'relation-broken', relation: SENDER }, before);
  expect(runs(after)).toBe(false);
  expect(after.ports).toEqual(['9009/tcp']);
  const next = { ...SENDER, id: 6 };
  const state = stateOf(after);
  const again = await mimir.run(
    { kind: 'relation-created', relation: next },
    { ...state, relations: [...state.relations, next] },
  );
  expect(again.serviceStarts).toEqual(['gateway/gateway']);
  expect(after.serviceStarts).toEqual([]);
});

test('an image without nginx is told of, and Mimir serves all the same', async () => {
  const execs = [exec(nginxCommand(GATEWAY_TRIAL_DIR, '-t'), 'missing')];
  const after = await mimir.run(ready, whole({ containers: [image(), gateway({ execs })] }));
  expect(after.unitStatus).toEqual(
    blocked('[gateway] the image has no /usr/sbin/nginx: attach another one as nginx-image'),
  );
  expect(findContainer(after, 'mimir').services.mimir).toBe('active');
});

test('a hook that is killed at any of its calls comes to the same end', async () => {
  const before = stateOf(await mimir.run(ready, whole({ config: {} })));
  const killed = await crashTest(charm, 'config-changed', { ...before, config: TENANTS });
  expect(killed.problems).toEqual([]);
});
