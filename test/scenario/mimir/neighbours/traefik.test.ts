/** Units of the application in front of a Traefik that holds to its rule: all of them have said where they are, or none counts. */
import { findRelation, peerRelation, relation } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeMimir } from '../../../support/fake-mimir.ts';
import { mimir, world } from '../../../support/mimir-world.ts';
import { route } from '../../../support/traefik-stand-in.ts';

const HOST = '127.78.1.83';
const ID = 'cos-mimir-k8s';
const created = { kind: 'relation-created', relation: 'ingress' } as const;

let server: FakeMimir;
beforeAll(async () => {
  server = await FakeMimir.at(HOST);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a unit has published when the first hook of the relation is over. */
async function unit(unitNumber: number) {
  const after = await mimir.run(
    created,
    world(HOST, {
      leader: unitNumber === 0,
      unitNumber,
      plannedUnits: 2,
      relations: [peerRelation('mimir-peers', { id: 1 }), relation('ingress', { id: 7 })],
    }),
  );
  const { localAppData, localUnitData } = findRelation(after, 'ingress');
  return { app: localAppData, unit: localUnitData };
}

const backend = (number: number) =>
  `http://mimir-k8s-${number}.mimir-k8s-endpoints.cos.svc.cluster.local:9009`;

describe('Traefik', () => {
  test('gives an address by path, takes the path away, and asks each unit whether it is ready', async () => {
    const { app, unit: leader } = await unit(0);
    expect(route(app, [leader], 'example.org')).toEqual({
      url: `http://example.org/${ID}`,
      strip: `/${ID}`,
      backends: [backend(0)],
      healthUrls: [`${backend(0)}/ready`],
    });
  });

  test('gives one by host name, where nothing is taken away', async () => {
    const { app, unit: leader } = await unit(0);
    expect(route(app, [leader], 'example.org', 'subdomain')).toMatchObject({
      url: `http://${ID}.example.org/`,
      strip: '',
    });
  });

  test('has no address while a new unit has not said where it is; its first hook of the relation says it', async () => {
    const [leader, second] = [await unit(0), await unit(1)];
    expect(route(leader.app, [leader.unit, {}], 'example.org')).toBeUndefined();
    expect(route(leader.app, [leader.unit, second.unit], 'example.org')?.backends).toEqual([
      backend(0),
      backend(1),
    ]);
  });

  test.each([
    ['a host without quotes', { host: 'mimir-k8s-0' }],
    ['a port in quotes', { port: '"9009"' }],
  ])('would refuse %s', async (_what, change) => {
    const { app, unit: leader } = await unit(0);
    const inUnit = 'host' in change;
    const found = route(
      inUnit ? app : { ...app, ...change },
      [inUnit ? { ...leader, ...change } : leader],
      'x',
    );
    expect(found).toBeUndefined();
  });
});
