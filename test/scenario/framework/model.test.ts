import { active, blocked, NotAllowedError, PermissionError, type PortName, waiting } from 'charmwright';
import { container, network, notice, relation, secret, state, stateOf, storage } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { charm, rawHook, seen, tools } from './charms.ts';

describe('the unit and its model', () => {
  // ops: 57, 60, 89, 100
  test('have their names, and the event is there', async () => {
    const world = state({
      unitNumber: 3,
      model: { name: 'demo', uuid: '0a1b2c3d-0000-4000-8000-000000000001' },
      plannedUnits: 4,
    });
    const look = await seen(world, async (juju) => [
      juju.unit,
      juju.app,
      juju.model,
      juju.jujuVersion,
      juju.event.kind,
    ]);
    expect(look).toEqual([
      'example-k8s/3',
      'example-k8s',
      { name: 'demo', uuid: '0a1b2c3d-0000-4000-8000-000000000001' },
      '3.6.14',
      'config-changed',
    ]);
  });

  // ops: 105
  test('knows how many units are planned, from the goal state, which is asked once', async () => {
    let planned: readonly number[] = [];
    const it = charm({
      reconcile: async (juju) => {
        planned = [await juju.plannedUnits(), await juju.plannedUnits()];
        expect(Object.keys((await juju.goalState()).units)).toHaveLength(3);
      },
    });
    const after = await it.run('config-changed', state({ plannedUnits: 3 }));
    expect(planned).toEqual([3, 3]);
    expect(tools(after).filter((tool) => tool === 'goal-state')).toHaveLength(1);
  });

  test('asks for the goal state again for one who waits for others', async () => {
    const it = charm({
      reconcile: async (juju) => {
        for (const fresh of [false, true, true, false]) await juju.goalState({ fresh });
      },
    });
    const after = await it.run('config-changed', state({}));
    expect(tools(after).filter((tool) => tool === 'goal-state')).toHaveLength(3);
  });

  // ops: 104
  test('is the leader or not, asked once', async () => {
    const it = charm({
      reconcile: async (juju) => expect(await juju.isLeader()).toBe(await juju.isLeader()),
    });
    const after = await it.run('config-changed', state({ leader: true }));
    expect(tools(after).filter((tool) => tool === 'is-leader')).toHaveLength(1);
  });

  // ops: 95
  test('may read the cloud`s credential when it is trusted, and is told the command when not', async () => {
    const cloud = { type: 'kubernetes', name: 'k8s', endpoint: 'https://10.0.0.1' };
    expect(await seen(state({ cloud }), (juju) => juju.cloudSpec())).toMatchObject(cloud);
    const refused = await seen(state(), (juju) => juju.cloudSpec().catch((error: unknown) => error));
    expect(refused).toBeInstanceOf(PermissionError);
    expect(String(refused)).toContain('juju trust APPLICATION --scope=cluster');
  });
});

describe('addresses', () => {
  const world = state({
    networks: { '': network('10.1.0.5'), metrics: network('10.2.0.5') },
    relations: [relation('metrics', { id: 7 })],
  });

  // ops: 93, 150
  test('are given by endpoint or by relation: interfaces, addresses, subnets', async () => {
    const look = await seen(world, async (juju) => {
      const [each] = await juju.relations('metrics');
      if (each === undefined) throw new Error('no relation');
      return [await juju.network('metrics'), await juju.network(each)];
    });
    const expected = {
      interfaces: [
        { name: 'eth0', addresses: [{ value: '10.2.0.5', hostname: undefined, cidr: '10.2.0.5/24' }] },
      ],
      bindAddress: '10.2.0.5',
      bindAddresses: ['10.2.0.5'],
      ingressAddress: '10.2.0.5',
      ingressAddresses: ['10.2.0.5'],
      egressSubnets: ['10.2.0.5/32'],
    };
    expect(look).toEqual([expected, expected]);
  });

  // ops: 93
  test('of a relation that is gone are those of its endpoint', async () => {
    const asked: string[][] = [];
    await rawHook(
      {
        reconcile: async (juju) => {
          const gone = await juju.relationOf({
            kind: 'relation-broken',
            endpoint: 'metrics',
            relationId: 7,
            remoteApp: 'prometheus',
          });
          if (gone !== undefined) await juju.network(gone).catch(() => undefined);
        },
      },
      { JUJU_DISPATCH_PATH: 'hooks/config-changed' },
      { 'network-get': () => 'ERROR relation not found' },
    ).then(({ calls }) =>
      asked.push(...calls.filter(({ tool }) => tool === 'network-get').map(({ args }) => [...args])),
    );
    expect(asked).toEqual([
      ['--format=json', 'metrics', '-r', '7'],
      ['--format=json', 'metrics'],
    ]);
  });
});

