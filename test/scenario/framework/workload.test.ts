/** A charm that converges its container, through whole hooks: killed at any call, and in any order of events. */
import { active, blocked, converge, defineCharm, waiting } from 'charmwright';
import { container, context, crashTest, explore, state, stateOf, storage } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import { spec } from '../../types/example.ts';

const charm = defineCharm(spec, {
  reconcile: async (juju) => {
    const { port, title } = await juju.config();
    const outcome = await converge(juju.container('web'), {
      label: 'web',
      services: {
        web: { command: '/bin/web', startup: 'enabled' },
        cache: { command: '/bin/cache', startup: 'enabled', environment: { TITLE: title } },
      },
      checks: { up: { level: 'ready', tcp: { port } } },
      files: { '/etc/web.conf': { content: `port = ${port}\n`, readBy: ['web'] } },
    });
    if (outcome.kind === 'unreachable') return juju.addStatus(waiting('for the container'));
    if (outcome.kind === 'failed') return juju.addStatus(blocked(outcome.reason));
    return juju.addStatus(active());
  },
});

const world = state({ containers: [container('web')], storages: [storage('data')] });

describe('a charm that converges', () => {
  test('starts each service once, wherever its first hook is killed', async () => {
    const { problems, starts, mostStarts, calls } = await crashTest(charm, 'config-changed', world);
    expect(problems).toEqual([]);
    expect({ starts, mostStarts }).toEqual({ starts: 2, mostStarts: 2 });
    expect(calls).toBeGreaterThan(8);
  });

  test('restarts what has changed once, wherever the hook is killed', async () => {
    const started = await context(charm).run('config-changed', world);
    const changed = { ...started, config: { port: 81, title: 'Other' } };
    const { problems, starts, mostStarts } = await crashTest(charm, 'config-changed', changed);
    expect(problems).toEqual([]);
    expect({ starts, mostStarts }).toEqual({ starts: 2, mostStarts: 2 });
  });

  test('asks its container three times when there is nothing to do', async () => {
    const started = await context(charm).run('config-changed', world);
    const { pebbleCalls } = await context(charm).run('update-status', started);
    expect(pebbleCalls.map(({ method }) => method)).toEqual(['pullEach', 'planYaml', 'services']);
  });

  test('bears any three things that an operator or Kubernetes does, in any order', async () => {
    const started = stateOf(await context(charm).run('config-changed', world));
    const found = await explore(charm, started, {
      depth: 3,
      containers: [container('web')],
      configs: [{ port: 81 }, { title: 'Other' }],
      // Nothing reaches a container that is away.
      ignore: (after) => (after.containers.web?.canConnect === true ? after : { ...after, containers: {} }),
      only: ({ event }) => !('endpoint' in event) && event.kind !== 'action',
    });
    expect(found.problems).toEqual([]);
    expect(found.states).toBeGreaterThan(20);
  }, 120_000);
});
