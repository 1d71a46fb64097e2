import { describe, expect, test } from 'vitest';
import { resolveUnit } from '../../../local/agent/hook-transitions.ts';
import { removeApplication, scaleApplication, setConfig } from '../../../local/model/applications.ts';
import { charmOf } from '../../../local/model/lookup.ts';
import { integrate, removeRelation } from '../../../local/model/relations.ts';
import { commitSecrets, trackSecret } from '../../../local/model/secrets.ts';
import { enqueue } from '../../../local/model/tasks.ts';
import { unitView } from '../../../local/model/view.ts';
import { Simulation } from './simulation.ts';

const DATABASE = `
name: database
provides:
  db: {interface: sql}
peers:
  peers: {interface: database_peers}
storage:
  data: {type: filesystem, location: /data}
containers:
  engine: {}
`;
const WEB = `
name: web
requires:
  db: {interface: sql}
`;

function related(): Simulation {
  const world = new Simulation();
  world.deploy(DATABASE, { config: 'options: {size: {type: int, default: 1}}' });
  world.deploy(WEB);
  world.settle();
  integrate(world.model, ['database', 'web']);
  return world;
}

describe('a new unit', () => {
  test('runs install, created, leader-elected, storage-attached, config-changed and start, in this order', () => {
    const world = new Simulation();
    world.deploy(DATABASE);
    expect(world.settleUnit('database/0')).toEqual([
      'install',
      'peers-relation-created database',
      'leader-elected',
      'data-storage-attached',
      'config-changed',
      'start',
    ]);
  });

  test('is not the leader when there is one before it', () => {
    const world = new Simulation();
    world.deploy(DATABASE, { units: 2 });
    world.settle();
    expect(world.of('database/1')).not.toContain('leader-elected');
  });

  test('hears of its Pebbles when it has started', () => {
    const world = new Simulation();
    world.deploy(DATABASE);
    world.workload.set('database/0', [{ kind: 'pebble-ready', container: 'engine' }]);
    expect(world.settleUnit('database/0').slice(-2)).toEqual(['start', 'engine-pebble-ready']);
  });

  test('that comes with relations already there runs their created before it is configured', () => {
    const world = related();
    scaleApplication(world.model, 'database', 2, world.now.toISOString());
    expect(world.settleUnit('database/1').slice(0, 5)).toEqual([
      'install',
      'peers-relation-created database',
      'db-relation-created web',
      'data-storage-attached',
      'config-changed',
    ]);
  });
});

describe('leadership', () => {
  function three(): Simulation {
    const world = new Simulation();
    world.deploy(DATABASE, { units: 3 });
    world.settle();
    return world;
  }

  const leaders = ({ model }: Simulation) =>
    [0, 1, 2].map((i) => unitView(model, `database/${i}`, { resources: {} }).leader);

  test('stays where it is while a pod is away for less than its lease', () => {
    const world = three();
    world.killPod('database/0');
    expect(world.settle()).not.toContain('database/1 leader-elected');
    expect(leaders(world)).toEqual([true, false, false]);
  });

  test('goes to one other unit when its lease has run out', () => {
    const world = three();
    world.holdPod('database/0');
    expect(leaders(world)).toEqual([false, false, false]);
    expect(world.settle()).toEqual(['database/1 leader-elected']);
    expect(leaders(world)).toEqual([false, true, false]);
  });

  test('the one that led is a follower when it is back, and no hook tells it', () => {
    const world = three();
    world.holdPod('database/0');
    world.settle();
    world.releasePod('database/0');
    expect(world.settle()).toEqual(
      ['upgrade-charm', 'config-changed', 'start'].map((hook) => `database/0 ${hook}`),
    );
    expect(leaders(world)).toEqual([false, true, false]);
  });

  test('one that leads again is elected again', () => {
    const world = three();
    for (const unit of ['database/0', 'database/1']) {
      world.holdPod(unit);
      world.settle();
      world.releasePod(unit);
      world.settle();
    }
    expect(world.of('database/0').filter((hook) => hook === 'leader-elected')).toHaveLength(2);
    expect(leaders(world)).toEqual([true, false, false]);
  });

  test('nobody writes for the application who leads no more when its hook ends', () => {
    const world = three();
    world.behaviour = (unit, hook, model) => {
      if (unit !== 'database/0' || hook.kind !== 'update-status') return undefined;
      const application = model.applications.database;
      if (application !== undefined) application.leader = 'database/1';
      return { relationApp: { 0: { primary: 'database/0' } } };
    };
    world.updateStatusDue = true;
    expect(() => world.step('database/0')).toThrow(
      'prerequisites failed: "database/0" is not leader of "database"',
    );
    expect(world.model.relations[0]?.apps.database?.data).toEqual({});
  });
});

