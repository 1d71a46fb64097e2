/** The simulated Pebble: the cases that the real one also passes, and what only a simulation can do. */
import { defineCharm } from 'charmwright';
import { ChangeError, ConnectionError, ExecError } from 'charmwright/pebble';
import {
  type ContainerState,
  container,
  context,
  exec,
  Killer,
  type PebbleCall,
  SimulatedPebble,
  state,
} from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { spec } from './example.ts';
import { describeCases } from './pebble-groups.ts';

function simulated(state: ContainerState = container('web')) {
  const calls: PebbleCall[] = [];
  const starts: string[] = [];
  const pebble = new SimulatedPebble(state, new Killer({}), {
    call: (call) => calls.push(call),
    serviceStarted: (_container, service) => starts.push(service),
  });
  return { pebble, calls, starts };
}

describeCases((run) => run({ pebble: simulated(container('web', { dirs: ['/srv'] })).pebble, dir: '/srv' }));

describe('a container that is not up', () => {
  test('answers no call, as the client says it', async () => {
    const { pebble, calls } = simulated(container('web', { canConnect: false }));
    expect(await pebble.canConnect()).toBe(false);
    for (const call of [pebble.plan(), pebble.push('/a', ''), pebble.exec(['true']), pebble.replan()]) {
      await expect(call).rejects.toThrow(ConnectionError);
    }
    await expect(pebble.services()).rejects.toThrow('/charm/containers/web/pebble.socket');
    expect(calls.map(({ method }) => method)).toEqual([
      'canConnect',
      'plan',
      'push',
      'exec',
      'replan',
      'services',
    ]);
  });
});

describe('commands', () => {
  const shop = container('web', {
    execs: [
      exec(['sell'], { stdout: 'any' }),
      exec(['sell', 'bread'], { stdout: 'bread' }),
      exec(['count'], ({ stdin, options }) => ({
        stdout: `${stdin.length} ${options.user}`,
        stderr: 'counted',
      })),
      exec(['fail'], { code: 3, stderr: 'no' }),
    ],
  });

  // ops: 224
  test('are answered by the longest beginning', async () => {
    const { pebble } = simulated(shop);
    const out = async (...command: string[]) => (await (await pebble.exec(command)).output()).stdout;
    expect(await out('sell', 'milk')).toBe('any');
    expect(await out('sell', 'bread', 'now')).toBe('bread');
  });

  test('can be answered from what they read', async () => {
    const { pebble } = simulated(shop);
    const given = await pebble.exec(['count'], { stdin: 'abc', user: 'ann' });
    expect(await given.output()).toEqual({ stdout: '3 ann', stderr: 'counted' });
    const written = await pebble.exec(['count'], { combineStderr: true });
    written.stdin.write('ab');
    written.stdin.end();
    expect(await written.output()).toEqual({ stdout: '2 undefinedcounted', stderr: '' });
  });

  // ops: 224
  test('that end badly, and those without an answer, are an ExecError', async () => {
    const { pebble } = simulated(shop);
    await expect((await pebble.exec(['fail'])).output()).rejects.toMatchObject({ exitCode: 3, stderr: 'no' });
    await expect((await pebble.exec(['fail'])).wait()).rejects.toThrow(ExecError);
    await expect((await pebble.exec(['nap'])).output()).rejects.toMatchObject({
      exitCode: 127,
      stderr: expect.stringContaining('execs: [exec(["nap"]'),
    });
  });

  test('that the image has no program for are refused at once, as Pebble does', async () => {
    const { pebble } = simulated(container('web', { execs: [exec(['count'], 'missing')] }));
    await expect(pebble.exec(['count'])).rejects.toThrow('cannot find executable "count" in $PATH');
  });
});

// ops: 202
describe('a service context', () => {
  const run = async (jujuVersion: string) => {
    const charm = defineCharm(spec, {
      reconcile: async (juju) => {
        const process = await juju.container('web').exec(['count'], { serviceContext: 'web' });
        juju.log.info((await process.output()).stdout);
      },
    });
    const execs = [exec(['count'], { stdout: 'counted' })];
    const world = state({ containers: [container('web', { execs })] });
    return context(charm, { jujuVersion }).run('update-status', world, { onFailure: 'return' });
  };

  test('is refused where Juju’s Pebble would not heed it', async () => {
    for (const version of ['3.1.5', '3.2.0']) {
      expect((await run(version)).error).toMatchObject({
        name: 'UnsupportedError',
        message: expect.stringContaining('Juju 3.1.6 or newer'),
      });
    }
  });

  test('is taken by every other', async () => {
    for (const version of ['3.1.6', '3.2.1', '3.6.14']) {
      expect((await run(version)).logs).toContainEqual({ level: 'INFO', message: 'counted' });
    }
  });
});

describe('services', () => {
  const layer = { services: { web: { override: 'replace', command: 'serve', startup: 'enabled' } } } as const;

  test('that the test says are running are not restarted by a replan that changes nothing', async () => {
    const { pebble, starts } = simulated(
      container('web', { layers: { web: layer }, services: { web: 'active' } }),
    );
    await pebble.replan();
    expect(starts).toEqual([]);
    await pebble.addLayer(
      'web',
      { services: { web: { override: 'merge', command: 'serve more' } } },
      { combine: true },
    );
    await pebble.replan();
    expect(starts).toEqual(['web']);
  });

  test('that do not start tell their last words', async () => {
    const { pebble } = simulated(
      container('web', { layers: { web: layer }, startFailures: { web: 'disk full' } }),
    );
    const error = await pebble.replan().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ChangeError);
    expect(String(error)).toContain('disk full');
    expect(pebble.state.services).toEqual({ web: 'backoff' });
  });
});

test('a check that is down makes its level unhealthy', async () => {
  const layers = {
    web: { checks: { up: { override: 'replace', level: 'ready', tcp: { port: 1 } } } },
  } as const;
  const { pebble } = simulated(container('web', { layers, checks: { up: { status: 'down', failures: 4 } } }));
  expect(await pebble.health('ready')).toBe(false);
  expect(await pebble.health('alive')).toBe(true);
  expect(await pebble.checks()).toMatchObject([{ status: 'down', failures: 4 }]);
});

test('identities are kept while the hook runs', async () => {
  const { pebble } = simulated();
  await pebble.replaceIdentities({ bob: { access: 'read', local: { userId: 42 } } });
  await pebble.replaceIdentities({ ann: { access: 'admin', local: { userId: 7 } }, bob: null });
  expect(Object.keys(await pebble.identities())).toEqual(['ann']);
  await expect(pebble.removeIdentities(['bob'])).rejects.toThrow('identities do not exist: bob');
});
