import { peerRelation, relation, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { configOf, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.90';
const OWN = 'http://127.0.0.1:9009/alertmanager';
const A0 = 'http://10.1.0.20:9093';
const A1 = 'http://10.1.0.21:9093';
const B0 = 'https://alerts.example.org/prefix';

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

type Units = Readonly<Record<number, Readonly<Record<string, string>>>>;

function related(units: Units, others: Units = {}) {
  const first = relation('alertmanager', { id: 7, remoteApp: 'alertmanager-k8s', remoteUnits: units });
  const second = relation('alertmanager', { id: 8, remoteApp: 'pager', remoteUnits: others });
  const relations = [peerRelation('mimir-peers', { id: 1 }), first, second];
  return { first, second, world: world(HOST, { relations }) };
}

const client = z.object({
  limits: z.object({ ruler_alertmanager_client_config: z.object({ alertmanager_url: z.string() }) }),
});

function notified(state: State): readonly string[] {
  return client.parse(configOf(state)).limits.ruler_alertmanager_client_config.alertmanager_url.split(',');
}

async function started(units: Units, others: Units = {}) {
  const { world: before, ...relations } = related(units, others);
  const after = await mimir.run({ kind: 'pebble-ready', container: 'mimir' }, before);
  return { ...relations, after };
}

describe('the ruler notifies', () => {
  test("Mimir's own Alertmanager while no other has said where it is", async () => {
    const { after } = await started({ 0: {} });
    expect(notified(after)).toEqual([OWN]);
  });

  test('all units of all related Alertmanagers, each once and in order', async () => {
    const { after } = await started({ 1: { url: A1 }, 0: { url: A0 } }, { 0: { url: B0 }, 3: { url: A0 } });
    expect(notified(after)).toEqual([A0, A1, B0]);
  });

  test('Alertmanagers of either version of the interface', async () => {
    const { after } = await started(
      { 0: { public_address: '10.1.0.20:9093' } },
      { 0: { public_address: 'alerts.example.org/prefix', scheme: 'https' } },
    );
    expect(notified(after)).toEqual([A0, B0]);
  });

  test('the others when one of two applications goes, and its own when both have gone', async () => {
    const { after, first, second } = await started({ 0: { url: A0 } }, { 0: { url: B0 } });
    const one = await mimir.run({ kind: 'relation-broken', relation: first }, after);
    expect(notified(one)).toEqual([B0]);
    expect(one.serviceStarts, 'its configuration has changed').toEqual(['mimir/mimir']);
    const relations = one.relations.filter(({ id }) => id !== first.id);
    const none = await mimir.run({ kind: 'relation-broken', relation: second }, { ...one, relations });
    expect(notified(none)).toEqual([OWN]);
  });
});

test('the same Alertmanagers, told once more, restart nothing', async () => {
  const { after, first } = await started({ 0: { url: A0 }, 1: { url: A1 } });
  const again = await mimir.run({ kind: 'relation-changed', relation: first, remoteUnit: 1 }, after);
  expect(again.serviceStarts).toEqual([]);
  expect(stateOf(again).containers).toEqual(stateOf(after).containers);
});

test('an Alertmanager that says nonsense is told of by relation, application and key; the others are used', async () => {
  const { world: before, first } = related(
    { 0: { url: 'http://x,http://attacker:9093' }, 1: { url: A1 } },
    { 0: { url: 'file:///etc/passwd' } },
  );
  const after = await mimir.run({ kind: 'relation-changed', relation: first }, before);
  expect(notified(after)).toEqual([A1]);
  expect(after.logs.map(({ message }) => message).join('\n')).toContain(
    'data of alertmanager-k8s (alertmanager:7): key "url" must be an http or https URL of host, port and path only; not used',
  );
  expect(after.unitStatus.message).toContain('[alertmanager] not used: data of alertmanager-k8s');
});
