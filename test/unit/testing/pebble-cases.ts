/**
 * What a charm may expect of Pebble, as cases that run on the simulated one (unit tests) and on the real one
 * (integration tests), so that the simulation cannot drift.
 */
import { Readable } from 'node:stream';
import type { Layer, Pebble } from 'charmwright/pebble';
import { expect } from 'vitest';
import { type Bed, failure, type PebbleCase } from './pebble-bed.ts';

const sleepers: Layer = {
  services: {
    one: { override: 'replace', command: 'sleep 1001', startup: 'enabled', environment: { A: '1' } },
    two: { override: 'replace', command: 'sleep 1002', after: ['one'], requires: ['one'] },
  },
  checks: {
    up: { override: 'replace', level: 'alive', threshold: 5, exec: { command: 'true' } },
    off: { override: 'replace', startup: 'disabled', exec: { command: 'true' } },
  },
};

async function states(pebble: Pebble): Promise<string[]> {
  return (await pebble.services()).map(({ name, startup, current }) => `${name} ${startup} ${current}`);
}

const NO_USER = /^cannot look up user and group: must specify user, not just group$/;

const fileErrors: readonly [
  name: string,
  kind: string,
  message: (dir: string) => RegExp,
  call: (pebble: Pebble, dir: string) => Promise<unknown>,
][] = [
  [
    'reading what is not there',
    'not-found',
    (d) => RegExp(`^stat ${d}/none: no such file or directory$`),
    (p, d) => p.pull(`${d}/none`),
  ],
  [
    'writing for a group without a user',
    'generic-file-error',
    () => NO_USER,
    (p, d) => p.push(`${d}/x`, '', { groupId: 0 }),
  ],
  [
    'making for a group without a user',
    'generic-file-error',
    () => NO_USER,
    (p, d) => p.makeDir(`${d}/x`, { group: 'root' }),
  ],
  [
    'reading a directory',
    'generic-file-error',
    (d) => RegExp(`^can only read a regular file: "${d}"$`),
    (p, d) => p.pull(d),
  ],
  [
    'reading a relative path',
    'generic-file-error',
    () => /^paths must be absolute, got "rel"$/,
    (p) => p.pull('rel'),
  ],
  [
    'writing without a parent',
    'not-found',
    (d) => RegExp(`^open ${d}/x/y\\..*~: no such file or directory$`),
    (p, d) => p.push(`${d}/x/y`, ''),
  ],
  [
    'writing below a file',
    'generic-file-error',
    (d) => RegExp(`^open ${d}/file/y\\..*~: not a directory$`),
    (p, d) => p.push(`${d}/file/y`, ''),
  ],
  [
    'writing below a file with directories',
    'generic-file-error',
    (d) => RegExp(`mkdir ${d}/file: not a directory$`),
    (p, d) => p.push(`${d}/file/y`, '', { makeDirs: true }),
  ],
  [
    'writing over a directory',
    'generic-file-error',
    (d) => RegExp(`^rename .*~ ${d}/sub: file exists$`),
    (p, d) => p.push(`${d}/sub`, ''),
  ],
  [
    'listing what is not there',
    'not-found',
    (d) => RegExp(`^stat ${d}/none: no such file or directory$`),
    (p, d) => p.list(`${d}/none`),
  ],
  [
    'making what is there',
    'generic-file-error',
    (d) => RegExp(`^mkdir ${d}/sub: file exists$`),
    (p, d) => p.makeDir(`${d}/sub`),
  ],
  [
    'making without a parent',
    'not-found',
    (d) => RegExp(`^mkdir ${d}/x/y\\..*: no such file or directory$`),
    (p, d) => p.makeDir(`${d}/x/y`),
  ],
  [
    'making over a file',
    'generic-file-error',
    (d) => RegExp(`^mkdir ${d}/file: not a directory$`),
    (p, d) => p.makeDir(`${d}/file`, { makeParents: true }),
  ],
  [
    'removing what is not there',
    'not-found',
    (d) => RegExp(`^remove ${d}/none: no such file or directory$`),
    (p, d) => p.remove(`${d}/none`),
  ],
  [
    'removing what is not empty',
    'generic-file-error',
    (d) => RegExp(`^remove ${d}/full: directory not empty$`),
    (p, d) => p.remove(`${d}/full`),
  ],
];