describe('a relation', () => {
  test('of which the other side has not been heard is created, and nothing more', () => {
    const world = related();
    expect(world.settleUnit('web/0')).toEqual(['db-relation-created database']);
  });

  test('whose other side has written already: application data first, then each unit joined and changed', () => {
    const world = related();
    scaleApplication(world.model, 'database', 2, world.now.toISOString());
    world.behaviour = (unit, hook) =>
      unit === 'database/0' && hook.kind === 'relation-created' && hook.endpoint === 'db'
        ? { relationApp: { [hook.relationId]: { url: 'sql://' } } }
        : undefined;
    world.settleUnit('database/0');
    world.settleUnit('database/1');
    expect(world.settleUnit('web/0')).toEqual([
      'db-relation-created database',
      'db-relation-changed database',
      'db-relation-joined database/0',
      'db-relation-changed database/0',
      'db-relation-joined database/1',
      'db-relation-changed database/1',
    ]);
  });

  test('is entered together with all others that are new, before the first of their hooks', () => {
    const world = related();
    world.deploy(WEB, { application: 'shop' });
    integrate(world.model, ['database', 'shop']);
    const [web, shop] = [relationBetween(world.model, 'web'), relationBetween(world.model, 'shop')];
    world.behaviour = (unit, hook) =>
      unit === 'database/0' && hook.kind === 'relation-created' && hook.relationId === web
        ? { relationUnit: { [shop]: { url: 'sql://' } } }
        : undefined;
    world.step('database/0');
    expect(world.of('database/0').at(-1)).toBe('db-relation-created web');
    expect(world.model.relations[shop]?.units['database/0']).toMatchObject({
      inScope: true,
      data: { url: 'sql://' },
    });
  });

  test('that was entered with others and goes before its own created runs no hook, and is gone', () => {
    const world = related();
    world.deploy(WEB, { application: 'shop' });
    integrate(world.model, ['database', 'shop']);
    const shop = relationBetween(world.model, 'shop');
    world.step('database/0');
    removeRelation(world.model, shop);
    world.settle();
    expect(world.model.relations[shop]).toBeUndefined();
    expect(world.of('database/0').filter((hook) => hook.endsWith(' shop'))).toEqual([]);
  });

  test('collapses many writes between two hooks into one changed', () => {
    const world = related();
    world.settle();
    for (const size of ['2', '3', '4']) {
      setConfig(world.model, 'database', { values: { size }, reset: [] });
      world.behaviour = (_unit, hook, model) =>
        hook.kind === 'config-changed'
          ? { relationUnit: { [relationBetween(model, 'web')]: { size } } }
          : undefined;
      world.settleUnit('database/0');
    }
    expect(world.settleUnit('web/0')).toEqual(['db-relation-changed database/0']);
    expect(world.model.relations[relationBetween(world.model, 'web')]?.units['database/0']?.data.size).toBe(
      '4',
    );
  });

  test('says nothing when a write changed nothing', () => {
    const world = related();
    world.settle();
    const id = relationBetween(world.model, 'web');
    world.behaviour = (_unit, hook) =>
      hook.kind === 'config-changed'
        ? { relationUnit: { [id]: { 'ingress-address': '10.87.128.1' } } }
        : undefined;
    expect(world.model.relations[id]?.units['database/0']?.data['ingress-address']).toBe('10.87.128.1');
    setConfig(world.model, 'database', { values: { size: '2' }, reset: [] });
    expect(world.settle()).toEqual(['database/0 config-changed']);
  });

  test('among peers tells every unit of the application bag, the leader that wrote it too', () => {
    const world = new Simulation();
    world.deploy(DATABASE, { units: 2 });
    world.behaviour = (_unit, hook) =>
      hook.kind === 'leader-elected' ? { relationApp: { 0: { primary: 'database/0' } } } : undefined;
    world.settle();
    for (const unit of ['database/0', 'database/1'])
      expect(world.of(unit)).toContain('peers-relation-changed database');
    expect(world.of('database/0')).not.toContain('peers-relation-changed database/0');
  });

  test('that is removed ends on both sides with departed and broken, the units staying', () => {
    const world = related();
    world.settle();
    removeRelation(world.model, relationBetween(world.model, 'web'));
    expect(world.settle().sort()).toEqual([
      'database/0 db-relation-broken web',
      'database/0 db-relation-departed web/0 (web/0 departs)',
      'web/0 db-relation-broken database',
      'web/0 db-relation-departed database/0 (database/0 departs)',
    ]);
    expect(world.of('web/0').slice(-2)).toEqual([
      'db-relation-departed database/0 (database/0 departs)',
      'db-relation-broken database',
    ]);
    expect(Object.values(world.model.relations).map((relation) => relation.interface)).toEqual([
      'database_peers',
    ]);
  });

  test('that is removed before a unit had seen it leaves no trace there', () => {
    const world = related();
    removeRelation(world.model, relationBetween(world.model, 'web'));
    expect(world.settle()).toEqual([]);
  });
});

