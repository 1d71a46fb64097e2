/** The environment of a hook: what charmwright writes, charmwright reads, and the variables are Juju's. */

import { type HookCause, hookEnvironment, hookScope } from 'charmwright/juju';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../lib/events/parse.ts';
import { spec } from './world.ts';

const common = {
  unit: 'web/0',
  model: { name: 'm', uuid: 'u-u-i-d' },
  charmDir: '/var/lib/juju/agents/unit-web-0/charm',
  jujuVersion: '3.6.14',
  nonce: '0123456789abcdef0123456789abcdef',
  path: '/tools:/usr/bin',
  agentSocket: '@/var/lib/juju/agent.socket',
};
const environment = (cause: HookCause) => hookEnvironment({ ...common, cause });

const base = { endpoint: 'db', relationId: 4, remoteApp: 'pg' };

const events: readonly [hook: string, event: Exclude<HookCause, { kind: 'exec' }>][] = [
  ['hooks/install', { kind: 'install' }],
  ['hooks/db-relation-created', { kind: 'relation-created', ...base }],
  ['hooks/db-relation-joined', { kind: 'relation-joined', ...base, remoteUnit: 'pg/2' }],
  ['hooks/db-relation-changed', { kind: 'relation-changed', ...base }],
  ['hooks/db-relation-changed', { kind: 'relation-changed', ...base, remoteUnit: 'pg/2' }],
  [
    'hooks/db-relation-departed',
    { kind: 'relation-departed', ...base, remoteUnit: 'pg/2', departingUnit: 'web/0' },
  ],
  ['hooks/db-relation-broken', { kind: 'relation-broken', ...base }],
  [
    'hooks/data-storage-attached',
    { kind: 'storage-attached', storage: 'data', storageId: 'data/0', location: '/data' },
  ],
  ['hooks/web-pebble-ready', { kind: 'pebble-ready', container: 'web' }],
  [
    'hooks/web-pebble-custom-notice',
    { kind: 'pebble-custom-notice', container: 'web', notice: { id: '7', type: 'custom', key: 'a.b/c' } },
  ],
  ['hooks/web-pebble-check-failed', { kind: 'pebble-check-failed', container: 'web', check: 'up' }],
  ['hooks/secret-changed', { kind: 'secret-changed', secretId: 'secret:c0000000000000000001' }],
  [
    'hooks/secret-remove',
    { kind: 'secret-remove', secretId: 'secret:c0000000000000000001', label: 'l', revision: 3 },
  ],
  ['actions/greet', { kind: 'action', action: 'greet', taskId: '12' }],
];

test.each(events)('%s is read back as the event it was written from', (path, event) => {
  const env = environment(event);
  expect(env.JUJU_DISPATCH_PATH).toBe(path);
  expect(parseEvent(env, spec)).toEqual(event);
});

describe('variables', () => {
  test('that every hook has', () => {
    expect(environment({ kind: 'start' })).toMatchObject({
      CHARM_DIR: common.charmDir,
      JUJU_CHARM_DIR: common.charmDir,
      JUJU_CONTEXT_ID: 'web/0-start-0123456789abcdef0123456789abcdef',
      JUJU_HOOK_NAME: 'start',
      JUJU_MACHINE_ID: '',
      JUJU_AGENT_SOCKET_NETWORK: 'unix',
      PATH: '/tools:/usr/bin',
      LANG: 'C.UTF-8',
    });
  });

  test('an action has no hook name, a command of juju exec not even a path', () => {
    const action = environment({ kind: 'action', action: 'greet', taskId: '12' });
    expect(action).toMatchObject({
      JUJU_HOOK_NAME: '',
      JUJU_ACTION_UUID: '12',
      JUJU_ACTION_TAG: 'action-12',
    });
    const command = environment({ kind: 'exec' });
    expect(command).not.toHaveProperty('JUJU_DISPATCH_PATH');
    expect(command.JUJU_CONTEXT_ID).toContain('-run-commands-');
  });

  test('an event of an application has an empty remote unit, not a missing one', () => {
    expect(environment({ kind: 'relation-changed', ...base })).toMatchObject({
      JUJU_RELATION: 'db',
      JUJU_RELATION_ID: 'db:4',
      JUJU_REMOTE_APP: 'pg',
      JUJU_REMOTE_UNIT: '',
    });
  });

  test('only some secret events carry a revision', () => {
    const changed = environment({ kind: 'secret-changed', secretId: 'c0000000000000000001' });
    expect(changed).toMatchObject({ JUJU_SECRET_ID: 'secret:c0000000000000000001', JUJU_SECRET_LABEL: '' });
    expect(changed).not.toHaveProperty('JUJU_SECRET_REVISION');
  });

  test('of Kubernetes go on when the agent has them, others of the agent do not', () => {
    const env = hookEnvironment({
      ...common,
      cause: { kind: 'start' },
      agentEnv: { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOME: '/root' },
    });
    expect(env.KUBERNETES_SERVICE_HOST).toBe('10.0.0.1');
    expect(env).not.toHaveProperty('HOME');
  });
});

test('the tools’ context follows from the event', () => {
  expect(hookScope({ kind: 'relation-joined', ...base, remoteUnit: 'pg/2' })).toEqual({
    hook: 'db-relation-joined',
    relation: { endpoint: 'db', id: 4, remoteApp: 'pg', remoteUnit: 'pg/2' },
  });
  expect(hookScope({ kind: 'action', action: 'greet', taskId: '1' }, { name: 'Ann' })).toEqual({
    hook: '',
    action: { name: 'greet', params: { name: 'Ann' } },
  });
  expect(
    hookScope({ kind: 'storage-attached', storage: 'data', storageId: 'data/0', location: '/d' }),
  ).toEqual({
    hook: 'data-storage-attached',
    storageId: 'data/0',
  });
});