export const FILE_CASES: readonly PebbleCase[] = [
  {
    name: 'text and bytes come back as they went, with their permissions',
    run: async ({ pebble, dir }) => {
      const bytes = Buffer.from([0, 255, 10]);
      await pebble.push(`${dir}/text`, 'grüße\n', { permissions: 0o600 });
      await pebble.push(`${dir}/a/b/bytes`, Readable.from([bytes]), { makeDirs: true });
      expect(await pebble.pullText(`${dir}/text`)).toBe('grüße\n');
      expect(await pebble.pull(`${dir}/a/b/bytes`)).toEqual(bytes);
      const seen = (await pebble.list(dir)).map(({ name, type, size, permissions }) => ({
        name,
        type,
        size,
        permissions,
      }));
      expect(seen).toEqual([
        { name: 'a', type: 'directory', size: undefined, permissions: 0o755 },
        { name: 'text', type: 'file', size: 8, permissions: 0o600 },
      ]);
      await pebble.push(`${dir}/text`, 'again');
      expect((await pebble.list(`${dir}/text`))[0]).toMatchObject({
        path: `${dir}/text`,
        size: 5,
        permissions: 0o644,
      });
    },
  },
  {
    name: 'directories are made, listed by pattern and removed; what was above them stays',
    run: async ({ pebble, dir }) => {
      await pebble.makeDir(`${dir}/a/b`, { makeParents: true, permissions: 0o700 });
      await pebble.makeDir(`${dir}/a/b`, { makeParents: true });
      await pebble.push(`${dir}/a/one.yaml`, '1');
      await pebble.push(`${dir}/a/two.json`, '2');
      expect((await pebble.list(`${dir}/a/`, { pattern: '*.yaml' })).map(({ path }) => path)).toEqual([
        `${dir}/a/one.yaml`,
      ]);
      expect(await pebble.list(`${dir}/a`, { itself: true })).toMatchObject([
        { name: 'a', permissions: 0o700 },
      ]);
      expect(await pebble.list(`${dir}/a/b`, { itself: true })).toMatchObject([
        { name: 'b', permissions: 0o700 },
      ]);
      expect(await pebble.list(`${dir}/a/b`)).toEqual([]);
      await pebble.remove(`${dir}/a/b`);
      await pebble.remove(`${dir}/a/one.yaml`);
      await pebble.remove(`${dir}/a/two.json`);
      expect(await pebble.exists(`${dir}/a`)).toBe(true);
      await pebble.push(`${dir}/a/c/d`, '', { makeDirs: true });
      await pebble.remove(`${dir}/a`, { recursive: true });
      await pebble.remove(`${dir}/a`, { recursive: true });
      expect(await pebble.exists(`${dir}/a`)).toBe(false);
      expect(await pebble.exists(dir)).toBe(true);
    },
  },
  ...fileErrors.map(([name, kind, message, call]) => ({
    name: `${name} is refused`,
    run: async ({ pebble, dir }: Bed) => {
      await pebble.push(`${dir}/file`, 'x');
      await pebble.push(`${dir}/full/x`, 'x', { makeDirs: true });
      await pebble.makeDir(`${dir}/sub`);
      expect(await failure(call(pebble, dir))).toMatchObject({
        name: 'PathError',
        kind,
        pebbleMessage: expect.stringMatching(message(dir)),
      });
    },
  })),
  {
    name: 'listing a relative path is refused',
    run: async ({ pebble }) => {
      expect(await failure(pebble.list('rel'))).toMatchObject({
        name: 'ApiError',
        statusCode: 400,
        pebbleMessage: 'path must be absolute, got "rel"',
      });
    },
  },
];