describe('options', () => {
  const schema = z.object({ port: z.int().max(1024), title: z.string() });

  // ops: 81, 82
  test('fit a schema of the charm`s, or the error names each that does not', async () => {
    const fits = await seen(state({ config: { port: 80 } }), (juju) => juju.loadConfig(schema));
    expect(fits).toEqual({ ok: true, data: { port: 80, title: 'Example' } });
    const look = await seen(state(), (juju) => juju.loadConfig(schema));
    expect(look).toMatchObject({ ok: false });
    expect(String(Object(look).error.message)).toMatch(
      /^\[config\] option "port": .*; set it with: juju config/,
    );
  });

  // ops: 81, 10, 15.4
  test('may end the dispatch as load_config does in ops: blocked, exit 0, deferred events still queued', async () => {
    const ran: string[] = [];
    const it = charm({
      on: { 'config-changed': (juju) => juju.abort(blocked('Invalid config: port')) },
      reconcile: () => void ran.push('reconcile'),
      collectStatus: () => active(),
    });
    const before = state({ deferred: [{ kind: 'update-status' }], stored: { kept: 1 } });
    const after = await it.run('config-changed', before);
    expect(after.exitCode).toBe(0);
    expect(after.unitStatus).toEqual(blocked('Invalid config: port'));
    expect(ran).toEqual([]);
    expect(stateOf(after)).toEqual({ ...before, unitStatus: blocked('Invalid config: port') });
  });

  // ops: 149
  test('of type secret are secrets, read when asked for', async () => {
    const key = secret({ content: { token: 'old' }, latest: { token: 'new' } });
    const config = { 'api-key': `secret:${key.id}` };
    const it = charm({
      reconcile: async (juju) => {
        const option = (await juju.config())['api-key'];
        juju.addStatus(active(`${option?.uri === config['api-key']} ${(await option?.content())?.token}`));
        juju.addStatus(waiting(`${(await option?.content('latest'))?.token}`));
        expect(JSON.stringify(option)).toBe(JSON.stringify(config['api-key']));
      },
    });
    const after = await it.run('config-changed', state({ config, secrets: [key] }));
    expect(after.unitStatus).toEqual(waiting('new'));
    const unread = await charm({ reconcile: async (juju) => void (await juju.config()) }).run(
      'config-changed',
      state({ config, secrets: [key] }),
    );
    expect(tools(unread)).not.toContain('secret-get');
    expect(await seen(state(), async (juju) => (await juju.config())['api-key'])).toBeUndefined();
  });
});

