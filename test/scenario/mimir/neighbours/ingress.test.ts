import { findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { configOf, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.21';
const INSIDE = 'http://mimir-k8s.cos.svc.cluster.local:9009';
const OUTSIDE = 'http://example.org/cos-mimir-k8s';
const changed = { kind: 'relation-changed', relation: 'ingress' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

function related(ingress: Readonly<Record<string, string>> = {}, input: Parameters<typeof world>[1] = {}) {
  return world(HOST, {
    relations: [
      peerRelation('mimir-peers', { id: 1 }),
      relation('receive-remote-write', { id: 5 }),
      relation('grafana-source', { id: 6 }),
      relation('ingress', { id: 7, remoteApp: 'traefik-k8s', remoteAppData: ingress }),
    ],
    ...input,
  });
}

/** Where senders write, and where Grafana reads. */
function published(state: State): readonly (string | undefined)[] {
  return [
    findRelation(state, 'receive-remote-write').localUnitData.remote_write,
    findRelation(state, 'grafana-source').localAppData.grafana_source_app_host,
  ];
}

function withIngress(state: State, remoteAppData: Readonly<Record<string, string>>): State {
  const relations = state.relations.map((each) =>
    each.endpoint === 'ingress' ? { ...each, remoteAppData } : each,
  );
  return { ...state, relations };
}

const inside = [`{"url":"${INSIDE}/api/v1/push"}`, `${INSIDE}/prometheus`];
const outside = [`{"url":"${OUTSIDE}/api/v1/push"}`, `${OUTSIDE}/prometheus`];

describe('an ingress', () => {
  test('is told where the application and each of its units are', async () => {
    const after = await mimir.run({ kind: 'relation-created', relation: 'ingress' }, related());
    expect(findRelation(after, 'ingress')).toMatchObject({
      localAppData: { model: '"cos"', name: '"mimir-k8s"', port: '9009', 'strip-prefix': 'true' },
      localUnitData: { host: expect.stringMatching(/^"mimir-k8s-0\./), ip: `"${HOST}"` },
    });
    expect(published(after), 'until it answers, nothing changes').toEqual(inside);
  });

  test('is told of a unit that does not lead, which says nothing for the application', async () => {
    const after = await mimir.run(changed, related({}, { leader: false, unitNumber: 1, plannedUnits: 2 }));
    expect(findRelation(after, 'ingress').localUnitData.host).toMatch(/^"mimir-k8s-1\./);
    expect(findRelation(after, 'ingress').localAppData).toEqual({});
  });

  test('that gives an address moves all that is published, and back when it goes', async () => {
    const there = await mimir.run(changed, related({ ingress: JSON.stringify({ url: OUTSIDE }) }));
    expect(published(there)).toEqual(outside);
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'ingress' }, there);
    expect(published(gone)).toEqual(inside);
  });

  test('that takes its address back, still related, is believed', async () => {
    const there = await mimir.run(changed, related({ ingress: JSON.stringify({ url: OUTSIDE }) }));
    expect(published(await mimir.run(changed, withIngress(there, {})))).toEqual(inside);
  });

  test('that says nonsense is told of, by relation, application and key, and not followed', async () => {
    const after = await mimir.run(changed, related({ ingress: '{"url": "file:///etc/passwd"}' }));
    expect(after.unitStatus).toMatchObject({
      name: expect.stringMatching(/active|waiting/),
    });
    expect(after.logs.map(({ message }) => message).join('\n')).toContain(
      'data of traefik-k8s (ingress:7): key "ingress" url: must be an http or https URL',
    );
    expect(published(after)).toEqual(inside);
  });

  test('that takes its address back for a moment, as Traefik does when a unit is added, does not restart Mimir', async () => {
    const started = await mimir.run(changed, related({ ingress: JSON.stringify({ url: OUTSIDE }) }));
    const config = configOf(started);
    expect(config.ruler).toMatchObject({ external_url: `${OUTSIDE}/prometheus` });
    const away = withIngress(started, {});
    const without = await mimir.run(changed, away);
    expect(published(without), 'what others use follows at once').toEqual(inside);
    expect(configOf(without), 'links in alerts stay').toEqual(config);
    const gone = await mimir.run({ kind: 'relation-broken', relation: 'ingress' }, without);
    expect(configOf(gone).ruler).toMatchObject({ external_url: `${INSIDE}/prometheus` });
  });
});
