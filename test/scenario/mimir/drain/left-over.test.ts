/** What an end that did not come to its end leaves behind: an action or a hook killed on the way, a word that nobody heard. */
import { active } from 'charmwright';
import { notice, peerRelation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { untilForgotten } from '../../../../charm/drain/forgotten.ts';
import { DRAIN_NOTICE } from '../../../../charm/drain/marks.ts';
import { mimirAt } from '../../../../charm/mimir-api.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { image, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

const LOOKS = 8;
/** Whoever waits in a hook asks some times here, and at once. */
vi.mock('../../../../charm/patience.ts', () => ({
  within: async <T>(_ms: number, ask: () => Promise<T>, isGood: (answer: T) => boolean) => {
    let answer = await ask();
    for (let look = 1; look < LOOKS && !isGood(answer); look += 1) answer = await ask();
    return answer;
  },
  until: async () => undefined,
}));

const HOST = '127.78.1.170';
const OTHER = '127.78.1.171';
const NOBODY = '127.78.1.172';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const serves = { kind: 'pebble-check-recovered', container: 'mimir', check: 'mimir-ready' } as const;
const heard = notice(DRAIN_NOTICE);
const announced = { kind: 'pebble-custom-notice', container: 'mimir', notice: heard } as const;

let server: FakeMimir;
let other: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  other = await FakeMimir.at(OTHER);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.rings.members.clear();
  server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', 'mimir-k8s-1': 'ACTIVE' });
  server.rings.takesWrites = true;
  server.endIsPrepared = false;
  other.rings.members.clear();
});

const relations = [
  peerRelation('mimir-peers', { id: 1, units: { 1: {} }, localAppData: { 'replication-factor': '1' } }),
  s3(HOST),
];
async function running(): Promise<State> {
  const containers = [image({ notices: [heard] })];
  const before = world(HOST, { relations, secrets: [S3_SECRET], plannedUnits: 2, containers });
  return stateOf(await mimir.run(ready, before));
}

describe('a drain by hand whose action was killed', () => {
  test('is taken back in the next hook: the unit takes writes', async () => {
    const before = await running();
    server.rings.takesWrites = false;
    const after = await mimir.run(announced, before);
    expect(server.rings.takesWrites).toBe(true);
    expect(after.unitStatus).toEqual(active());
  });

  test('is taken back when its pod was killed, too, and its Mimir serves again', async () => {
    const before = await running();
    server.rings.takesWrites = false;
    await mimir.run(serves, before);
    expect(server.rings.takesWrites).toBe(true);
  });

  test('is tried again when Mimir does not serve yet', async () => {
    const before = await running();
    server.rings.takesWrites = false;
    server.rings.members.clear();
    await mimir.run(announced, before);
    expect(server.rings.takesWrites).toBe(false);
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE' });
    await mimir.run(serves, before);
    expect(server.rings.takesWrites).toBe(true);
  });
});

test('a unit that stays drained stays so, whenever it serves anew', async () => {
  const before = { ...(await running()), stored: { drained: true } };
  for (const event of [announced, serves]) {
    server.rings.takesWrites = true;
    const after = await mimir.run(event, before);
    expect(server.rings.takesWrites).toBe(false);
    expect(after.unitStatus).toEqual(
      active('[drain] takes no writes: juju run mimir-k8s/0 drain resume=true'),
    );
  }
});

test('a unit that begins on the volume of one whose end was prepared does not leave when it is restarted', async () => {
  const before = await running();
  server.endIsPrepared = true;
  await mimir.run(serves, before);
  expect(server.endIsPrepared).toBe(false);
});

describe('a unit whose Mimir has ended', () => {
  const id = 'mimir-k8s-1';
  const others = [NOBODY, OTHER].map((host) => mimirAt(host, undefined));

  test('is taken out of the ring by itself when its own word did not reach the others', async () => {
    other.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', [id]: 'LEAVING' });
    await untilForgotten(others, id);
    expect([...(other.rings.members.get('ingester')?.keys() ?? [])]).toEqual(['mimir-k8s-0']);
  });

  test('goes when nobody answers: it is empty, and the leader looks again', async () => {
    await untilForgotten([mimirAt(NOBODY, undefined)], id);
  });

  test('is taken out of every ring by the leader when it went without a word', async () => {
    const departed = { kind: 'relation-departed', relation: 'mimir-peers', remoteUnit: 1 } as const;
    const before = { ...(await running()), plannedUnits: 1 };
    for (const ring of ['store-gateway', 'compactor', 'ruler'])
      server.rings.members.set(
        ring,
        new Map([
          ['mimir-k8s-0', 'ACTIVE'],
          [id, 'UNHEALTHY'],
        ]),
      );
    server.rings.ingesters({ 'mimir-k8s-0': 'ACTIVE', [id]: 'LEAVING' });
    await mimir.run(departed, before);
    for (const ring of ['ingester', 'store-gateway', 'compactor', 'ruler'])
      expect([...(server.rings.members.get(ring)?.keys() ?? [])], ring).toEqual(['mimir-k8s-0']);
  });
});
