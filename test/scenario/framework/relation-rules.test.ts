/** What a handler sees of a relation: who is there, whose data it may read and write, and what a broken one shows. */
import { inspect } from 'node:util';
import { RelationAccessError, TooManyRelationsError } from 'charmwright';
import { peerRelation, relation, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { charm, rawHook, seen, tools } from './charms.ts';

const FAR = '0a1b2c3d-0000-4000-8000-000000000001';

describe('a relation', () => {
  const database = relation('database', {
    id: 4,
    remoteApp: 'pg',
    remoteModelUuid: FAR,
    remoteAppData: { uris: 'x' },
    remoteUnits: { 0: { a: '1' }, 1: { a: '2' } },
  });
  const metrics = [relation('metrics', { id: 5 }), relation('metrics', { id: 6 })];
  const peers = peerRelation('peers', {
    id: 1,
    localAppData: { shared: 'yes' },
    units: { 1: { ip: '10.0.0.2' } },
  });
  const world = state({ relations: [database, ...metrics, peers], plannedUnits: 2 });

  // ops: 61, 92, 117
  test('is found by its id or by its event; several are several', async () => {
    const look = await seen(world, async (juju) => [
      (await juju.relation('metrics', 6))?.name,
      await juju.relation('metrics', 99),
      await juju.relation('metrics').catch((error: unknown) => error),
    ]);
    expect(look).toEqual(['metrics:6', undefined, expect.any(TooManyRelationsError)]);
  });

  // ops: 12, 120, 121, 130
  test('that breaks is there by its event: not active, without units, and what is published reaches nobody', async () => {
    const look: unknown[] = [];
    const it = charm({
      on: {
        'database-relation-broken': async (juju, event) => {
          const gone = await juju.relationOf(event);
          gone?.publishUnit({ late: 'yes' });
          look.push(gone?.active, gone?.remoteApp, await gone?.units(), await juju.relations('database'));
        },
      },
    });
    const after = await it.run({ kind: 'relation-broken', relation: database }, world);
    expect(look).toEqual([false, 'pg', [], []]);
    expect(tools(after)).not.toContain('relation-set');
  });

  // ops: 13, 122, 15.6
  test('of which a unit departs has it no more, though its data can be read', async () => {
    const look: unknown[] = [];
    const it = charm({
      on: {
        'database-relation-departed': async (juju, event) => {
          const here = await juju.relationOf(event);
          look.push(event.departingUnit, await here?.units(), await here?.remoteUnitData(event.remoteUnit));
        },
      },
    });
    await it.run({ kind: 'relation-departed', relation: database, remoteUnit: 1 }, world);
    expect(look).toEqual(['pg/1', ['pg/0'], { a: '2' }]);
  });

  // ops: 135
  test('tells the model of the other side, asked once', async () => {
    const it = charm({
      reconcile: async (juju) => {
        const far = await juju.relation('database');
        expect([await far?.remoteModel(), await far?.remoteModel()]).toEqual([FAR, FAR]);
      },
    });
    const after = await it.run('config-changed', world);
    expect(tools(after).filter((tool) => tool === 'relation-model-get')).toHaveLength(1);
  });

  // ops: 123
  test('has no data of one who is not in it: that is refused before Juju is asked', async () => {
    const look = await seen(world, async (juju) =>
      (await juju.relation('database'))
        ?.remoteUnitData('other/0')
        .catch((error: unknown) => Object(error).name),
    );
    expect(look).toBe('RelationAccessError');
  });

  // ops: 124, 125, 15.7
  test('keeps the application`s own data from followers, before any hook tool runs', async () => {
    const refusals: unknown[] = [];
    const it = charm({
      reconcile: async (juju) => {
        const here = await juju.relation('database');
        refusals.push(await here?.localAppData().catch((error: unknown) => error));
        refusals.push(await here?.publishApp({ a: 'b' }).catch((error: unknown) => error));
      },
    });
    const after = await it.run('config-changed', world);
    expect(refusals).toEqual([expect.any(RelationAccessError), expect.any(RelationAccessError)]);
    expect(tools(after)).not.toContain('relation-get');
    expect(tools(after)).not.toContain('relation-set');
    const leading = await seen(state({ ...world, leader: true }), async (juju) =>
      (await juju.relation('database'))?.localAppData(),
    );
    expect(leading).toEqual({});
  });

  // ops: 124, 136
  test('to its peers is of the own application, whose data every unit may read, with the other units', async () => {
    const look = await seen(world, async (juju) => {
      const others = await juju.relation('peers');
      return [others?.remoteApp, await others?.units(), await others?.localAppData()];
    });
    expect(look).toEqual(['example-k8s', ['example-k8s/1'], { shared: 'yes' }]);
  });

  // ops: 129
  test('has each databag read once, however often it is asked for', async () => {
    const it = charm({
      reconcile: async (juju) => {
        const here = await juju.relation('database');
        for (let i = 0; i < 3; i++) {
          await here?.remoteAppData();
          await here?.remoteUnitData('pg/0');
        }
      },
    });
    const after = await it.run('config-changed', world);
    expect(tools(after).filter((tool) => tool === 'relation-get')).toHaveLength(2);
  });

  // ops: 126
  test('takes text alone: a number in a bag without schema is refused with its key', async () => {
    const it = charm({
      reconcile: async (juju) => (await juju.relation('database'))?.publishUnit({ port: 80 as never }),
    });
    await expect(it.run('config-changed', world)).rejects.toThrow('port');
  });

  // ops: 132
  test('shows nothing of its data when it is printed', async () => {
    const look = await seen(world, async (juju) => {
      const here = await juju.relation('database');
      await here?.remoteAppData();
      here?.publishUnit({ password: 'hunter2' });
      return inspect(here, { depth: 9, showHidden: true });
    });
    expect(look).not.toMatch(/uris|hunter2/);
  });

  // ops: 115
  test('whose data Juju refuses to show reads as empty', async () => {
    const look: unknown[] = [];
    const hook = await rawHook(
      {
        reconcile: async (juju) => {
          const here = await juju.relation('database');
          look.push(await here?.remoteAppData(), await here?.remoteUnitData('pg/0'));
        },
      },
      { JUJU_DISPATCH_PATH: 'hooks/config-changed' },
      {
        'relation-ids': ['database:4'],
        'relation-list': 'pg',
        'relation-get': () => 'ERROR permission denied',
      },
    );
    expect(look).toEqual([{}, {}]);
    expect(hook.exitCode).toBe(0);
  });
});
