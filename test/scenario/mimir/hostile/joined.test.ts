/**
 * What an application that leads a cluster tells one that has joined, spoiled key by key. No hook crashes; what is not
 * usable is told by relation, application and key, and Mimir goes on as it was told before.
 */
import { parseJson } from 'charmwright';
import { findContainer, type Outcome, peerRelation, relation, secret, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { KEYS, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';
import { UNIT_AUTHORITY } from '../../../support/unit-certificate.ts';
import { told } from './effects.ts';
import { hostileTexts } from './values.ts';

const HOST = '127.78.1.102';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
/** Any name is a name, and limits that cannot be read are none. */
const FREE = ['server_name', 'tenant_limits'];

type Bag = Readonly<Record<string, string>>;
let server: FakeMimir;
let said: Bag;
let before: Outcome;

function joined(bag: Bag) {
  const cluster = relation('join-cluster', { id: 6, remoteApp: 'leading', remoteAppData: bag });
  return world(HOST, {
    config: { roles: 'write' },
    relations: [peerRelation('mimir-peers', { id: 1 }), cluster],
    secrets: [secret({ id: S3_SECRET.id, content: KEYS })],
  });
}

beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  const units = { 0: { address: '"rest-0.rest-endpoints.cos.svc.cluster.local"' } };
  const rest = relation('mimir-cluster', {
    id: 7,
    remoteApp: 'rest',
    remoteAppData: { role: '"write"' },
    remoteUnits: units,
  });
  const led = await mimir.run(
    ready,
    world(HOST, {
      relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), rest],
      secrets: [S3_SECRET],
    }),
  );
  const own = led.relations.find(({ id }) => id === 7)?.localAppData ?? {};
  said = {
    ...own,
    s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`),
    received_ca: JSON.stringify(UNIT_AUTHORITY),
    blocked: 'false',
    // Its first request is granted as soon as it is made.
    turn: JSON.stringify({ application: 'mimir-k8s', request: 1 }),
    copies: '{"hold":5,"since":1700000000000}',
    s3_tls_ca_chain: JSON.stringify(UNIT_AUTHORITY),
  };
  before = await mimir.run(ready, joined(said));
  expect(before.unitStatus.name).toBe('active');
});
afterAll(() => server[Symbol.asyncDispose]());

function hear(bag: Bag): Promise<Outcome> {
  const { relations } = joined(bag);
  return mimir.run({ kind: 'relation-changed', relation: 'join-cluster' }, { ...stateOf(before), relations });
}

test.each([
  'format',
  'worker_config',
  's3_secret_id',
  'replication_factor',
  'server_name',
  's3_tls_ca_chain',
  'received_ca',
  'turn',
  'ca_cert',
  'tenant_limits',
  'blocked',
  'role',
])('any text for %s', async (key) => {
  for (const text of hostileTexts(said[key] ?? '""')) {
    if (text === undefined || text === said[key]) continue;
    // It may well be.
    if (key === 'blocked' && parseJson(text) === true) continue;
    const outcome = await hear({ ...said, [key]: text });
    const about = `${key}=${JSON.stringify(text).slice(0, 120)}`;
    expect(outcome.exitCode, `${about}: ${String(outcome.error)}`).toBe(0);
    expect(told(outcome), about).not.toContain(KEYS['secret-key']);
    if (outcome.unitStatus.name === 'active' || FREE.includes(key)) continue;
    expect(outcome.unitStatus.message, about).toMatch(/\[join-cluster\].*leading/);
    if (
      !/not there, or not granted|speak TLS|roles are as before/.test(outcome.unitStatus.message) &&
      key !== 'format'
    )
      expect(outcome.unitStatus.message, about).toContain(`key "${key}"`);
    expect(findContainer(outcome, 'mimir').files, about).toEqual(findContainer(before, 'mimir').files);
  }
});

test.each([
  ['deep', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ['long', JSON.stringify({ a: 'x'.repeat(2_000_000) })],
  ['of names that objects have', '{"__proto__":{"server":{"http_listen_port":9009}}}'],
])('settings that are %s', async (_what, settings) => {
  const outcome = await hear({ ...said, worker_config: JSON.stringify(settings) });
  expect(outcome.exitCode).toBe(0);
  expect(outcome.unitStatus.message).toContain('key "worker_config"');
  expect(findContainer(outcome, 'mimir')).toEqual(findContainer(before, 'mimir'));
});
