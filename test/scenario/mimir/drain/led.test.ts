/** A cluster that is removed: the application that leads goes after the ingesters of those that have joined. */
import { maintenance } from 'charmwright';
import { peerRelation, relation, storage } from 'charmwright/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { gateway, image, mimir, S3_SECRET, s3, world } from '../../../support/mimir-world.ts';

/** Whoever waits in a hook asks once here. */
vi.mock('../../../../charm/patience.ts', () => ({
  within: async <T>(_ms: number, ask: () => Promise<T>) => ask(),
  until: async () => undefined,
}));

const HOST = '127.78.1.254';
const detaching = { kind: 'storage-detaching', storage: 'data' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

function member(id: number, app: string, role: string, units: number) {
  return relation('mimir-cluster', {
    id,
    remoteApp: app,
    remoteAppData: { role: JSON.stringify(role), planned_units: String(units) },
    remoteUnits: Object.fromEntries(Array.from({ length: units }, (_, number) => [number, {}])),
  });
}

/** Runs no Mimir, and goes. @param planned how many of its units stay. */
function going(members: readonly ReturnType<typeof member>[], planned = 0) {
  return world(HOST, {
    config: { roles: 'none' },
    containers: [image(), gateway()],
    plannedUnits: planned,
    unitNumber: 1,
    leader: false,
    storages: [storage('data')],
    relations: [peerRelation('mimir-peers', { id: 1 }), s3(HOST), ...members],
    secrets: [S3_SECRET],
  });
}

const gone = maintenance('[drain] leaving; metrics that only this unit has: none');

test('it stays while there are units with ingesters, and says what to do', async () => {
  const members = [member(7, 'write', 'write', 2), member(8, 'read', 'read', 1)];
  await expect(mimir.run(detaching, going(members))).rejects.toThrow(
    '[drain] stays until write/0, write/1 have gone, who need the bucket of mimir-k8s: juju remove-application write',
  );
});

test('it goes when only others are left', async () => {
  const after = await mimir.run(
    detaching,
    going([member(7, 'write', 'write', 0), member(8, 'read', 'read', 1)]),
  );
  expect(after.unitStatus).toEqual(gone);
});

test('one of its units goes while others stay', async () => {
  const after = await mimir.run(detaching, going([member(7, 'write', 'write', 2)], 1));
  expect(after.unitStatus).toEqual(gone);
});