export const LAYER_CASES: readonly PebbleCase[] = [
  {
    name: 'a merged layer adds to lists and maps, a replacing one starts anew',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      await pebble.addLayer('more', {
        services: {
          two: { override: 'merge', after: ['late'], environment: { B: '2' }, command: 'sleep 1003' },
          one: { override: 'merge', environment: { A: '3', C: '4' } },
          late: { override: 'merge', command: 'sleep 1004' },
        },
        checks: { up: { override: 'merge', timeout: '1s' }, off: { override: 'replace', tcp: { port: 1 } } },
      });
      expect(await pebble.plan()).toEqual({
        services: {
          one: {
            override: 'replace',
            command: 'sleep 1001',
            startup: 'enabled',
            environment: { A: '3', C: '4' },
          },
          two: {
            override: 'replace',
            command: 'sleep 1003',
            after: ['one', 'late'],
            requires: ['one'],
            environment: { B: '2' },
          },
          late: { override: 'merge', command: 'sleep 1004' },
        },
        checks: {
          up: { override: 'replace', level: 'alive', threshold: 5, timeout: '1s', exec: { command: 'true' } },
          off: { override: 'replace', threshold: 3, tcp: { port: 1 } },
        },
        'log-targets': {},
      });
    },
  },
  {
    name: 'a label is taken unless the layers are combined, and stays in its place',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      await pebble.addLayer('above', { services: { one: { override: 'merge', command: 'sleep 7' } } });
      expect(await failure(pebble.addLayer('base', sleepers))).toMatchObject({
        name: 'ApiError',
        statusCode: 400,
        pebbleMessage: 'layer "base" already exists',
      });
      await pebble.addLayer(
        'base',
        { services: { one: { override: 'replace', command: 'sleep 8' } } },
        { combine: true },
      );
      const { services } = await pebble.plan();
      expect(services.one).toEqual({ override: 'replace', command: 'sleep 7' });
      expect(Object.keys(services).sort()).toEqual(['one', 'two']);
    },
  },
  {
    name: 'the plan’s text is another when the plan is, and only then',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      const before = await pebble.planYaml();
      await pebble.addLayer('base', sleepers, { combine: true });
      await pebble.start(['one']);
      expect(await pebble.planYaml()).toBe(before);
      await pebble.addLayer('more', { checks: { up: { override: 'merge', threshold: 6 } } });
      expect(await pebble.planYaml()).not.toBe(before);
    },
  },
  {
    name: 'a layer without a command, a check’s kind or a required service is refused, and changes nothing',
    run: async ({ pebble }) => {
      const refused: readonly [Layer, string][] = [
        [{ services: { none: { override: 'replace' } } }, 'plan must define "command" for service "none"'],
        [
          { checks: { none: { override: 'replace' } } },
          'plan must specify one of "http", "tcp", or "exec" for check "none"',
        ],
        [
          { services: { a: { override: 'replace', command: 'b', requires: ['w'] } } },
          'service "w" does not exist',
        ],
      ];
      for (const [layer, pebbleMessage] of refused) {
        expect(await failure(pebble.addLayer('bad', layer))).toMatchObject({
          statusCode: 400,
          pebbleMessage,
        });
      }
      expect(await pebble.plan()).toEqual({ services: {}, checks: {}, 'log-targets': {} });
    },
  },
];

