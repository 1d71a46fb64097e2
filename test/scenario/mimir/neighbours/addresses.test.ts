/** Every address that any neighbour is given: they move together, with TLS and with the ingress. */
import { findRelation, type Outcome, peerRelation, relation, type State, secret } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';
import {
  UNIT_AUTHORITY,
  UNIT_CERTIFICATE,
  UNIT_KEY,
  UNIT_NAMES,
  UNIT_REQUEST,
} from '../../../support/unit-certificate.ts';

const HOST = '127.78.1.22';
const INSIDE = 'mimir-k8s.cos.svc.cluster.local:9009';
const OUTSIDE = 'https://mimir.example.org/cos-mimir-k8s';
const TOLD = [
  'receive-remote-write',
  'grafana-source',
  'grafana-source-alertmanager',
  'prometheus-api',
  'catalogue',
] as const;

/** What the unit asked the authority for; a key takes long to make. */
const HELD = secret({
  owner: 'unit',
  label: 'certificates',
  content: { 'private-key': UNIT_KEY, csr: UNIT_REQUEST, names: UNIT_NAMES },
});
const CERTIFICATES = JSON.stringify([
  {
    ca: UNIT_AUTHORITY,
    certificate: UNIT_CERTIFICATE,
    certificate_signing_request: UNIT_REQUEST,
    chain: [UNIT_CERTIFICATE, UNIT_AUTHORITY],
  },
]);

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  server.secure(`${UNIT_KEY}${UNIT_CERTIFICATE}`);
});
afterAll(() => server[Symbol.asyncDispose]());

const plain = () =>
  world(HOST, {
    secrets: [HELD],
    relations: [
      peerRelation('mimir-peers', { id: 1 }),
      ...TOLD.map((endpoint, at) => relation(endpoint, { id: 10 + at })),
      relation('self-metrics-endpoint', { id: 20 }),
      relation('ingress', { id: 21, remoteApp: 'traefik-k8s' }),
      relation('certificates', { id: 22, remoteApp: 'self-signed-certificates' }),
    ],
  });

function saying(state: State, endpoint: string, remoteAppData: Readonly<Record<string, string>>): State {
  const relations = state.relations.map((each) =>
    each.endpoint === endpoint ? { ...each, remoteAppData } : each,
  );
  return { ...state, relations };
}

/** Of each neighbour, the places that it is given: scheme, host and port, and what comes before Mimir's own paths. */
function places(outcome: Outcome): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    TOLD.map((endpoint) => {
      const { localAppData, localUnitData } = findRelation(outcome, endpoint);
      const text = JSON.stringify([localAppData, localUnitData]);
      const found = [...text.matchAll(/https?:\/\/[^"\\]*?(?=\/api|\/prometheus|\/alertmanager|\/?\\?")/g)];
      const ours = found.map(([url]) => url).filter((url) => url.includes('mimir-k8s'));
      return [endpoint, [...new Set(ours)].toSorted()];
    }),
  );
}

function everywhere(...all: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(TOLD.map((endpoint) => [endpoint, all.toSorted()]));
}

function secured(): Promise<Outcome> {
  return mimir.run(
    { kind: 'relation-changed', relation: 'certificates' },
    saying(plain(), 'certificates', { certificates: CERTIFICATES }),
  );
}

test('all are plain until there is a certificate, then all are https, and plain again without it', async () => {
  expect(places(await mimir.run({ kind: 'config-changed' }, plain()))).toEqual(
    everywhere(`http://${INSIDE}`),
  );
  const tls = await secured();
  expect(places(tls)).toEqual(everywhere(`https://${INSIDE}`));
  expect(findRelation(tls, 'ingress').localAppData.scheme).toBe('"https"');
  expect(findRelation(tls, 'self-metrics-endpoint').localAppData.scrape_jobs).toContain('"scheme":"https"');
  const gone = await mimir.run({ kind: 'relation-broken', relation: 'certificates' }, tls);
  expect(places(gone)).toEqual(everywhere(`http://${INSIDE}`));
  expect(findRelation(gone, 'ingress').localAppData.scheme).toBeUndefined();
  expect(findRelation(gone, 'self-metrics-endpoint').localAppData.scrape_jobs).not.toContain('https');
});

test('all are the ingress`s once it has one, whatever Mimir itself speaks; who may ask inside is told that, too', async () => {
  const tls = await secured();
  const given = saying(tls, 'ingress', { ingress: JSON.stringify({ url: OUTSIDE }) });
  const after = await mimir.run({ kind: 'relation-changed', relation: 'ingress' }, given);
  expect(places(after)).toEqual({
    ...everywhere(OUTSIDE),
    'prometheus-api': [`https://${INSIDE}`, OUTSIDE].toSorted(),
  });
});
