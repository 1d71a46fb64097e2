/** Worlds that Juju cannot produce, and what the test's author reads then. */
import {
  container,
  context,
  ImpossibleWorld,
  notice,
  peerRelation,
  relation,
  secret,
  state,
  storage,
} from 'charmwright/testing';
import { expect, test } from 'vitest';
import { charm } from './example.ts';

const web = context(charm);
const db = relation('db');
const checked = (status: 'up' | 'down') =>
  container('web', {
    layers: { web: { checks: { up: { override: 'replace', tcp: { port: 1 } } } } },
    checks: { up: { status, failures: 0 } },
  });
const mine = secret({ owner: 'application', content: { key: 'v' } });

const worlds: readonly [why: RegExp, input: Parameters<typeof state>[0]][] = [
  [/option "prot" is not in config.yaml: declared are port, title/, { config: { prot: 1 } }],
  [/option "port" is "80": give a value of type int/, { config: { port: '80' } }],
  [/option "api-key" is "abc": give a value that is the URI of a secret/, { config: { 'api-key': 'abc' } }],
  [/endpoint "s3" is not in metadata.yaml/, { relations: [relation('s3')] }],
  [/"peers" is a peer endpoint: use peerRelation/, { relations: [relation('peers')] }],
  [/"db" is a requires endpoint: use relation/, { relations: [peerRelation('db')] }],
  [/two relations have the id 7/, { relations: [relation('db', { id: 7 }), relation('site', { id: 7 })] }],
  [/unit 0 is its own peer/, { relations: [peerRelation('peers', { units: { 0: {} } })] }],
  [/"db" relates "web" to itself/, { relations: [relation('db', { remoteApp: 'web' })] }],
  [/key "url" of "db" is empty/, { relations: [relation('db', { remoteAppData: { url: '' } })] }],
  [/container "wbe" is not in metadata.yaml/, { containers: [container('wbe')] }],
  [
    /service "web" that no layer defines/,
    { containers: [container('web', { services: { web: 'active' } })] },
  ],
  [/path "etc\/web": give it absolute/, { containers: [container('web', { files: { 'etc/web': '' } })] }],
  [/storage "dta\/0" is not in metadata.yaml/, { storages: [storage('dta')] }],
  [/two storage instances are called data\/0/, { storages: [storage('data'), storage('data')] }],
  [
    /two owned secrets have the label "l"/,
    {
      secrets: [
        secret({ owner: 'unit', label: 'l', content: { key: '1' } }),
        secret({ owner: 'unit', label: 'l', content: { key: '2' } }),
      ],
    },
  ],
  [/id "secret:x": ids are 20/, { secrets: [secret({ id: 'secret:x', content: { key: '1' } })] }],
  [
    /granted through relation 999/,
    { secrets: [secret({ owner: 'unit', content: { key: '1' }, grants: [{ relationId: 999 }] })] },
  ],
  [/resource "pgae" is not in metadata.yaml/, { resources: { pgae: '/x' } }],
  [
    /network "nowhere" is neither/,
    { networks: { nowhere: { bindAddresses: [], egressSubnets: [], ingressAddresses: [] } } },
  ],
  [/port "80" is not as Juju writes it/, { ports: ['80'] }],
];

// ops: 227
test.each(worlds)('refused: %s', async (why, input) => {
  await expect(web.run('start', state(input))).rejects.toThrow(why);
});

const down = checked('down');
const told = notice('example.com/a');
const peers = peerRelation('peers');

const events: readonly [why: RegExp, run: () => Promise<unknown>][] = [
  [
    /no relation db; it has none: add it to the state/,
    () => web.run({ kind: 'relation-created', relation: 'db' }, state()),
  ],
  [/the state has no relation \d+/, () => web.run({ kind: 'relation-changed', relation: db }, state())],
  [
    /unit remote\/5, which is not in the relation: add 5 to its remoteUnits/,
    () => web.run({ kind: 'relation-joined', relation: db, remoteUnit: 5 }, state({ relations: [db] })),
  ],
  [
    /a peer relation is never broken/,
    () => web.run({ kind: 'relation-broken', relation: 'peers' }, state({ relations: [peers] })),
  ],
  [
    /names storage "data", of which the state has 0/,
    () => web.run({ kind: 'storage-attached', storage: 'data' }, state()),
  ],
  [
    /container "web", which cannot be reached/,
    () => web.run({ kind: 'pebble-ready', container: 'web' }, state()),
  ],
  [
    /notice "example.com\/a", which container "web" does not have/,
    () =>
      web.run(
        { kind: 'pebble-custom-notice', container: 'web', notice: told },
        state({ containers: [container('web')] }),
      ),
  ],
  [
    /check "up", which is up/,
    () =>
      web.run(
        { kind: 'pebble-check-failed', container: 'web', check: 'up' },
        state({ containers: [checked('up')] }),
      ),
  ],
  [
    /check "up", which is down/,
    () =>
      web.run(
        { kind: 'pebble-check-recovered', container: down, check: 'up' },
        state({ containers: [down] }),
      ),
  ],
  [
    /check "nope", which no layer/,
    () =>
      web.run({ kind: 'pebble-check-failed', container: down, check: 'nope' }, state({ containers: [down] })),
  ],
  [/the state has no secret x/, () => web.run({ kind: 'secret-changed', secret: 'x' }, state())],
  [
    /not to its owner/,
    () => web.run({ kind: 'secret-changed', secret: mine }, state({ leader: true, secrets: [mine] })),
  ],
  [/goes to the leader/, () => web.run({ kind: 'secret-rotate', secret: mine }, state({ secrets: [mine] }))],
  [/leader-elected runs only on the leader/, () => web.run('leader-elected', state())],
  [
    /action "greet" has no parameter "nmae": declared are name, mood/,
    () => web.runAction('greet', { nmae: 'x' }, state()),
  ],
];

// ops: 227
test.each(events)('refused: %s', async (why, run) => {
  const error = await run().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ImpossibleWorld);
  expect(String(error)).toMatch(why);
});

test('all problems are told at once', async () => {
  const error = await web
    .run('start', state({ config: { a: 1, b: 2 }, ports: ['x'] }))
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ problems: { length: 3 } });
});
