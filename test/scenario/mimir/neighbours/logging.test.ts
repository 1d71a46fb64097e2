/** Mimir's log, which Pebble pushes to Lokis. */
import { findContainer, findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.93';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const changed = { kind: 'relation-changed', relation: 'logging-consumer' } as const;
const A = 'http://10.1.0.20:3100/loki/api/v1/push';
const B = 'http://10.1.0.21:3100/loki/api/v1/push';

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const at = (url: string) => ({ endpoint: JSON.stringify({ url }) });

function logged(units: Readonly<Record<number, Readonly<Record<string, string>>>>, said = {}) {
  const loki = relation('logging-consumer', {
    id: 7,
    remoteApp: 'loki',
    remoteUnits: units,
    remoteAppData: said,
  });
  return world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), loki] });
}

/** Where Pebble pushes to, by the plan. */
function pushed(state: State): readonly (string | undefined)[] {
  const targets = findContainer(state, 'mimir').layers['mimir-charm']?.['log-targets'] ?? {};
  return Object.values(targets)
    .filter(({ services }) => services?.at(-1) === 'mimir')
    .map(({ location }) => location)
    .toSorted();
}

describe("Mimir's log", () => {
  test('goes to each address once, with where it comes from', async () => {
    const after = await mimir.run(ready, logged({ 0: at(A), 1: at(B), 2: at(A) }));
    expect(pushed(after)).toEqual([A, B]);
    const targets = findContainer(after, 'mimir').layers['mimir-charm']?.['log-targets'] ?? {};
    for (const { labels } of Object.values(targets))
      expect(labels).toEqual({
        product: 'Juju',
        charm: 'mimir-k8s',
        job: 'juju_cos_20ce8299_mimir-k8s',
        juju_model: 'cos',
        juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
        juju_application: 'mimir-k8s',
        juju_unit: 'mimir-k8s/0',
      });
  });

  test('goes to the units that are ready while another has not said where it is', async () => {
    expect(pushed(await mimir.run(ready, logged({ 0: {}, 1: at(B) })))).toEqual([B]);
  });

  test('goes elsewhere, and nowhere in the end, without a restart', async () => {
    const first = await mimir.run(ready, logged({ 0: at(A) }));
    const moved = await mimir.run(changed, { ...first, relations: logged({ 0: at(B) }).relations });
    expect(pushed(moved)).toEqual([B]);
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'logging-consumer' }, moved);
    expect(pushed(gone)).toEqual([]);
    const again = await mimir.run('update-status', gone);
    expect(again.pebbleCalls.map(({ method }) => method)).not.toContain('addLayer');
    const back = await mimir.run(changed, { ...again, relations: logged({ 0: at(A) }).relations });
    expect(pushed(back)).toEqual([A]);
    expect([moved, gone, again, back].flatMap(({ serviceStarts }) => serviceStarts)).toEqual([]);
  });

  test('goes on while an option is wrong', async () => {
    const before = { ...(await mimir.run(ready, logged({ 0: at(A) }))), config: { 'log-level': 'loud' } };
    const held = await mimir.run(changed, { ...before, relations: logged({ 0: at(A), 1: at(B) }).relations });
    expect(pushed(held)).toEqual([A, B]);
    expect(held.serviceStarts).toEqual([]);
  });
});

describe('a Loki', () => {
  test('is given rules that look at this application only', async () => {
    const after = await mimir.run(ready, logged({ 0: at(A) }));
    const { alert_rules: rules = '' } = findRelation(after, 'logging-consumer').localAppData;
    const { groups } = JSON.parse(rules);
    expect(groups[0].name).toBe('cos_20ce8299_mimir_k8s_mimir_logs_rules');
    for (const rule of groups[0].rules) {
      expect(rule.expr).toContain(
        '{juju_model="cos", juju_model_uuid="20ce8299-3634-4bef-8bd8-5ace6c8816b4", juju_application="mimir-k8s"}',
      );
      expect(rule.labels).toMatchObject({ juju_charm: 'mimir-k8s', juju_application: 'mimir-k8s' });
    }
    expect(rules).not.toContain('%%');
  });

  test('that says nonsense, or refuses a rule, is told of, and the others are used', async () => {
    const nonsense = await mimir.run(changed, logged({ 0: { endpoint: 'http://x' }, 1: at(B) }));
    expect(pushed(nonsense)).toEqual([B]);
    expect(nonsense.unitStatus.message).toContain(
      '[logging-consumer] not used: data of loki (logging-consumer:7): key "endpoint" must be {"url": URL}',
    );
    const refused = await mimir.run(changed, logged({ 0: at(A) }, { event: '{"errors":"parse error"}' }));
    expect(refused.unitStatus.message).toContain('key "event" says: parse error');
  });
});
