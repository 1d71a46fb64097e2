import { findRelation, peerRelation, relation } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.29';
const RULES = JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', expr: 'up' }] }] });

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

function senders(...bags: readonly Readonly<Record<string, string>>[]) {
  return bags.map((remoteAppData, i) => relation('receive-remote-write', { id: 5 + i, remoteAppData }));
}

function said(state: Parameters<typeof findRelation>[0], id: number): Readonly<Record<string, string>> {
  return findRelation(state, id).localAppData;
}

test('senders are told by which labels replicas are told apart, as long as they are', async () => {
  const relations = [peerRelation('mimir-peers', { id: 1 }), ...senders({}, { alert_rules: RULES })];
  const on = await mimir.run('config-changed', world(HOST, { relations, config: { 'ha-tracker': true } }));
  for (const id of [5, 6])
    expect(said(on, id)).toEqual({
      event: '{}',
      ha: '{"cluster_label":"cluster","replica_label":"__replica__"}',
    });
  const off = await mimir.run('config-changed', { ...on, config: { 'ha-tracker': false } });
  for (const id of [5, 6]) expect(said(off, id)).toEqual({ event: '{}' });
});