describe('what is shown', () => {
  // ops: 101, 103, 113
  test('can be read: the unit`s by each, the application`s by the leader', async () => {
    const world = state({ leader: true, unitStatus: active('u'), appStatus: waiting('a') });
    const look = await seen(world, async (juju) => [await juju.unitStatus(), await juju.appStatus()]);
    expect(look).toEqual([
      { name: 'active', message: 'u' },
      { name: 'waiting', message: 'a', units: { 'example-k8s/0': { name: 'active', message: 'u' } } },
    ]);
  });

  // ops: 103, 118
  test('of the application is refused to a follower before Juju is asked, and is a security event', async () => {
    const refusals: unknown[] = [];
    const it = charm({
      reconcile: async (juju) => {
        refusals.push(await juju.appStatus().catch((error: unknown) => error));
        refusals.push(await juju.showAppStatus(active()).catch((error: unknown) => error));
      },
    });
    const after = await it.run('config-changed', state());
    expect(refusals).toEqual([expect.any(NotAllowedError), expect.any(NotAllowedError)]);
    expect(tools(after)).not.toContain('status-get');
    expect(tools(after)).not.toContain('status-set');
    const events = after.logs
      .filter(({ level }) => level === 'TRACE')
      .flatMap(({ message }) => message.split('\n'));
    expect(events.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'security', level: 'CRITICAL', event: 'authz_fail:status-get' },
      { type: 'security', level: 'CRITICAL', event: 'authz_fail:status-set' },
    ]);
  });

  // ops: 102, 15.8
  test('is not sent again while it is shown; ops sends it each time, and the end is the same', async () => {
    const it = charm({ reconcile: (juju) => juju.showStatus(active('same')) });
    const first = await it.run('update-status', state());
    const second = await it.run('update-status', first);
    expect([first, second].map((each) => each.unitStatusHistory.length)).toEqual([1, 0]);
    expect(second.unitStatus).toEqual(active('same'));
  });

  test.each([
    'start',
    'config-changed',
    'upgrade-charm',
    'leader-elected',
  ] as const)('is sent again at %s, when Juju may have changed it', async (event) => {
    const it = charm({ reconcile: (juju) => juju.addStatus(active('same')) });
    const first = await it.run('update-status', state({ leader: true }));
    expect((await it.run(event, first)).unitStatusHistory).toEqual([active('same')]);
  });

  // ops: 77, 78, 80, 15.5
  test('is collected at the end, the application`s first, after an action, too, and wins over what was set', async () => {
    const order: string[] = [];
    const it = charm({
      collectAppStatus: () => {
        order.push('app');
        return [active('app'), waiting('app waits')];
      },
      collectStatus: () => {
        order.push('unit');
        return blocked('unit blocked');
      },
      actions: {
        backup: () => ({}),
        restore: async ({ juju }) => {
          await juju.showStatus(active('set in the action'));
          return {};
        },
      },
    });
    const { state: after } = await it.runAction('restore', {}, state({ leader: true }));
    expect(order).toEqual(['app', 'unit']);
    expect(after.appStatus).toEqual(waiting('app waits'));
    expect(after.unitStatus).toEqual(blocked('unit blocked'));
    order.length = 0;
    await it.run('update-status', state());
    expect(order).toEqual(['unit']);
  });
});

describe('an action', () => {
  // ops: 73
  test('may fail and go on, or end at once; results are shown either way', async () => {
    const going = charm({
      actions: {
        backup: () => ({}),
        restore: async ({ fail }) => {
          await fail('half of it');
          return { done: 1 };
        },
      },
    });
    const { failed, results } = await going.runAction('restore', {}, state());
    expect([failed, results]).toEqual(['half of it', { done: '1' }]);
  });
});

describe('ports', () => {
  // ops: 108, 109
  test('can be opened and closed one by one, and listed', async () => {
    const ports: PortName[] = [80, '53/udp', 'icmp'];
    const it = charm({
      reconcile: async (juju) => {
        for (const port of ports) await juju.openPort(port);
        await juju.closePort(9009);
        expect(await juju.openedPorts()).toEqual(['icmp', '80/tcp', '53/udp']);
      },
    });
    const after = await it.run('config-changed', state({ ports: ['9009/tcp'] }));
    expect(after.ports.toSorted()).toEqual(['53/udp', '80/tcp', 'icmp']);
  });
});

