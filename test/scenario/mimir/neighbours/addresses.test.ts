/** Those that are only told where Mimir is: `prometheus-api` and `catalogue`. */
import { findRelation, peerRelation, relation, type State } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.81';
const INSIDE = 'http://mimir-k8s.cos.svc.cluster.local:9009';
const OUTSIDE = 'http://example.org/cos-mimir-k8s';

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

function related(input: Parameters<typeof world>[1] = {}): State {
  return world(HOST, {
    relations: [
      peerRelation('mimir-peers', { id: 1 }),
      relation('ingress', {
        id: 7,
        remoteApp: 'traefik-k8s',
        remoteAppData: { ingress: JSON.stringify({ url: OUTSIDE }) },
      }),
      relation('prometheus-api', { id: 10, remoteApp: 'sloth-k8s' }),
      relation('catalogue', { id: 11, remoteApp: 'catalogue-k8s' }),
    ],
    ...input,
  });
}

const behind = () => mimir.run({ kind: 'relation-changed', relation: 'ingress' }, related());
const without = async () => mimir.run({ kind: 'relation-broken', relation: 'ingress' }, await behind());

describe('prometheus-api', () => {
  test('gives both ways to query, and takes the outer one back when the ingress goes', async () => {
    expect(findRelation(await behind(), 'prometheus-api').localAppData).toEqual({
      direct_url: `${INSIDE}/prometheus`,
      ingress_url: `${OUTSIDE}/prometheus`,
    });
    expect(findRelation(await without(), 'prometheus-api').localAppData).toEqual({
      direct_url: `${INSIDE}/prometheus`,
    });
  });
});

describe('catalogue', () => {
  test('shows where people find Mimir, through the ingress while there is one', async () => {
    expect(findRelation(await behind(), 'catalogue').localAppData).toMatchObject({
      name: 'Mimir',
      url: `${OUTSIDE}/`,
      icon: 'ruler',
      api_docs: expect.stringMatching(/^https:\/\/grafana\.com\/docs\/mimir\//),
      api_endpoints: expect.stringContaining(`"Alertmanager":"${OUTSIDE}/alertmanager/"`),
    });
    const { url, api_endpoints: endpoints = '' } = findRelation(await without(), 'catalogue').localAppData;
    expect(url).toBe(`${INSIDE}/`);
    expect(Object.values(JSON.parse(endpoints)).filter((each) => !String(each).startsWith(INSIDE))).toEqual(
      [],
    );
  });
});

test('a unit that does not lead tells neither anything', async () => {
  const after = await mimir.run(
    { kind: 'relation-created', relation: 'catalogue' },
    related({ leader: false, unitNumber: 1, plannedUnits: 2 }),
  );
  for (const endpoint of ['prometheus-api', 'catalogue'] as const)
    expect(findRelation(after, endpoint)).toMatchObject({ localAppData: {}, localUnitData: {} });
});
