/** The rest of Pebble's API; run on the simulated Pebble and on the real one. */
import { layersEqual, NotInPlanError, parseLayer } from 'charmwright/pebble';
import { expect } from 'vitest';
import { CERTIFICATE } from '../../support/certificate.ts';
import { failure, type PebbleCase } from './pebble-bed.ts';

const YAML = `
summary: a web server
services:
  web:
    override: replace
    command: sleep 1001
    startup: enabled
    environment: { PORT: "80" }
checks:
  up:
    override: replace
    level: alive
    exec: { command: "true" }
  off:
    override: replace
    startup: disabled
    exec: { command: "true" }
log-targets:
  loki:
    override: replace
    type: loki
    location: http://127.0.0.1:1/loki/api/v1/push
    services: [all]
    labels: { product: web }
`;

export const LOOKUP_CASES: readonly PebbleCase[] = [
  {
    name: 'one service and one check are looked up by name, and missing ones are an error of their own',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      expect(await pebble.service('web')).toMatchObject({
        name: 'web',
        startup: 'enabled',
        current: 'inactive',
      });
      expect(await pebble.check('up')).toMatchObject({ name: 'up', level: 'alive', status: 'up' });
      expect(await failure(pebble.service('wbe'))).toMatchObject({
        name: 'NotInPlanError',
        what: 'service',
        missing: 'wbe',
      });
      await expect(pebble.check('pu')).rejects.toThrow(NotInPlanError);
    },
  },
  {
    name: 'whether a path is a directory: a file and nothing are none',
    run: async ({ pebble, dir }) => {
      await pebble.push(`${dir}/sub/file`, 'x', { makeDirs: true });
      expect(await pebble.isDir(`${dir}/sub`)).toBe(true);
      expect(await pebble.isDir(`${dir}/sub/file`)).toBe(false);
      expect(await pebble.isDir(`${dir}/none`)).toBe(false);
      expect(await failure(pebble.isDir('rel'))).toMatchObject({ name: 'ApiError', statusCode: 400 });
    },
  },
];

export const LAYER_TEXT_CASES: readonly PebbleCase[] = [
  {
    name: 'a layer can be a YAML text, and is then the same as the object that it is read as',
    run: async ({ pebble }) => {
      await pebble.addLayer('text', YAML);
      const plan = await pebble.plan();
      const { summary: _, ...sections } = await parseLayer(YAML);
      expect(layersEqual(plan, sections)).toBe(true);
      expect(layersEqual(plan, { services: {} })).toBe(false);
      await pebble.addLayer('object', await parseLayer(YAML));
      expect(await pebble.plan()).toEqual(plan);
    },
  },
  {
    name: 'a text that says no override, or that is no YAML, is refused',
    run: async ({ pebble }) => {
      const noOverride = pebble.addLayer('bad', 'services:\n  web:\n    command: sleep 1\n');
      expect(await failure(noOverride)).toMatchObject({
        name: 'ApiError',
        statusCode: 400,
        pebbleMessage: expect.stringContaining('override'),
      });
      expect(await failure(pebble.addLayer('bad', 'services: ['))).toMatchObject({ statusCode: 400 });
      expect(await pebble.plan()).toEqual({ services: {}, checks: {}, 'log-targets': {} });
    },
  },
];

export const ACTION_CASES: readonly PebbleCase[] = [
  {
    name: 'any change of the plan starts a stopped check that is enabled, and lets one run on that no longer is',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      const status = async (name: string) => (await pebble.check(name)).status;
      await pebble.stopChecks(['up']);
      expect(await status('up')).toBe('inactive');
      await pebble.addLayer('more', {
        checks: { other: { override: 'replace', exec: { command: 'true' } } },
      });
      expect([await status('up'), await status('off'), await status('other')]).toEqual([
        'up',
        'inactive',
        'up',
      ]);
      await pebble.addLayer('fewer', { checks: { other: { override: 'merge', startup: 'disabled' } } });
      expect(await status('other')).toBe('up');
      expect(await pebble.stopChecks(['other'])).toEqual(['other']);
      await pebble.addLayer('most', { checks: { other: { override: 'merge', threshold: 9 } } });
      expect(await status('other')).toBe('inactive');
    },
  },
  {
    name: 'several files are read at once, each with its own error',
    run: async ({ pebble, dir }) => {
      await pebble.push(`${dir}/one`, 'eins');
      await pebble.push(`${dir}/three`, '');
      const found = await pebble.pullEach([`${dir}/one`, `${dir}/two`, `${dir}/three`, dir]);
      expect([...found.keys()]).toEqual([`${dir}/one`, `${dir}/two`, `${dir}/three`, dir]);
      expect(found.get(`${dir}/one`)).toEqual(Buffer.from('eins'));
      expect(found.get(`${dir}/two`)).toMatchObject({ name: 'PathError', kind: 'not-found' });
      expect(found.get(`${dir}/three`)).toEqual(Buffer.alloc(0));
      expect(found.get(dir)).toMatchObject({ name: 'PathError', kind: 'generic-file-error' });
    },
  },
  {
    name: 'an action need not be waited for: its change can be waited for later',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      const { id } = await pebble.start(['web'], { timeoutMs: 0 });
      expect(await pebble.waitChange(id, 20_000)).toMatchObject({
        kind: 'start',
        status: 'Done',
        ready: true,
      });
      expect((await pebble.service('web')).current).toBe('active');
      expect(await pebble.stop(['web'], { timeoutMs: 20_000 })).toMatchObject({ ready: true });
    },
  },
  {
    name: 'changes are listed by state and by service, and looked up by id',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      const { id } = await pebble.start(['web']);
      expect(await pebble.change(id)).toMatchObject({ id, kind: 'start', status: 'Done', ready: true });
      const ids = async (options: Parameters<typeof pebble.changes>[0]) =>
        (await pebble.changes(options)).map((change) => change.id);
      expect(await ids({ select: 'ready', service: 'web' })).toContain(id);
      expect(await ids({ select: 'ready', service: 'other' })).not.toContain(id);
      expect(await ids({ select: 'in-progress', service: 'web' })).toEqual([]);
      expect(await failure(pebble.abortChange(id))).toMatchObject({
        statusCode: 400,
        pebbleMessage: `cannot abort change ${id} with nothing pending`,
      });
    },
  },
  {
    name: 'without a name, starting, stopping and restarting are refused',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      for (const action of ['start', 'stop', 'restart'] as const) {
        expect(await failure(pebble[action]([]))).toMatchObject({
          statusCode: 400,
          pebbleMessage: `must specify services for ${action} action`,
        });
      }
      expect((await pebble.service('web')).current).toBe('inactive');
    },
  },
  {
    name: 'a check runs at once when it is refreshed, also one that is not started',
    run: async ({ pebble }) => {
      await pebble.addLayer('base', YAML);
      expect(await pebble.refreshCheck('up')).toMatchObject({
        check: { name: 'up', status: 'up', failures: 0 },
      });
      expect(await pebble.refreshCheck('off')).toMatchObject({ check: { name: 'off', status: 'inactive' } });
      expect(await failure(pebble.refreshCheck('none'))).toMatchObject({
        statusCode: 404,
        pebbleMessage: 'cannot find check with name "none"',
      });
    },
  },
];