describe('storage, resources and containers', () => {
  // ops: 98, 64
  test('storage is listed with its places, and more can be asked for', async () => {
    const it = charm({
      reconcile: async (juju) => {
        expect(await juju.storage('data')).toEqual([
          { id: 'data/4', kind: 'filesystem', location: '/var/lib/juju/storage/data/4' },
        ]);
        await juju.requestStorage('data', 2);
      },
    });
    const world = state({
      storages: [{ ...storage('data'), id: 'data/4', location: '/var/lib/juju/storage/data/4' }],
    });
    expect((await it.run('config-changed', world)).storageAdded).toEqual({ data: 2 });
  });

  // ops: 97
  test('a resource is a path, fetched once', async () => {
    const it = charm({
      reconcile: async (juju) => {
        expect(await juju.resource('web-image')).toBe('/path');
        await juju.resource('web-image');
      },
    });
    const after = await it.run('config-changed', state({ resources: { 'web-image': '/path' } }));
    expect(tools(after).filter((tool) => tool === 'resource-get')).toHaveLength(1);
  });

  // ops: 65, 107, 15.10
  test('a container without its Pebble cannot be connected to, and a push says so', async () => {
    const look = await seen(
      state({ containers: [container('web', { canConnect: false })] }),
      async (juju) => [
        await juju.container('web').canConnect(),
        await juju
          .container('web')
          .push('/x', 'y')
          .catch((error: unknown) => Object(error).name),
      ],
    );
    expect(look).toEqual([false, 'ConnectionError']);
  });
});

describe('an event of a container', () => {
  const layers = {
    web: { checks: { up: { override: 'replace', tcp: { port: 80 }, threshold: 3 } } },
  } as const;

  // ops: 66
  test('names its notice at once; the rest is asked for when it is wanted', async () => {
    const told = notice('example.com/done', { size: '3' });
    const web = container('web', { notices: [told] });
    const look: unknown[] = [];
    const it = charm({
      on: {
        'web-pebble-custom-notice': async (juju, event) => {
          look.push(event.notice);
          look.push((await juju.container(event.container).notice(event.notice.id)).lastData);
        },
      },
    });
    await it.run(
      { kind: 'pebble-custom-notice', container: 'web', notice: told },
      state({ containers: [web] }),
    );
    expect(look).toEqual([{ id: told.id, type: 'custom', key: 'example.com/done' }, { size: '3' }]);
  });

  // ops: 67
  test('names its check; how that stands now is asked for when it is wanted', async () => {
    const web = container('web', { layers, checks: { up: { status: 'down', failures: 3 } } });
    const look: unknown[] = [];
    const it = charm({
      on: {
        'web-pebble-check-failed': async (juju, { container: name, check }) => {
          const [info] = await juju.container(name).checks({ names: [check] });
          look.push(info?.name, info?.status, info?.failures);
        },
      },
    });
    await it.run(
      { kind: 'pebble-check-failed', container: 'web', check: 'up' },
      state({ containers: [web] }),
    );
    expect(look).toEqual(['up', 'down', 3]);
  });
});

describe('a restart', () => {
  // ops: 111
  test('is asked for when the hook has succeeded; now ends the dispatch, and nothing is stored', async () => {
    const later = charm({ reconcile: (juju) => juju.reboot() });
    expect((await later.run('config-changed', state())).reboot).toBe('after');
    const ran: string[] = [];
    const now = charm({
      reconcile: async (juju) => {
        juju.store('x', 1);
        await juju.reboot({ now: true });
        ran.push('after');
      },
    });
    const after = await now.run('config-changed', state());
    expect(after).toMatchObject({ reboot: 'now', exitCode: 0, stored: {} });
    expect(ran).toEqual([]);
  });
});

describe('a breakpoint', () => {
  // ops: 43
  test('does nothing unless it is asked for; bad names are refused always', async () => {
    const it = (name: string) => charm({ reconcile: (juju) => juju.breakpoint(name) });
    expect((await it('before-restart').run('config-changed', state())).logs).toEqual([]);
    await expect(it('all').run('config-changed', state())).rejects.toThrow('a word of its own');
    await expect(it('Before').run('config-changed', state())).rejects.toThrow('use lower-case letters');
  });

  // ops: 43
  test('that is not among those asked for leaves a warning', async () => {
    const hook = await rawHook(
      { reconcile: (juju) => juju.breakpoint('here') },
      { JUJU_DISPATCH_PATH: 'hooks/config-changed', JUJU_DEBUG_AT: 'there' },
    );
    expect(hook.calls.find(({ tool }) => tool === 'juju-log')?.args).toContain(
      'breakpoint "here" is skipped: JUJU_DEBUG_AT is there',
    );
  });
});