export const SERVICE_CASES: readonly PebbleCase[] = [
  {
    name: 'services start with what they require, and stop what requires them',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      expect(await states(pebble)).toEqual(['one enabled inactive', 'two disabled inactive']);
      const started = await pebble.start(['two']);
      expect(started).toMatchObject({
        kind: 'start',
        status: 'Done',
        ready: true,
        summary: 'Start service "two" and 1 more',
      });
      expect(started.tasks.map(({ summary }) => summary)).toEqual([
        'Start service "one"',
        'Start service "two"',
      ]);
      expect(await states(pebble)).toEqual(['one enabled active', 'two disabled active']);
      const stopped = await pebble.stop(['one']);
      expect(stopped.tasks.map(({ summary }) => summary)).toEqual([
        'Stop service "two"',
        'Stop service "one"',
      ]);
      expect(await states(pebble)).toEqual(['one enabled inactive', 'two disabled inactive']);
    },
  },
  {
    name: 'autostart starts what is enabled; a restart stops and starts',
    run: async ({ pebble }) => {
      expect(await failure(pebble.autostart())).toMatchObject({
        statusCode: 400,
        kind: 'no-default-services',
      });
      await pebble.addLayer('base', sleepers);
      expect((await pebble.autostart()).tasks.map(({ summary }) => summary)).toEqual(['Start service "one"']);
      const again = await pebble.restart(['one']);
      expect(again.tasks.map(({ summary }) => summary)).toEqual([
        'Stop service "one"',
        'Start service "one"',
      ]);
      expect(await states(pebble)).toEqual(['one enabled active', 'two disabled inactive']);
    },
  },
  {
    name: 'a replan restarts only what changed since it was started, and starts what is enabled',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      const kinds = async () =>
        (await pebble.replan()).tasks.map(({ kind, summary }) => `${kind} ${summary.split('"')[1]}`);
      expect(await kinds()).toEqual(['start one']);
      await pebble.start(['two']);
      expect(await kinds()).toEqual(['start one']);
      await pebble.addLayer('more', { services: { two: { override: 'merge', command: 'sleep 9' } } });
      expect(await kinds()).toEqual(['stop two', 'start one', 'start two']);
      await pebble.stop(['two']);
      expect(await kinds()).toEqual(['start one']);
      await pebble.addLayer('most', { services: { two: { override: 'merge', command: 'sleep 10' } } });
      expect(await kinds()).toEqual(['stop two', 'start one', 'start two']);
      expect(await states(pebble)).toEqual(['one enabled active', 'two disabled active']);
    },
  },
  {
    name: 'services that are not in the plan are refused, and left out of lists',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      for (const action of ['start', 'stop', 'restart'] as const) {
        expect(await failure(pebble[action](['nobody']))).toMatchObject({
          statusCode: 400,
          pebbleMessage: `cannot ${action} services: service "nobody" does not exist`,
        });
      }
      expect((await pebble.services(['two', 'nobody'])).map(({ name }) => name)).toEqual(['two']);
      expect(await failure(pebble.sendSignal('SIGHUP', ['one']))).toMatchObject({
        statusCode: 500,
        pebbleMessage: 'cannot send signal to "one": service is not running',
      });
    },
  },
];

export const NOTICE_AND_CHECK_CASES: readonly PebbleCase[] = [
  {
    name: 'checks begin up or inactive, and can be started and stopped',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', sleepers);
      const seen = (await pebble.checks()).map(({ name, level, startup, status, threshold }) => ({
        name,
        level,
        startup,
        status,
        threshold,
      }));
      expect(seen).toEqual([
        { name: 'off', level: undefined, startup: 'disabled', status: 'inactive', threshold: 3 },
        { name: 'up', level: 'alive', startup: 'enabled', status: 'up', threshold: 5 },
      ]);
      expect(await pebble.startChecks(['off', 'up'])).toEqual(['off']);
      expect(await pebble.stopChecks(['up'])).toEqual(['up']);
      expect((await pebble.checks({ names: ['up'] }))[0]?.status).toBe('inactive');
      expect(await pebble.health('ready')).toBe(true);
      expect(await failure(pebble.startChecks(['nope']))).toMatchObject({
        statusCode: 400,
        pebbleMessage: 'cannot start checks: cannot find checks in plan: nope',
      });
    },
  },
  {
    name: 'notices are counted by their key',
    run: async ({ pebble }) => {
      const id = await pebble.notify('example.com/a', { data: { k: '1' } });
      expect(await pebble.notify('example.com/a', { data: { k: '2' } })).toBe(id);
      expect(await pebble.notice(id)).toMatchObject({
        type: 'custom',
        key: 'example.com/a',
        occurrences: 2,
        lastData: { k: '2' },
      });
      expect(await pebble.notices({ keys: ['example.com/b'] })).toEqual([]);
      expect(await failure(pebble.notify('nokey'))).toMatchObject({
        statusCode: 400,
        pebbleMessage: 'invalid key "nokey" (must be in "example.com/path" format)',
      });
      expect(await failure(pebble.notice('999'))).toMatchObject({
        statusCode: 404,
        pebbleMessage: 'cannot find notice with ID "999"',
      });
    },
  },
  {
    name: 'a change that is not there is refused',
    run: async ({ pebble }) => {
      expect(await failure(pebble.change('999'))).toMatchObject({
        statusCode: 404,
        pebbleMessage: 'cannot find change with id "999"',
      });
    },
  },
];
