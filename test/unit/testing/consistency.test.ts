/** Worlds that Juju cannot produce, and what the test's author reads then. */
import {
  container,
  context,
  exec,
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
const one = { ...notice('example.com/one'), id: '1' };
const checked = (status: 'up' | 'down', failures = 0) =>
  container('web', {
    layers: { web: { checks: { up: { override: 'replace', tcp: { port: 1 } } } } },
    checks: { up: { status, failures } },
  });
const unread = secret({ content: { key: 'v' }, tracked: false });
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
  [/port "70000\/tcp" is not as Juju writes it/, { ports: ['70000/tcp'] }],
  [/port "80\/tcp" is open twice/, { ports: ['80/tcp', '80/tcp'] }],
  [/option "port" is 8.5: give a value of type int/, { config: { port: 8.5 } }],
  [/option "title" is true: give a value of type string/, { config: { title: true } }],
  [/unitNumber is -1: units are numbered/, { unitNumber: -1 }],
  [/plannedUnits is 1.5: give a whole number/, { plannedUnits: 1.5 }],
  [/model's uuid "here" is none/, { model: { name: 'm', uuid: 'here' } }],
  [/"My App" is no application's name/, { relations: [relation('db', { remoteApp: 'My App' })] }],
  [
    /remoteModelUuid "there" of "db" is no UUID/,
    { relations: [relation('db', { remoteModelUuid: 'there' })] },
  ],
  [
    /"one" is no unit's number in "db"/,
    { relations: [{ ...db, remoteUnits: Object.fromEntries([['one', {}]]) }] },
  ],
  [/unit 3 has departed from "db" without having been there/, { relations: [{ ...db, departed: [3] }] }],
  [/key "a=b" of "db" cannot be/, { relations: [relation('db', { localAppData: { 'a=b': '1' } })] }],
  [
    /"peers" has 2 relations, and units have one/,
    { relations: [peerRelation('peers'), peerRelation('peers')] },
  ],
  [
    /"only" has 2 relations, and metadata.yaml limits it to 1/,
    { relations: [relation('only'), relation('only')] },
  ],
  [
    /peers of "peers" share one bag/,
    { relations: [{ ...peerRelation('peers'), remoteAppData: { token: 't' } }] },
  ],
  [/peer relation "peers" is never removed/, { relations: [{ ...peerRelation('peers'), dying: true }] }],
  [
    /"beside" has scope container: units see only the one they stand beside/,
    { relations: [relation('beside', { remoteUnits: { 0: {}, 1: {} } })] },
  ],
  [
    /a layer that Pebble refuses: plan must define "command" for service "web"/,
    { containers: [container('web', { layers: { web: { services: { web: { override: 'replace' } } } } })] },
  ],
  [/check "up" of container "web" is up with 3 failures/, { containers: [checked('up', 3)] }],
  [
    /has "\/etc" as a file and as a directory/,
    { containers: [container('web', { files: { '/etc': '', '/etc/web': '' } })] },
  ],
  [/two answers for \["ls"\]/, { containers: [container('web', { execs: [exec(['ls']), exec(['ls'])] })] }],
  [
    /two notices of container "web" have the id 1/,
    { containers: [container('web', { notices: [one, one] })] },
  ],
  [
    /storage "data" has 2 instances, and metadata.yaml allows 1/,
    { storages: [storage('data'), storage('data', { index: 1 })] },
  ],
  [/is at "srv": give an absolute path/, { storages: [storage('data', { location: 'srv' })] }],
  [
    /storage "data\/0" is a block, and metadata.yaml declares a filesystem/,
    { storages: [{ ...storage('data'), kind: 'block' }] },
  ],
  [/resource "page" is at "page.html": give an absolute path/, { resources: { page: 'page.html' } }],
  [
    /secret s1 has no revision|has no revision: give it content/,
    { secrets: [{ ...secret({ content: { key: 'v' } }), revisions: [] }] },
  ],
  [/revision 1, has the key "K": keys are at least three/, { secrets: [secret({ content: { K: 'v' } })] }],
  [/revision 1, is empty: give it a key/, { secrets: [secret({ content: {} })] }],
  [
    /somebody else's, whose rotation and expiry are not seen/,
    { secrets: [secret({ content: { key: 'v' }, rotate: 'daily' })] },
  ],
  [
    /somebody else's, who grants it/,
    { relations: [db], secrets: [secret({ content: { key: 'v' }, grants: [{ relationId: db.id }] })] },
  ],
  [
    /is the application's own, which it can read/,
    { secrets: [secret({ owner: 'unit', content: { key: 'v' }, readable: false })] },
  ],
  [
    /granted to unit other\/0, which is not in relation/,
    {
      relations: [db],
      secrets: [
        secret({ owner: 'unit', content: { key: '1' }, grants: [{ relationId: db.id, unit: 'other/0' }] }),
      ],
    },
  ],
  [
    /expires at "soon": give a time/,
    { secrets: [secret({ owner: 'unit', content: { key: 'v' }, expire: 'soon' })] },
  ],
  [/stored "since" is not plain data/, { stored: { since: new Date(0) } }],
  [/stop is deferred, and Juju does not wait for it/, { deferred: [{ kind: 'stop' }] }],
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
  [
    /secret-rotate comes to secrets that rotate/,
    () => web.run({ kind: 'secret-rotate', secret: mine }, state({ leader: true, secrets: [mine] })),
  ],
  [
    /secret-expired comes to secrets that expire/,
    () =>
      web.run(
        { kind: 'secret-expired', secret: mine, revision: 1 },
        state({ leader: true, secrets: [mine] }),
      ),
  ],
  [
    /revision 4 of secret .* is not there: it has 1/,
    () =>
      web.run({ kind: 'secret-remove', secret: mine, revision: 4 }, state({ leader: true, secrets: [mine] })),
  ],
  [
    /names an old revision that nobody reads, and 1 is the latest/,
    () =>
      web.run({ kind: 'secret-remove', secret: mine, revision: 1 }, state({ leader: true, secrets: [mine] })),
  ],
  [
    /goes to those who have read a secret/,
    () => web.run({ kind: 'secret-changed', secret: unread }, state({ secrets: [unread] })),
  ],
  [
    /relation-changed does not come to relation \d+, which is being removed/,
    () =>
      web.run({ kind: 'relation-changed', relation: 'db' }, state({ relations: [{ ...db, dying: true }] })),
  ],
  [
    /parameter "name" of action "greet" is 1: give a value of type string/,
    () => web.runAction('greet', { name: 1 }, state()),
  ],
  [/jujuVersion "latest" is none/, () => context(charm, { jujuVersion: 'latest' }).run('start', state())],
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
