import { EnvironmentError } from 'charmwright';
import { describe, expect, test } from 'vitest';
import { hookName } from '../../../lib/events/event.ts';
import { parseContext, parseEvent } from '../../../lib/events/parse.ts';
import { spec } from '../../types/example.ts';

function environment(path: string, extra: Record<string, string> = {}) {
  return {
    JUJU_DISPATCH_PATH: path,
    JUJU_UNIT_NAME: 'example-k8s/3',
    JUJU_MODEL_NAME: 'demo',
    JUJU_MODEL_UUID: 'b5c7c3a0-6a5b-4b6e-9f65-0d1d2f6f3c11',
    JUJU_VERSION: '3.6.14',
    ...extra,
  };
}

const relation = { JUJU_RELATION: 'database', JUJU_RELATION_ID: 'database:7', JUJU_REMOTE_APP: 'pg' };

describe('the environment of a hook becomes one typed event', () => {
  // ops: 4, 14, 63, 68, 70, 14.7, 14.8
  test.each([
    ['hooks/install', {}, { kind: 'install' }],
    ['hooks/upgrade-charm', {}, { kind: 'upgrade-charm' }],
    ['hooks/leader-settings-changed', {}, { kind: 'leader-settings-changed' }],
    ['hooks/pre-series-upgrade', {}, { kind: 'pre-series-upgrade' }],
    ['hooks/post-series-upgrade', {}, { kind: 'post-series-upgrade' }],
    [
      'hooks/database-relation-created',
      { ...relation, JUJU_REMOTE_UNIT: '' },
      { kind: 'relation-created', endpoint: 'database', relationId: 7, remoteApp: 'pg' },
    ],
    [
      'hooks/database-relation-changed',
      { ...relation, JUJU_REMOTE_UNIT: '' },
      { kind: 'relation-changed', endpoint: 'database', relationId: 7, remoteApp: 'pg' },
    ],
    [
      'hooks/database-relation-joined',
      { ...relation, JUJU_REMOTE_UNIT: 'pg/1' },
      {
        kind: 'relation-joined',
        endpoint: 'database',
        relationId: 7,
        remoteApp: 'pg',
        remoteUnit: 'pg/1',
      },
    ],
    [
      'hooks/database-relation-departed',
      { ...relation, JUJU_REMOTE_UNIT: 'pg/1', JUJU_DEPARTING_UNIT: 'example-k8s/3' },
      {
        kind: 'relation-departed',
        endpoint: 'database',
        relationId: 7,
        remoteApp: 'pg',
        remoteUnit: 'pg/1',
        departingUnit: 'example-k8s/3',
      },
    ],
    [
      'hooks/data-storage-attached',
      { JUJU_STORAGE_ID: 'data/0', JUJU_STORAGE_LOCATION: '/data' },
      { kind: 'storage-attached', storage: 'data', storageId: 'data/0', location: '/data' },
    ],
    ['hooks/web-pebble-ready', { JUJU_WORKLOAD_NAME: 'web' }, { kind: 'pebble-ready', container: 'web' }],
    [
      'hooks/web-pebble-custom-notice',
      { JUJU_NOTICE_ID: '3', JUJU_NOTICE_TYPE: 'custom', JUJU_NOTICE_KEY: 'example.com/done' },
      {
        kind: 'pebble-custom-notice',
        container: 'web',
        notice: { id: '3', type: 'custom', key: 'example.com/done' },
      },
    ],
    [
      'hooks/web-pebble-check-failed',
      { JUJU_PEBBLE_CHECK_NAME: 'up' },
      { kind: 'pebble-check-failed', container: 'web', check: 'up' },
    ],
    [
      'hooks/secret-changed',
      { JUJU_SECRET_ID: 'secret:abc', JUJU_SECRET_LABEL: '' },
      { kind: 'secret-changed', secretId: 'secret:abc' },
    ],
    [
      'hooks/secret-remove',
      { JUJU_SECRET_ID: 'secret:abc', JUJU_SECRET_LABEL: 'tls', JUJU_SECRET_REVISION: '2' },
      { kind: 'secret-remove', secretId: 'secret:abc', label: 'tls', revision: 2 },
    ],
    ['actions/backup', { JUJU_ACTION_UUID: '12' }, { kind: 'action', action: 'backup', taskId: '12' }],
  ])('%s', (path, extra, event) => {
    const parsed = parseEvent(environment(path, extra), spec);
    expect(parsed).toEqual(event);
    expect(hookName(parsed)).toBe(path.slice(path.indexOf('/') + 1));
  });

  // ops: 15
  test('the remote application follows from the unit when Juju names none', () => {
    const unnamed = { JUJU_RELATION_ID: 'database:7', JUJU_REMOTE_APP: '' };
    const parsed = parseEvent(
      environment('hooks/database-relation-changed', { ...unnamed, JUJU_REMOTE_UNIT: 'pg-main/1' }),
      spec,
    );
    expect(parsed).toMatchObject({ remoteApp: 'pg-main', remoteUnit: 'pg-main/1' });
    expect(() =>
      parseEvent(
        environment('hooks/database-relation-changed', { ...unnamed, JUJU_REMOTE_UNIT: 'pg' }),
        spec,
      ),
    ).toThrow(/JUJU_REMOTE_UNIT is "pg", not like "app\/0"/);
  });

  test('a hook of another version of the charm is unknown, not an error, so that a unit can roll back', () => {
    expect(parseEvent(environment('hooks/cache-relation-changed'), spec)).toEqual({
      kind: 'unknown',
      hook: 'cache-relation-changed',
    });
  });

  // ops: 62
  test('a missing variable is named', () => {
    expect(() => parseEvent(environment('hooks/database-relation-joined', relation), spec)).toThrow(
      /JUJU_REMOTE_UNIT is not set/,
    );
    expect(() => parseContext({})).toThrow(/JUJU_UNIT_NAME is not set/);
  });

  // ops: 153
  test.each([
    [
      'config-changed',
      { JUJU_UNIT_NAME: 'example-k8s' },
      'JUJU_UNIT_NAME is "example-k8s", not like "app/0"',
    ],
    ['config-changed', { JUJU_MODEL_UUID: '' }, 'JUJU_MODEL_UUID is not set'],
    ['database-relation-created', { ...relation, JUJU_RELATION_ID: 'database:' }, 'not like "endpoint:4"'],
    ['database-relation-created', { ...relation, JUJU_REMOTE_APP: '' }, 'JUJU_REMOTE_APP is not set'],
    [
      'database-relation-changed',
      { ...relation, JUJU_REMOTE_UNIT: 'pg' },
      'JUJU_REMOTE_UNIT is "pg", not like',
    ],
    [
      'database-relation-changed',
      { ...relation, JUJU_REMOTE_UNIT: 'my/0' },
      'no unit of JUJU_REMOTE_APP, "pg"',
    ],
    ['data-storage-attached', { JUJU_STORAGE_ID: 'data' }, 'JUJU_STORAGE_ID is "data", not like "data/0"'],
    ['secret-changed', {}, 'JUJU_SECRET_ID is not set'],
    [
      'secret-expired',
      { JUJU_SECRET_ID: 'secret:a', JUJU_SECRET_REVISION: '' },
      'JUJU_SECRET_REVISION is not set',
    ],
    ['secret-expired', { JUJU_SECRET_ID: 'secret:a', JUJU_SECRET_REVISION: 'two' }, 'is "two", not like "2"'],
    ['web-pebble-check-failed', {}, 'JUJU_PEBBLE_CHECK_NAME is not set'],
    [
      'web-pebble-custom-notice',
      { JUJU_NOTICE_ID: '1', JUJU_NOTICE_TYPE: 'custom' },
      'JUJU_NOTICE_KEY is not set',
    ],
  ])('%s in an environment that Juju never gives is refused, and the variable named: %o', (hook, extra, says) => {
    const read = () => {
      const env = environment(`hooks/${hook}`, extra);
      return [parseContext(env), parseEvent(env, spec)];
    };
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(says);
  });

  // ops: 153
  test('a Juju that does not say its version, or a folder, is no fault', () => {
    const env = environment('hooks/meter-status-changed', { JUJU_VERSION: '', JUJU_CHARM_DIR: '' });
    expect(parseContext(env)).toMatchObject({ jujuVersion: '0.0.0', charmDir: process.cwd() });
  });

  // ops: 89, 100
  test('the unit knows its application and model', () => {
    expect(parseContext(environment('hooks/install', { JUJU_CHARM_DIR: '/charm' }))).toEqual({
      unit: 'example-k8s/3',
      app: 'example-k8s',
      model: { name: 'demo', uuid: 'b5c7c3a0-6a5b-4b6e-9f65-0d1d2f6f3c11' },
      jujuVersion: '3.6.14',
      charmDir: '/charm',
    });
  });
});
