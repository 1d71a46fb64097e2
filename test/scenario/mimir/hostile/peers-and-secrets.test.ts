/** What comes by other ways than the databag of a neighbour: from the units of this application, and in secrets. */
import { type Outcome, peerRelation, relation, type State, secret } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordOf } from '../../../../charm/tenant-limits/record.ts';
import {
  type Agreement,
  agreementBag,
  type PeerWords,
  peerUnit,
  ZONE_RINGS,
} from '../../../../relations/peers.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { KEYS, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';
import { UNIT_AUTHORITY } from '../../../support/unit-certificate.ts';
import { configKeys, expectBorne, told } from './effects.ts';
import { hostileTexts } from './values.ts';

const HOST = '127.78.1.25';
type Bag = Readonly<Record<string, string>>;

/** All that units of this application may say to each other: the types see to it that nothing is left out. */
const AGREED: Bag = agreementBag({
  alertmanagerDigest: 'a1b2',
  authorities: UNIT_AUTHORITY,
  copiesSince: 1_780_000_000_000,
  copiesToCome: 4,
  clusterRequests: { asked: 2, done: 1 },
  clusterTurn: { application: 'write', request: 2 },
  grafanaStandIn: 'mimir-k8s/0',
  holdWrites: 5,
  replicationFactor: 3,
  rules: { basis: 'x', synced: { '5:agent': 'y' }, tenant: 'team-a' },
  tenantLimits: recordOf({ anonymous: { ingestion_rate: 5 } }) ?? '',
  turn: { unit: 'mimir-k8s/1', request: 2 },
  zoneAware: ZONE_RINGS,
} satisfies Required<Agreement>);
const ANOTHER_UNIT: Bag = peerUnit('mimir-k8s-1.mimir-k8s-endpoints', {
  authorities: UNIT_AUTHORITY,
  flushedFor: 5,
  heldFor: 5,
  ip: '10.1.0.8',
  replaced: 3,
  requests: { asked: 2, done: 1 },
  silent: true,
  zone: 'zone-b',
} satisfies Required<PeerWords>);
/** What has not been agreed on yet when units first tell where they are. */
const UNDECIDED: Bag = {};

const ZONE_KEYS = ['ingester/ring', 'store_gateway/sharding_ring', 'alertmanager/sharding_ring'].map(
  (ring) => `/${ring}/zone_awareness_enabled`,
);

let server: FakeMimir;
let tried = 0;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  console.log(`hostile peers and secrets: ${tried} inputs`);
});

function among(leader: boolean, agreed: Bag, other: Bag, keys: Bag = KEYS): State {
  return world(HOST, {
    leader,
    plannedUnits: 3,
    config: { 'replication-factor': 5 },
    relations: [
      peerRelation('mimir-peers', { id: 1, localAppData: agreed, units: { 1: other } }),
      relation('receive-remote-write', { id: 5 }),
      s3(HOST),
    ],
    secrets: [secret({ id: S3_SECRET.id, content: keys })],
  });
}

async function bears(state: State, known: ReadonlySet<string>, about: string): Promise<Outcome> {
  tried++;
  const outcome = await mimir.run({ kind: 'relation-changed', relation: 'mimir-peers' }, state);
  expectBorne(outcome, known, about);
  return outcome;
}

async function keysOfGood(leader: boolean): Promise<ReadonlySet<string>> {
  const keys = await Promise.all(
    [among(leader, AGREED, ANOTHER_UNIT), among(leader, {}, {})].map(async (state) =>
      configKeys(await mimir.run({ kind: 'relation-changed', relation: 'mimir-peers' }, state)),
    ),
  );
  return new Set(keys.flat());
}

function spoiled(bag: Bag, key: string): readonly Bag[] {
  const { [key]: good = '', ...rest } = bag;
  return hostileTexts(good).map((text) => (text === undefined ? rest : { ...rest, [key]: text }));
}

describe.each([true, false])('a unit that leads: %s', (leader) => {
  test.each(Object.keys(AGREED))('bears any text for %s that all are said to agree on', async (key) => {
    const known = await keysOfGood(leader);
    for (const bag of spoiled(AGREED, key))
      await bears(among(leader, bag, ANOTHER_UNIT), known, `${key}=${bag[key]?.slice(0, 120)}`);
  });

  test.each(Object.keys(ANOTHER_UNIT))('bears any text for %s of another unit', async (key) => {
    const known = await keysOfGood(leader);
    for (const bag of spoiled(ANOTHER_UNIT, key))
      await bears(among(leader, AGREED, bag), known, `${key}=${bag[key]?.slice(0, 120)}`);
  });
});

test('any zone of another unit is borne while the leader chooses where copies are kept', async () => {
  const known = await keysOfGood(true);
  const others = { 1: ANOTHER_UNIT, 2: { ...ANOTHER_UNIT, zone: 'zone-c' } };
  const choosing = (units: Readonly<Record<number, Bag>>): State => ({
    ...among(true, UNDECIDED, ANOTHER_UNIT),
    config: {},
    relations: [peerRelation('mimir-peers', { id: 1, units }), s3(HOST)],
    stored: { zone: { zone: 'zone-a', sure: true } },
  });
  const good = await bears(choosing(others), new Set([...known, ...ZONE_KEYS]), 'three zones');
  expect(configKeys(good)).toEqual(expect.arrayContaining([...ZONE_KEYS]));
  for (const bag of spoiled(ANOTHER_UNIT, 'zone'))
    await bears(
      choosing({ ...others, 1: bag }),
      new Set([...known, ...ZONE_KEYS]),
      `zone=${bag.zone?.slice(0, 120)}`,
    );
});

test.each(
  Object.keys(KEYS),
)('any text for the %s in the provider`s secret is borne, and never repeated', async (key) => {
  const known = await keysOfGood(true);
  for (const content of spoiled(KEYS, key)) {
    const outcome = await bears(among(true, AGREED, ANOTHER_UNIT, content), known, key);
    const text = content[key]?.trim() ?? '';
    // Shorter ones stand in the texts by chance.
    if (text.length > 12) expect(told(outcome)).not.toContain(text);
  }
});
