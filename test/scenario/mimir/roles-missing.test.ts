/** Applications of a cluster that are given other roles, while nobody else has those that they had. */
import { active, waiting } from 'charmwright';
import {
  findContainer,
  findRelation,
  type Outcome,
  peerRelation,
  relation,
  type State,
  secret,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GATEWAY_CONFIG, GATEWAY_DIR } from '../../../charm/plan/gateway-parts.ts';
import { TARGET_FILE } from '../../../charm/plan/paths.ts';
import { FakeMimir } from '../../support/fake-mimir.ts';
import { gateway, image, KEYS, mimir, S3_SECRET, s3, world } from '../../support/mimir-world.ts';

const HOST = '127.78.1.252';
const READER = '127.78.1.253';
const ready = { kind: 'pebble-ready', container: 'mimir' } as const;
const toReader = { kind: 'relation-changed', relation: 'join-cluster' } as const;

const servers: FakeMimir[] = [];
beforeAll(async () => {
  for (const host of [HOST, READER]) servers.push(await FakeMimir.at(host));
});
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
});

type Bag = Readonly<Record<string, string>>;

function member(id: number, app: string, said: Bag, unit: Bag = {}) {
  return relation('mimir-cluster', {
    id,
    remoteApp: app,
    remoteAppData: { planned_units: '1', ...said },
    remoteUnits: { 0: { address: `"${app}-0.${app}-endpoints"`, ip: `"10.1.${id}.0"`, ...unit } },
  });
}

const WRITE = member(7, 'write', { role: '"write"' });
const READ = member(8, 'read', { role: '"read"' });

/** Does the rest itself. */
async function leading(): Promise<State> {
  const input = {
    config: { roles: 'backend' },
    containers: [image(), gateway()],
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), WRITE, READ],
    secrets: [S3_SECRET],
  };
  return stateOf(await mimir.run(ready, world(HOST, input)));
}

/** What `read` is told, by a charm that gives no turns. */
function told(state: State): Bag {
  const { turn: _turn, ...said } = findRelation(state, 8).localAppData;
  return said;
}

/** `read`, beside the one that leads. */
function reader(said: Bag, config: State['config'] = { roles: 'read' }): Parameters<typeof world>[1] {
  const remoteAppData = { ...said, s3_secret_id: JSON.stringify(`secret:${S3_SECRET.id}`) };
  return {
    config,
    relations: [
      peerRelation('mimir-peers', { id: 1 }),
      relation('join-cluster', { id: 6, remoteApp: 'leading', remoteAppData }),
    ],
    secrets: [secret({ id: S3_SECRET.id, content: KEYS })],
  };
}

const targetOf = (state: State) => findContainer(state, 'mimir').files[TARGET_FILE];
const hear = (before: State, said: Bag) =>
  mimir.run(toReader, { ...stateOf(before), relations: world(READER, reader(said)).relations });

/** What `read` says when it is to write, to the one that leads, as the latter has it. */
async function saidTo(state: State, said: Outcome): Promise<Outcome> {
  const { localAppData, localUnitData } = findRelation(said, 'join-cluster');
  const read = {
    ...findRelation(state, 8),
    remoteAppData: localAppData,
    remoteUnits: { 0: { ...localUnitData, ip: '"10.1.8.0"' } },
  };
  const others = state.relations.filter(({ id }) => id !== 8);
  return mimir.run({ kind: 'relation-changed', relation: read }, { ...state, relations: [...others, read] });
}

/** nginx' addresses of a component. */
function addressesOf(state: State, component: string): readonly string[] {
  const config = String(findContainer(state, 'gateway').files[`${GATEWAY_DIR}/${GATEWAY_CONFIG}`]);
  const [, servers = ''] = new RegExp(`upstream ${component} \\{([^}]*)\\}`).exec(config) ?? [];
  return [...servers.matchAll(/server (\S+):/g)].map(([, address = '']) => address);
}

test('one that has joined reads on until somebody else does, and is asked as before', async () => {
  const led = await leading();
  const reads = await mimir.run(ready, world(READER, reader(told(led))));
  expect(reads.unitStatus).toEqual(active());

  const wantsToWrite = await mimir.run('config-changed', { ...stateOf(reads), config: { roles: 'write' } });
  expect(wantsToWrite.serviceStarts).toEqual([]);
  expect(targetOf(wantsToWrite)).toBe('querier,query-frontend');
  expect(wantsToWrite.unitStatus).toEqual(
    waiting(
      '[join-cluster] the roles are as before until leading has seen that none is missing then (join-cluster:6)',
    ),
  );

  const missing = await saidTo(led, wantsToWrite);
  expect(missing.unitStatus.message).toMatch(/^\[mimir-cluster\] no unit has querier, query-frontend: /);
  expect(addressesOf(missing, 'querier'), 'it is asked as before').toEqual(['10.1.8.0']);
  expect(addressesOf(missing, 'distributor')).toEqual(['10.1.7.0']);
  const hears = await hear(wantsToWrite, told(missing));
  expect(targetOf(hears)).toBe('querier,query-frontend');
  expect(hears.unitStatus.message).toMatch(/^\[join-cluster\] leading is blocked/);

  const late = member(9, 'late', { role: '"read"' });
  const whole = await mimir.run(
    { kind: 'relation-changed', relation: late },
    { ...stateOf(missing), relations: [...missing.relations, late] },
  );
  expect(addressesOf(whole, 'querier')).toEqual(['10.1.9.0']);
  const writes = await hear(hears, told(whole));
  expect(writes.serviceStarts).toEqual(['mimir/mimir']);
  expect(targetOf(writes)).toBe('distributor,ingester');
  expect(writes.unitStatus).toEqual(active());
});

test('one that was told by an older charm does at once what it is to do', async () => {
  const { role: _role, ...said } = told(await leading());
  const reads = await mimir.run(ready, world(READER, reader(said)));
  const writes = await mimir.run('config-changed', { ...stateOf(reads), config: { roles: 'write' } });
  expect(targetOf(writes)).toBe('distributor,ingester');
});

test('the one that leads is asked as before, too, while it must not part with its roles', async () => {
  const led = await leading();
  const after = await mimir.run('config-changed', { ...led, config: { roles: 'none' } });
  expect(after.unitStatus.message).toMatch(/^\[mimir-cluster\] no unit has compactor, /);
  expect(targetOf(after)).toContain('ruler');
  expect(addressesOf(after, 'ruler')).toEqual([HOST]);
});