function relationBetween(model: Simulation['model'], application: string): number {
  const found = Object.values(model.relations).find((relation) =>
    relation.ends.some((end) => end.application === application),
  );
  return found?.id ?? -1;
}

describe('a failed hook', () => {
  test('is tried again after five seconds, then ten, and blocks what comes after it', () => {
    const world = new Simulation();
    world.deploy(DATABASE);
    let broken = true;
    world.behaviour = (_unit, hook) => (hook.kind === 'config-changed' && broken ? 'fail' : undefined);
    expect(world.settleUnit('database/0').at(-1)).toBe('config-changed FAILED');
    expect(world.settleUnit('database/0')).toEqual([]);
    world.now = new Date(world.now.getTime() + 5_000);
    expect(world.settleUnit('database/0')).toEqual(['config-changed FAILED']);
    world.now = new Date(world.now.getTime() + 5_000);
    expect(world.settleUnit('database/0')).toEqual([]);
    broken = false;
    world.now = new Date(world.now.getTime() + 5_000);
    expect(world.settleUnit('database/0')).toEqual(['config-changed', 'start']);
  });

  test('still lets Pebble events through, and survives them', () => {
    const world = new Simulation();
    world.deploy(DATABASE);
    world.behaviour = (_unit, hook) => (hook.kind === 'config-changed' ? 'fail' : undefined);
    world.settleUnit('database/0');
    world.workload.set('database/0', [{ kind: 'pebble-ready', container: 'engine' }]);
    expect(world.settleUnit('database/0')).toEqual(['engine-pebble-ready']);
    expect(world.unit('database/0').agent.failed?.hook).toEqual({ kind: 'config-changed' });
  });

  test('resolved without a retry counts as run', () => {
    const world = related();
    world.behaviour = (_unit, hook) => (hook.kind === 'relation-joined' ? 'fail' : undefined);
    world.settle();
    expect(world.of('web/0').at(-1)).toBe('db-relation-joined database/0 FAILED');
    resolveUnit(world.model, 'web/0', false);
    expect(world.settleUnit('web/0')).toEqual(['db-relation-changed database/0']);
  });

  test('of a relation that is gone meanwhile is not run again', () => {
    const world = related();
    world.settleUnit('database/0');
    world.behaviour = (unit, hook) =>
      unit === 'web/0' && hook.kind === 'relation-joined' ? 'fail' : undefined;
    world.settleUnit('web/0');
    const id = relationBetween(world.model, 'web');
    delete world.model.relations[id];
    world.now = new Date(world.now.getTime() + 60_000);
    expect(world.settleUnit('web/0')).toEqual([]);
    expect(world.unit('web/0').agent.failed).toBeUndefined();
  });
});

