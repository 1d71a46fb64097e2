/**
 * Every key of every databag that the charm reads, spoiled in every way that came to mind. No hook crashes, nothing
 * gets into Mimir's configuration that is not the charm's, other relations hear nothing of it, and what is not used is
 * told by relation, application and key.
 */
import { readFile } from 'node:fs/promises';
import { type Outcome, peerRelation, relation, type State, secret } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';
import { UNIT_CERTIFICATE, UNIT_KEY, UNIT_NAMES, UNIT_REQUEST } from '../../../support/unit-certificate.ts';
import { configKeys, effect, expectBorne, told } from './effects.ts';
import { hostileTexts } from './values.ts';
import { HOST, WIRED, WIRES, type Wire, type WiredEndpoint } from './wires.ts';

/** Endpoints whose other side says nothing that is read. */
const SILENT: readonly string[] = ['prometheus-api', 'catalogue', 'redis'];

/** An application that leads a cluster joins no other: what is said to one that joins is spoiled in joined.test.ts. */
const ELSEWHERE: readonly string[] = ['join-cluster'];

/**
 * Keys of which a part may be left out without a word. Of a path only letters and digits are used; the others hold names
 * of any letters, or a list that may rightly be empty.
 */
const CLEANED: readonly string[] = [
  's3 path',
  'grafana-source datasource_uids',
  'grafana-source grafana_uid',
  'grafana-source-alertmanager datasource_uids',
  'grafana-source-alertmanager grafana_uid',
  'send-datasource datasources',
  'workload-tracing receivers',
  'receive-remote-write alert_rules',
];

/** What the unit asks the authority for; a key takes long to make. */
const HELD = secret({
  owner: 'unit',
  label: 'certificates',
  content: { 'private-key': UNIT_KEY, csr: UNIT_REQUEST, names: UNIT_NAMES },
});

type Bag = Readonly<Record<string, string>>;

let server: FakeMimir;
let tried = 0;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
  server.secure(`${UNIT_KEY}${UNIT_CERTIFICATE}`);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  console.log(`hostile data: ${tried} inputs`);
});

/** All neighbours at once, one of which says something else. */
function neighbourhood(endpoint?: WiredEndpoint, said?: { readonly app?: Bag; readonly unit?: Bag }): State {
  const relations = WIRED.map((name) => {
    const { id, app, appData, unitData } = WIRES[name];
    const other = name === endpoint ? said : undefined;
    return relation(name, {
      id,
      remoteApp: app,
      remoteAppData: other?.app ?? appData,
      remoteUnits: { 0: other?.unit ?? unitData },
    });
  });
  const peers = peerRelation('mimir-peers', { id: 1 });
  const silent = SILENT.map((name, at) => relation(name, { id: 30 + at, remoteApp: 'silent' }));
  // With exemplars what Tempo says is used, too.
  const config = { 'max-global-exemplars-per-user': 1000 };
  return world(HOST, { config, relations: [peers, ...silent, ...relations], secrets: [HELD] });
}

function hear(endpoint: WiredEndpoint, said?: { readonly app?: Bag; readonly unit?: Bag }): Promise<Outcome> {
  return mimir.run({ kind: 'relation-changed', relation: endpoint }, neighbourhood(endpoint, said));
}

describe.each(WIRED)('%s', (endpoint) => {
  const wire: Wire = WIRES[endpoint];
  const sides = [
    ...Object.keys(wire.appData).map((key) => ({ side: 'app', key }) as const),
    ...Object.keys(wire.unitData).map((key) => ({ side: 'unit', key }) as const),
  ];

  test.each(sides)('$key in the databag of the $side: any text', async ({ side, key }) => {
    const bag: Bag = side === 'app' ? wire.appData : wire.unitData;
    const saying = (text: string | undefined) => {
      const { [key]: _, ...rest } = bag;
      return { [side]: text === undefined ? rest : { ...rest, [key]: text } };
    };
    const good = await hear(endpoint);
    const without = await hear(endpoint, saying(undefined));
    const known = new Set([...configKeys(good), ...configKeys(without)]);
    const [asGood, asWithout] = [effect(good, endpoint), effect(without, endpoint)].map((e) =>
      JSON.stringify(e),
    );
    for (const text of hostileTexts(bag[key] ?? '')) {
      tried++;
      const outcome = await hear(endpoint, saying(text));
      const about = `${endpoint} ${side} ${key}=${JSON.stringify(text)?.slice(0, 120)}`;
      expectBorne(outcome, known, about);
      const now = JSON.stringify(effect(outcome, endpoint));
      const dropped = now === asWithout && asWithout !== asGood && text !== undefined;
      if (!dropped || text.trim() === '' || CLEANED.includes(`${endpoint} ${key}`)) continue;
      expect(told(outcome), about).toContain(`${endpoint}:${wire.id}`);
      expect(told(outcome), about).toContain(wire.app);
      expect(told(outcome), about).toContain(key);
    }
  });
});

test('every endpoint of the charm is spoiled here, or known to say nothing that is read', async () => {
  const endpoints = z.record(z.string(), z.unknown());
  const { requires, provides } = z
    .object({ requires: endpoints, provides: endpoints })
    .parse(parse(await readFile('metadata.yaml', 'utf8')));
  const declared = Object.keys({ ...requires, ...provides });
  expect(declared.toSorted()).toEqual([...WIRED, ...SILENT, ...ELSEWHERE].toSorted());
});
