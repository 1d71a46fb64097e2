/** Senders with rules come, change and go, in any order, and hooks are killed: the ruler holds what they say. */
import {
  type ExploreOptions,
  explore,
  findContainer,
  type Outcome,
  peerRelation,
  relation,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { mimir as charm } from '../../../../charm/charm.ts';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { activeUncounted, mimir, world } from '../../../support/mimir-world.ts';

const HOST = '127.78.1.61';
const rules = (name: string) => ({
  alert_rules: JSON.stringify({ groups: [{ name, rules: [{ alert: 'Down', expr: 'up == 0' }] }] }),
});
const agent = relation('receive-remote-write', { id: 5, remoteApp: 'agent', remoteAppData: rules('a') });
const collector = relation('receive-remote-write', {
  id: 6,
  remoteApp: 'collector',
  remoteAppData: rules('a'),
});

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
beforeEach(() => server.ruler.namespaces.clear());
afterAll(() => server[Symbol.asyncDispose]());

/** A leader whose Mimir serves has loaded what the senders with units say, and nothing else. */
function inStep(after: Outcome): void {
  const serves = findContainer(after, 'mimir').services.mimir === 'active';
  if (!after.leader || !serves || after.unitStatus.name !== 'active') return;
  const said = after.relations
    .filter(({ endpoint }) => endpoint === 'receive-remote-write')
    .filter(({ remoteUnits, departed }) =>
      Object.keys(remoteUnits).some((unit) => !departed.includes(Number(unit))),
    )
    .flatMap(({ id, remoteApp, remoteAppData: { alert_rules: text } }) =>
      text === undefined
        ? []
        : [[`receive-remote-write:${id}:${remoteApp}`, JSON.parse(text).groups[0].name]],
    );
  const held = Object.entries(server.ruler.expressions).map(([name, groups]) => [
    name,
    ...Object.keys(groups),
  ]);
  expect(held.toSorted()).toEqual(said.toSorted());
}

/** What a unit notes in its folder tells how things came about. */
function withoutFiles(state: State): State {
  const { charmFiles: _, ...rest } = activeUncounted(state);
  return rest;
}

const WORLD = {
  ignore: withoutFiles,
  // While Mimir is away the rules wait.
  only: ({ name }) => !name.includes('goes away'),
  oneEnd: true,
  remembersRemoteData: true,
  outside: {
    read: async () => server.ruler.read(),
    write: async (holding: unknown) => server.ruler.write(holding),
  },
} satisfies Partial<ExploreOptions>;

async function started() {
  const before = world(HOST, { relations: [peerRelation('mimir-peers', { id: 1 }), agent] });
  return stateOf(await mimir.run({ kind: 'pebble-ready', container: 'mimir' }, before));
}

test('whatever happens, the ruler is in step', async () => {
  const found = await explore(charm, await started(), {
    ...WORLD,
    invariant: inStep,
    depth: 2,
    maxStates: 300,
    relations: [collector],
    remoteAppData: { 'receive-remote-write': [{}, rules('b')] },
  });
  expect(found.problems).toEqual([]);
}, 90_000);

test('whatever happens, each hook may be killed at each of its calls', async () => {
  const found = await explore(charm, await started(), {
    ...WORLD,
    depth: 1,
    kills: true,
    relations: [collector],
    remoteAppData: { 'receive-remote-write': [{}, rules('b')] },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);
