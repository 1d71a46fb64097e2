/** Actions on an application that leads a cluster and runs no Mimir itself, and on those whose Mimir has no ingester. */
import { findContainer, peerRelation, relation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TARGET_FILE } from '../../../charm/plan/paths.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { gateway, image, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

/** Where the one that leads is: it has the bucket's place, and no Mimir. */
const HOST = '127.78.1.249';
const WRITE = '127.78.1.250';
const REST = '127.78.1.251';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;

const servers = new Map<string, FakeMimir>();
beforeAll(async () => {
  for (const host of [HOST, WRITE, REST]) servers.set(host, await FakeMimir.at(host));
});
afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
});

function at(host: string): FakeMimir {
  const server = servers.get(host);
  if (server === undefined) throw new Error(`nobody is at ${host}`);
  return server;
}

function member(id: number, app: string, role: string, ip: string) {
  return relation('mimir-cluster', {
    id,
    remoteApp: app,
    remoteAppData: { role: JSON.stringify(role), planned_units: '1' },
    remoteUnits: { 0: { address: JSON.stringify(`${app}-0.${app}-endpoints`), ip: JSON.stringify(ip) } },
  });
}

const members = [member(7, 'write', 'write', WRITE), member(8, 'rest', 'read,backend', REST)];

async function leader(relations = members): Promise<State> {
  const before = world(HOST, {
    config: { roles: 'none' },
    containers: [image(), gateway()],
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), ...relations],
    secrets: [S3_SECRET],
  });
  return stateOf(await mimir.run(ready, before));
}

beforeEach(() => {
  for (const server of servers.values()) {
    server.ready = true;
    server.rings.members.clear();
  }
  at(WRITE).rings.ingesters({ 'write-0': 'ACTIVE', 'write-1': 'UNHEALTHY' });
  at(REST).rings.members.set('compactor', new Map([['rest-0', 'ACTIVE']]));
});

describe('ring-status of an application that runs no Mimir', () => {
  test('shows each ring as one of those sees it that have joined', async () => {
    const { results, log } = await mimir.runAction('ring-status', {}, await leader());
    expect(Object.keys(JSON.parse(String(results.rings)))).toEqual(['compactor', 'ingester']);
    expect(results).toMatchObject({ members: '2', unhealthy: '["write-1"]' });
    expect(log).toEqual(['ingester: write-1 is UNHEALTHY']);
  });

  test('leaves out the rings of a component of which no unit serves', async () => {
    at(REST).ready = false;
    const { results } = await mimir.runAction('ring-status', {}, await leader());
    expect(Object.keys(JSON.parse(String(results.rings)))).toEqual(['ingester']);
  });

  test('forgets a unit of another application that is gone', async () => {
    const { results } = await mimir.runAction('ring-status', { forget: 'write-1' }, await leader());
    expect(results).toMatchObject({ forgotten: '["ingester"]', members: '1', unhealthy: '[]' });
  });

  test('and none that is still part of one', async () => {
    at(WRITE).rings.ingesters({ 'write-0': 'UNHEALTHY' });
    const { failed } = await mimir.runAction('ring-status', { forget: 'write-0' }, await leader());
    expect(failed).toMatch(/^write-0 is still part of write: /);
    expect(at(WRITE).rings.members.get('ingester')?.size).toBe(1);
  });
});

describe('a unit', () => {
  test.each([
    'show-config',
    'flush-ingesters',
    'drain',
  ] as const)('that runs no Mimir says so when it is asked for %s', async (action) => {
    const { failed } = await mimir.runAction(action, {}, await leader());
    expect(failed).toBe(
      'mimir-k8s/0 runs no Mimir, since mimir-k8s has no role: run the action on a unit of another application',
    );
  });

  test.each([
    'flush-ingesters',
    'drain',
  ] as const)('whose Mimir has no ingester says so when it is asked for %s', async (action) => {
    const state = await leader();
    const own = findContainer(state, 'mimir');
    const files = { ...own.files, [TARGET_FILE]: 'querier,query-frontend' };
    const reads = { ...state, containers: { ...state.containers, mimir: { ...own, files } } };
    const { failed } = await mimir.runAction(action, {}, reads);
    expect(failed).toBe('mimir-k8s/0 has no ingester: run the action on a unit that has this role');
  });
});
