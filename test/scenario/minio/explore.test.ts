/** Whatever happens to a MinIO unit, and in whatever order; the server is a real MinIO. */
import {
  activeOnly,
  container,
  type ExploreOptions,
  explore,
  type State,
  stateOf,
} from 'charmwright/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { charm } from '../../../minio/charm/charm.ts';
import { MinioApi } from '../../../minio/charm/minio-api.ts';
import { isAccountName } from '../../../minio/charm/plan/accounts.ts';
import { type Detour, detour, type MinioServer, startMinio } from '../../support/minio-server.ts';
import { minio, REGION, ROOT, v0, v1, world } from './world.ts';

// Chance would make every state a new one.
vi.mock('node:crypto', async (real) => ({ ...(await real()), randomInt: () => 7 }));

let server: MinioServer;
let way: Detour;
let api: MinioApi;
beforeAll(async () => {
  server = await startMinio(ROOT, REGION);
  way = detour('http://127.0.0.1:9000', server.url);
  api = new MinioApi({ url: server.url, region: REGION, credentials: ROOT });
}, 300_000);
afterAll(async () => {
  await way.end();
  await server.stop();
});

const ready = { kind: 'pebble-ready', container: 'minio' } as const;
const policiesShape = z.record(z.string(), z.custom<Parameters<MinioApi['putPolicy']>[1]>());

async function accountPolicies() {
  return Object.entries(await api.policies()).filter(([name]) => isAccountName(name));
}

/** MinIO answers its lists in another order each time. */
function sorted(data: unknown): unknown {
  if (Array.isArray(data))
    return data.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, sorted(value)]));
}

/** The policies are the charm's register of what it has made: an earlier state gets back those it had. */
const outside = {
  read: async () => sorted(Object.fromEntries(await accountPolicies())),
  write: async (data: unknown) => {
    const wanted = policiesShape.parse(data);
    const there = await accountPolicies();
    for (const [name] of there) {
      if (wanted[name] !== undefined) continue;
      await api.removeUser(name);
      await api.removePolicy(name);
    }
    for (const [name, policy] of Object.entries(wanted)) {
      const known = there.find(([each]) => each === name);
      if (JSON.stringify(sorted(known?.[1])) !== JSON.stringify(policy)) await api.putPolicy(name, policy);
    }
  },
};

/** Which secrets were granted is noted, and tidied with the next grant. */
function ignore(state: State): State {
  const { granted, ...stored } = state.stored;
  return activeOnly({ ...state, stored });
}

const WORLD = {
  containers: [container('minio')],
  ignore,
  outside,
  units: 1,
} satisfies Partial<ExploreOptions>;
const serving = async () => stateOf(await minio.run(ready, world({ relations: [v1(80, 'eighty')] })));

test('a new unit comes to the same end, whatever its container and its relations do first', async () => {
  const before = world({ secrets: [], relations: [v1(70, 'seventy'), v0(71, 'seventy-one')] });
  const found = await explore(charm, before, { ...WORLD, depth: 0, from: 'nothing' });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

test('applications may come, ask, ask otherwise and go in any order: who was told of keys has an account', async () => {
  const found = await explore(charm, await serving(), {
    ...WORLD,
    depth: 2,
    relations: [v0(81, 'eighty-one'), v1(82, 'eighty', 'rival')],
    remoteAppData: { s3: [{}, { bucket: '../etc' }] },
    only: ({ event }) => 'endpoint' in event || event.kind === 'config-changed' || event.kind === 'stop',
    invariant: (after) => {
      const labels = after.secrets.map(({ label }) => label);
      for (const { id, dying, localAppData } of after.relations) {
        const isTold = dying !== true && 'secret-extra' in localAppData;
        if (isTold) expect(labels).toContain(`juju-relation-${id}`);
      }
    },
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
  expect(found.states).toBeGreaterThan(100);
}, 90_000);

test('a unit that serves bears any two things that an operator or Kubernetes does to it', async () => {
  const found = await explore(charm, await serving(), {
    ...WORLD,
    depth: 2,
    configs: [{ 'shared-buckets': true }, { region: 'no region' }],
    actions: [{ action: 'rotate-credentials', params: {} }],
    only: ({ event }) => !('endpoint' in event),
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);

test('a second unit, which leads or does not, bears any two things', async () => {
  const before = world({ leader: false, unitNumber: 1, plannedUnits: 2, relations: [v1(90, 'ninety')] });
  const found = await explore(charm, before, {
    ...WORLD,
    depth: 2,
    only: ({ name }) => !name.includes('again'),
  });
  expect(found.problems).toEqual([]);
  expect(found.isComplete).toBe(true);
}, 90_000);
