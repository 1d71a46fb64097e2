import { findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.82';
const changed = { kind: 'relation-changed', relation: 'send-datasource' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

const grafana = (id: number, remoteAppData: Record<string, string>) =>
  relation('grafana-source', { id, remoteApp: `grafana${id}`, remoteAppData });
const first = grafana(5, { grafana_uid: 'juju_g', app_datasource_uid: 'juju_cos_x_mimir-k8s' });
const second = grafana(6, {
  grafana_uid: 'juju_h',
  datasource_uids: '{"mimir-k8s/0":"juju_cos_x_mimir-k8s_0"}',
});

function related(grafanas: readonly ReturnType<typeof grafana>[], exchanged: string | undefined = undefined) {
  return world(HOST, {
    config: { 'max-global-exemplars-per-user': 1000 },
    relations: [
      peerRelation('mimir-peers', { id: 1 }),
      ...grafanas,
      relation('send-datasource', {
        id: 9,
        remoteApp: 'tempo-k8s',
        remoteAppData: exchanged === undefined ? {} : { datasources: exchanged },
      }),
    ],
  });
}

const sent = (state: State) => findRelation(state, 'send-datasource').localAppData;

describe('others with data sources in a Grafana', () => {
  test('are told that there is none while no Grafana has answered', async () => {
    expect(sent(await mimir.run(changed, related([])))).toEqual({ datasources: '[]' });
    expect(sent(await mimir.run(changed, related([grafana(5, {})])))).toEqual({ datasources: '[]' });
  });

  test('are told what each Grafana calls Mimir, whether it has one for the application or for a unit', async () => {
    const { datasources = '' } = sent(await mimir.run(changed, related([first, second])));
    expect(JSON.parse(datasources)).toEqual([
      { type: 'prometheus', uid: 'juju_cos_x_mimir-k8s', grafana_uid: 'juju_g' },
      { type: 'prometheus', uid: 'juju_cos_x_mimir-k8s_0', grafana_uid: 'juju_h' },
    ]);
  });

  test('are told when a Grafana has gone', async () => {
    const before = await mimir.run(changed, related([first]));
    const after = await mimir.run({ kind: 'relation-broken', relation: 'grafana-source' }, before);
    expect(sent(after)).toEqual({ datasources: '[]' });
  });

  test.each([
    ['nonsense'],
    ['[{"type": "tempo"}]'],
    ['{"__proto__": {"type": "tempo"}}'],
    [JSON.stringify([{ type: 'tempo', uid: 'x\n  url: http://evil', grafana_uid: 'juju_g' }])],
  ])('that say %s are not believed, and the log names relation, application and key', async (said) => {
    const after = await mimir.run(changed, related([first], said));
    expect(after.logs.map(({ message }) => message).join('\n')).toContain(
      'data of tempo-k8s (send-datasource:9): key "datasources" must be a JSON list',
    );
    expect(
      JSON.parse(findRelation(after, 'grafana-source').localAppData.grafana_source_data ?? ''),
    ).not.toHaveProperty('extra_fields.exemplarTraceIdDestinations');
    expect(sent(after).datasources, 'the others go on').toContain('juju_cos_x_mimir-k8s');
  });
});