describe('a unit on its way out', () => {
  test('detaches its storage, ends its relations, sees its peers off, stops and is removed', () => {
    const world = related();
    scaleApplication(world.model, 'database', 2, world.now.toISOString());
    world.settle();
    scaleApplication(world.model, 'database', 1, world.now.toISOString());
    expect(world.settleUnit('database/1')).toEqual([
      'data-storage-detaching',
      'db-relation-departed web/0 (database/1 departs)',
      'db-relation-broken web',
      'peers-relation-departed database/0 (database/1 departs)',
      'stop',
      'remove',
    ]);
    expect(world.settle().sort()).toEqual([
      'database/0 peers-relation-departed database/1 (database/1 departs)',
      'web/0 db-relation-departed database/1 (database/1 departs)',
    ]);
  });

  test('leads until it is dead when it leads, and then another one is elected', () => {
    const world = new Simulation();
    world.deploy(DATABASE, { units: 2 });
    world.settle();
    const application = world.model.applications.database;
    if (application !== undefined) application.leader = 'database/1';
    world.settle();
    scaleApplication(world.model, 'database', 1, world.now.toISOString());
    while (application?.units['database/1'] !== undefined) {
      expect(application.leader).toBe('database/1');
      world.step('database/1');
    }
    expect(world.settle()).toContain('database/0 leader-elected');
    expect(application?.leader).toBe('database/0');
  });

  test('that comes back finds the volume of its ordinal', () => {
    const world = new Simulation();
    world.deploy(DATABASE, { units: 2 });
    world.settle();
    scaleApplication(world.model, 'database', 1, world.now.toISOString());
    world.settle();
    scaleApplication(world.model, 'database', 2, world.now.toISOString());
    world.settle();
    const volumes = Object.values(world.model.storages).filter((storage) => storage.unit === 'database/1');
    expect(volumes.map((storage) => storage.id)).toEqual(['data/1']);
  });

  test('takes an application, its relations and its charm along', () => {
    const world = related();
    world.settle();
    removeApplication(world.model, 'database', { destroyStorage: true }, world.now.toISOString());
    world.settle();
    expect(Object.keys(world.model.applications)).toEqual(['web']);
    expect(world.model.relations).toEqual({});
    expect(world.model.storages).toEqual({});
    expect(Object.keys(world.model.charms)).toEqual(['local:web-0']);
    expect(world.of('web/0').slice(-2)).toEqual([
      'db-relation-departed database/0 (database/0 departs)',
      'db-relation-broken database',
    ]);
  });
});

describe('churn', () => {
  test('a new pod of an installed unit runs upgrade-charm, config-changed and start', () => {
    const world = related();
    world.settle();
    world.killPod('web/0');
    expect(world.settle()).toEqual(['web/0 upgrade-charm', 'web/0 config-changed', 'web/0 start']);
  });

  test('a deleted pod runs stop before a new one comes', () => {
    const world = related();
    world.settle();
    world.deletePod('web/0');
    expect(world.settle()).toEqual([
      'web/0 stop',
      'web/0 (new pod)',
      'web/0 upgrade-charm',
      'web/0 config-changed',
      'web/0 start',
    ]);
  });

  test('the pod of a dying unit that is deleted goes on with its way out', () => {
    const world = related();
    world.settle();
    scaleApplication(world.model, 'web', 0, world.now.toISOString());
    world.deletePod('web/0');
    expect(world.settleUnit('web/0').slice(-2)).toEqual(['stop', 'remove']);
  });

  test('a pod that dies during install installs again', () => {
    const world = new Simulation();
    world.deploy(WEB);
    world.unit('web/0').agent.running = { kind: 'install' };
    world.killPod('web/0');
    expect(world.settleUnit('web/0')[0]).toBe('install');
  });

  test('a relation hook that was cut off runs after the unit has started again', () => {
    const world = related();
    world.settleUnit('database/0');
    world.step('web/0');
    world.killPod('web/0');
    expect(world.settleUnit('web/0')).toEqual([
      'upgrade-charm',
      'config-changed',
      'start',
      'db-relation-joined database/0',
      'db-relation-changed database/0',
    ]);
  });
});