export const ACCESS_CASES: readonly PebbleCase[] = [
  {
    name: 'identities are added, updated, replaced and removed, and keep their secrets to themselves',
    run: async ({ pebble }) => {
      await pebble.addIdentities({
        scraper: { access: 'metrics', basic: { password: '$6$salt$hash' } },
        helper: { access: 'read', local: { userId: 4_242 } },
        remote: { access: 'untrusted', cert: { pem: CERTIFICATE } },
      });
      expect(await pebble.identities()).toEqual({
        remote: { access: 'untrusted', cert: { pem: '*****' } },
        scraper: { access: 'metrics', basic: { password: '*****' } },
        helper: { access: 'read', local: { userId: 4_242 } },
      });
      await pebble.updateIdentities({ helper: { access: 'untrusted', local: { userId: 4_242 } } });
      await pebble.replaceIdentities({
        scraper: null,
        remote: null,
        other: { access: 'admin', local: { userId: 4_243 } },
      });
      expect(await pebble.identities()).toEqual({
        helper: { access: 'untrusted', local: { userId: 4_242 } },
        other: { access: 'admin', local: { userId: 4_243 } },
      });
      await pebble.removeIdentities(['helper', 'other']);
      expect(await pebble.identities()).toEqual({});
    },
  },
  {
    name: 'an identity that is there twice, not there, or without a way to prove itself is refused',
    run: async ({ pebble }) => {
      const bob = { access: 'read', local: { userId: 4_242 } } as const;
      await pebble.addIdentities({ bob });
      const refused: readonly (readonly [() => Promise<void>, string])[] = [
        [() => pebble.addIdentities({ bob }), 'identities already exist: bob'],
        [() => pebble.updateIdentities({ ann: bob }), 'identities do not exist: ann'],
        [() => pebble.removeIdentities(['ann']), 'identities do not exist: ann'],
        [
          () => pebble.addIdentities({ ann: { access: 'all', local: { userId: 1 } } }),
          'invalid identity for "ann": invalid access value "all", must be "admin", "read", "metrics", or "untrusted"',
        ],
        [
          () => pebble.replaceIdentities({ ann: { access: 'read' } }),
          'invalid identity for "ann": identity must have at least one type ("local", "basic", or "cert")',
        ],
        [
          () => pebble.addIdentities({ ann: { access: 'read', basic: { password: '' } } }),
          'invalid identity for "ann": basic identity must specify password (hashed)',
        ],
        [
          () => pebble.addIdentities({ '1st': bob }),
          'invalid identity for "1st": identity name "" invalid: must start with an alphabetic character and only contain alphanumeric characters, underscore, and hyphen',
        ],
      ];
      for (const [call, pebbleMessage] of refused) {
        expect(await failure(call())).toMatchObject({ statusCode: 400, pebbleMessage });
      }
      expect(Object.keys(await pebble.identities())).toEqual(['bob']);
    },
  },
  {
    name: 'metrics tell who is active; an identity that is not trusted does not get them',
    run: async ({ pebble }) => {
      // The hash is that of the word "secret", by sha512-crypt.
      const basic = {
        password:
          '$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1',
      };
      await pebble.addLayer('base', YAML);
      expect(await pebble.metrics()).not.toContain('pebble_service_active');
      await pebble.start(['web']);
      await pebble.addIdentities({
        scraper: { access: 'metrics', basic },
        guest: { access: 'untrusted', basic },
      });
      const metrics = await pebble.metrics({ username: 'scraper', password: 'secret' });
      expect(metrics).toContain('pebble_service_active{service="web"} 1\n');
      expect(await pebble.metrics()).toContain('pebble_service_active{service="web"} 1\n');
      const guest = pebble.metrics({ username: 'guest', password: 'secret' });
      expect(await failure(guest)).toMatchObject({ name: 'ApiError', statusCode: 401 });
    },
  },
  {
    name: 'there is nothing to warn of, and so nothing to okay',
    run: async ({ pebble }) => {
      expect(await pebble.warnings()).toEqual([]);
      expect(await pebble.warnings({ select: 'all' })).toEqual([]);
      expect(await pebble.okayWarnings('2030-01-01T00:00:00Z')).toBe(0);
    },
  },
];