describe('config-changed', () => {
  test('runs when a value really changes, once for many changes', () => {
    const world = related();
    world.settle();
    setConfig(world.model, 'database', { values: { size: '1' }, reset: [] });
    expect(world.settle()).toEqual([]);
    setConfig(world.model, 'database', { values: { size: '2' }, reset: [] });
    setConfig(world.model, 'database', { values: { size: '3' }, reset: [] });
    expect(world.settle()).toEqual(['database/0 config-changed']);
  });

  test('runs again when a value changed while it ran', () => {
    const world = related();
    world.settle();
    setConfig(world.model, 'database', { values: { size: '2' }, reset: [] });
    let changes = 0;
    world.behaviour = (_unit, _hook, model) => {
      if (changes++ === 0) setConfig(model, 'database', { values: { size: '3' }, reset: [] });
      return undefined;
    };
    expect(world.settle()).toEqual(['database/0 config-changed', 'database/0 config-changed']);
  });
});

describe('what waits', () => {
  test('update-status is last, and only when nothing else is to do', () => {
    const world = related();
    world.settle();
    world.updateStatusDue = true;
    setConfig(world.model, 'database', { values: { size: '2' }, reset: [] });
    expect(world.settleUnit('database/0')).toEqual(['config-changed', 'update-status']);
  });

  test('an action is run before the hooks of relations, even while a hook has failed', () => {
    const world = new Simulation();
    world.deploy(WEB);
    world.behaviour = (_unit, hook) => (hook.kind === 'config-changed' ? 'fail' : undefined);
    world.settle();
    const charm = charmOf(world.model, 'web');
    charm.spec.actions.look = { params: {}, required: [], additionalProperties: true };
    enqueue(world.model, { units: ['web/0'], action: 'look', params: {} }, world.now.toISOString());
    expect(() => world.step('web/0')).toThrow('the simulation does not run a action');
  });
});

describe('secrets', () => {
  function shared(): { world: Simulation; id: string } {
    const world = related();
    world.settle();
    const id = '0123456789abcdefghij';
    const relationId = relationBetween(world.model, 'web');
    commitSecrets(
      world.model,
      'database/0',
      [{ id, create: { owner: 'application' }, content: { password: 'one' }, grants: [{ relationId }] }],
      world.now,
    );
    trackSecret(world.model, 'web/0', { id, revision: 1, label: 'db' });
    return { world, id };
  }

  test('a consumer hears of a new revision once, the owner never', () => {
    const { world, id } = shared();
    expect(world.settle()).toEqual([]);
    commitSecrets(world.model, 'database/0', [{ id, content: { password: 'two' } }], world.now);
    expect(world.settle()).toEqual(['web/0 secret-changed']);
  });

  test('the owner is asked to remove a revision that nobody tracks any more, once', () => {
    const { world, id } = shared();
    commitSecrets(world.model, 'database/0', [{ id, content: { password: 'two' } }], world.now);
    world.settle();
    trackSecret(world.model, 'web/0', { id, revision: 2 });
    expect(world.settle()).toEqual(['database/0 secret-remove']);
  });

  test('a rotation is due after its interval, and again five minutes later when nothing was rotated', () => {
    const { world, id } = shared();
    commitSecrets(world.model, 'database/0', [{ id, rotate: 'hourly' }], world.now);
    expect(world.settle()).toEqual([]);
    world.now = new Date(world.now.getTime() + 3_600_000);
    expect(world.settle()).toEqual(['database/0 secret-rotate']);
    world.now = new Date(world.now.getTime() + 300_000);
    world.behaviour = () => ({ secrets: [{ id, content: { password: 'three' } }] });
    expect(world.settle().slice(0, 1)).toEqual(['database/0 secret-rotate']);
    world.behaviour = () => undefined;
    world.settle();
    world.now = new Date(world.now.getTime() + 300_000);
    expect(world.settle()).toEqual([]);
  });

  test('a relation takes its grants along', () => {
    const { world, id } = shared();
    removeRelation(world.model, relationBetween(world.model, 'web'));
    world.settle();
    expect(world.model.secrets[id]?.grants).toEqual([]);
  });
});
