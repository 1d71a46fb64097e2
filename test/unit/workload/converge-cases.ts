/** What `converge` promises; run on the simulated Pebble and on a real one. */
import { CharmwrightError, type Converged, converge, type Workload } from 'charmwright';
import { ConnectionError } from 'charmwright/pebble';
import { expect } from 'vitest';
import { recordsOf, type WorkloadBed, watched } from './bed.ts';

export interface WorkloadCase {
  readonly name: string;
  readonly run: (bed: WorkloadBed) => Promise<void>;
}

/** Two services, each with a file of its own, and a third that runs now and then. */
export function site(bed: WorkloadBed, text: { readonly web?: string; readonly db?: string } = {}) {
  const { web = 'port = 80', db = 'size = 1' } = text;
  return {
    label: bed.label,
    services: {
      web: { command: bed.command('web'), startup: 'enabled', environment: { LANG: 'C' } },
      db: { command: bed.command('db'), startup: 'enabled' },
      report: { command: bed.command('report'), startup: 'disabled' },
    },
    files: {
      [`${bed.dir}/etc/web.conf`]: { content: web, permissions: 0o600, readBy: ['web', 'report'] },
      [`${bed.dir}/etc/db.conf`]: { content: db, readBy: ['db'] },
      [`${bed.dir}/motd`]: { content: 'welcome' },
    },
  } as const satisfies Workload;
}

const NOTHING = { changed: [], layer: false, restarted: [], started: [], stopped: [] };

async function settled(
  bed: WorkloadBed,
  workload: Workload,
): Promise<Extract<Converged, { kind: 'settled' }>> {
  const outcome = await converge(bed.pebble, workload);
  if (outcome.kind !== 'settled') throw outcome.error;
  return outcome;
}

async function states({ pebble }: WorkloadBed): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await pebble.services()).map(({ name, current }) => [name, current]));
}

/** Nothing is left to do: three requests tell. */
export async function expectNothingToDo(bed: WorkloadBed, workload: Workload): Promise<void> {
  const { pebble, calls } = watched(bed.pebble);
  expect(await converge(pebble, workload)).toMatchObject({ kind: 'settled', ...NOTHING });
  expect(calls).toEqual(['pullEach', 'planYaml', 'services']);
  expect(await bed.starts()).toEqual([]);
}

export const CONVERGE_CASES: readonly WorkloadCase[] = [
  {
    name: 'an empty container gets its files, its layer, and its enabled services, once',
    run: async (bed) => {
      const outcome = await settled(bed, site(bed));
      expect(outcome).toEqual({
        kind: 'settled',
        changed: [`${bed.dir}/etc/web.conf`, `${bed.dir}/etc/db.conf`, `${bed.dir}/motd`],
        layer: true,
        restarted: [],
        started: expect.arrayContaining(['db', 'web']),
        stopped: [],
        digest: expect.stringMatching(/^[0-9a-f]{32}$/),
        services: { db: 'active', report: 'inactive', web: 'active' },
      });
      expect((await bed.starts()).toSorted()).toEqual(['db', 'web']);
      expect(await bed.pebble.pullText(`${bed.dir}/etc/web.conf`)).toBe('port = 80');
      expect((await bed.pebble.list(`${bed.dir}/etc/web.conf`))[0]?.permissions).toBe(0o600);
      await expectNothingToDo(bed, site(bed));
    },
  },
  {
    name: 'a service restarts only when a file that it reads has changed',
    run: async (bed) => {
      const { digest } = await settled(bed, site(bed));
      await bed.starts();
      const changed = site(bed, { web: 'port = 81' });
      const outcome = await settled(bed, changed);
      expect(outcome).toMatchObject({
        ...NOTHING,
        changed: [`${bed.dir}/etc/web.conf`],
        layer: true,
        restarted: ['web'],
      });
      expect(outcome.digest).not.toBe(digest);
      expect((await settled(bed, changed)).digest).toBe(outcome.digest);
      expect(await bed.starts()).toEqual(['web']);
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'a file that no service reads is written, and restarts none',
    run: async (bed) => {
      const workload = site(bed);
      await settled(bed, workload);
      await bed.starts();
      const motd = `${bed.dir}/motd`;
      const changed = {
        ...workload,
        files: { ...workload.files, [motd]: { content: new Uint8Array([0, 255]) } },
      };
      expect(await settled(bed, changed)).toMatchObject({ ...NOTHING, changed: [motd] });
      expect(await bed.pebble.pull(motd)).toEqual(Buffer.from([0, 255]));
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'other permissions alone write the file, and restart none',
    run: async (bed) => {
      const workload = site(bed);
      await settled(bed, workload);
      await bed.starts();
      const path = `${bed.dir}/etc/web.conf`;
      const changed = {
        ...workload,
        files: {
          ...workload.files,
          [path]: { ...workload.files[path], content: 'port = 80', permissions: 0o640 },
        },
      };
      expect(await settled(bed, changed)).toMatchObject({ ...NOTHING, changed: [path] });
      expect((await bed.pebble.list(path))[0]?.permissions).toBe(0o640);
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'a file that somebody else has changed or taken away is written again',
    run: async (bed) => {
      await settled(bed, site(bed));
      await bed.starts();
      await bed.pebble.push(`${bed.dir}/etc/db.conf`, 'size = 0');
      await bed.pebble.remove(`${bed.dir}/motd`);
      expect(await settled(bed, site(bed))).toMatchObject({
        ...NOTHING,
        changed: [`${bed.dir}/etc/db.conf`, `${bed.dir}/motd`],
      });
      expect(await bed.pebble.pullText(`${bed.dir}/etc/db.conf`)).toBe('size = 1');
      await expectNothingToDo(bed, site(bed));
    },
  },
  {
    name: 'a service restarts when its entry has changed, and the others do not',
    run: async (bed) => {
      const workload = site(bed);
      await settled(bed, workload);
      await bed.starts();
      const db = { ...workload.services.db, environment: { SIZE: '2' } };
      const changed = { ...workload, services: { ...workload.services, db } };
      expect(await settled(bed, changed)).toMatchObject({ ...NOTHING, layer: true, restarted: ['db'] });
      expect(await bed.starts()).toEqual(['db']);
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'a service that is not enabled stays as it is: stopped, or running with what changed',
    run: async (bed) => {
      await settled(bed, site(bed));
      expect(await settled(bed, site(bed, { web: 'port = 81' }))).toMatchObject({ restarted: ['web'] });
      expect((await states(bed)).report).toBe('inactive');
      await bed.pebble.start(['report']);
      await bed.starts();
      await expectNothingToDo(bed, site(bed, { web: 'port = 81' }));
      const again = site(bed, { web: 'port = 82' });
      expect((await settled(bed, again)).restarted.toSorted()).toEqual(['report', 'web']);
      await bed.pebble.stop(['report']);
      await bed.starts();
      expect(await settled(bed, site(bed, { web: 'port = 83' }))).toMatchObject({ restarted: ['web'] });
      expect(await bed.starts()).toEqual(['web']);
      expect((await states(bed)).report).toBe('inactive');
    },
  },
  {
    name: 'an enabled service that somebody has stopped is started',
    run: async (bed) => {
      await settled(bed, site(bed));
      await bed.pebble.stop(['db']);
      await bed.starts();
      expect(await settled(bed, site(bed))).toMatchObject({ ...NOTHING, started: ['db'] });
      expect(await bed.starts()).toEqual(['db']);
      await expectNothingToDo(bed, site(bed));
    },
  },
  {
    name: 'what is not named any more is stopped, and is not started by anybody’s autostart',
    run: async (bed) => {
      const checks = { up: { exec: { command: 'true' } }, size: { exec: { command: 'true' } } };
      const logTargets = {
        loki: { type: 'loki', location: 'http://127.0.0.1:1/push', services: ['all'] },
      } as const;
      const workload = site(bed);
      await settled(bed, { ...workload, checks, logTargets });
      await bed.starts();
      const { web } = workload.services;
      const smaller: Workload = { label: bed.label, services: { web }, checks: { up: checks.up } };
      const outcome = await settled(bed, smaller);
      expect(outcome).toMatchObject({ layer: true, stopped: ['db'], services: { web: 'active' } });
      // It does not read a file any more.
      expect(outcome.restarted).toEqual(['web']);
      await bed.pebble.autostart();
      expect(await states(bed)).toEqual({ db: 'inactive', report: 'inactive', web: 'active' });
      const statuses = (await bed.pebble.checks()).map(({ name, status }) => `${name} ${status}`);
      expect(statuses).toEqual(['size inactive', 'up up']);
      expect((await bed.pebble.plan())['log-targets'].loki?.services?.at(-1)).toBe('-all');
      await bed.starts();
      await expectNothingToDo(bed, smaller);
      const back = await settled(bed, { ...workload, checks, logTargets });
      expect(back).toMatchObject({ restarted: ['web'], started: ['db'] });
      expect((await bed.pebble.check('size')).status).toBe('up');
      await bed.starts();
      await expectNothingToDo(bed, { ...workload, checks, logTargets });
    },
  },
  {
    name: 'a file can be taken away, which restarts those that read it',
    run: async (bed) => {
      const workload = site(bed);
      await settled(bed, workload);
      await bed.starts();
      const path = `${bed.dir}/etc/db.conf`;
      const changed = { ...workload, files: { ...workload.files, [path]: null } };
      expect(await settled(bed, changed)).toMatchObject({ changed: [path], restarted: ['db'] });
      expect(await bed.pebble.exists(path)).toBe(false);
      await bed.starts();
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'checks alone are added without touching a service',
    run: async (bed) => {
      const workload = site(bed);
      await settled(bed, workload);
      await bed.starts();
      const changed = { ...workload, checks: { up: { level: 'ready', exec: { command: 'true' } } } } as const;
      expect(await settled(bed, changed)).toMatchObject({ ...NOTHING, layer: true });
      expect((await bed.pebble.check('up')).level).toBe('ready');
      await expectNothingToDo(bed, changed);
    },
  },
  {
    name: 'another’s layer above it counts as a change once, not at every event',
    run: async (bed) => {
      await settled(bed, site(bed));
      await bed.starts();
      const above = { services: { web: { override: 'merge', environment: { DEBUG: '1' } } } } as const;
      await bed.pebble.addLayer('above', above);
      expect((await settled(bed, site(bed))).restarted).toEqual(['web']);
      await bed.starts();
      await expectNothingToDo(bed, site(bed));
      await bed.pebble.addLayer('other', {
        services: { other: { override: 'replace', command: bed.command('other') } },
      });
      expect((await settled(bed, site(bed))).restarted).toEqual([]);
      expect(await bed.starts()).toEqual([]);
    },
  },
  {
    name: 'a service that the image brings can be added to, and restarts for a file of the charm’s',
    run: async (bed) => {
      await bed.pebble.addLayer('image', {
        services: {
          web: { override: 'replace', command: bed.command('web'), environment: { FROM: 'image' } },
        },
      });
      const path = `${bed.dir}/web.conf`;
      const wanted = (content: string): Workload => ({
        label: bed.label,
        services: { web: { override: 'merge', startup: 'enabled', environment: { TO: 'charm' } } },
        files: { [path]: { content, readBy: ['web'] } },
      });
      expect((await settled(bed, wanted('1'))).started).toEqual(['web']);
      expect((await bed.pebble.plan()).services.web?.environment).toMatchObject({
        FROM: 'image',
        TO: 'charm',
      });
      await bed.starts();
      await expectNothingToDo(bed, wanted('1'));
      expect((await settled(bed, wanted('2'))).restarted).toEqual(['web']);
      await bed.starts();
      await expectNothingToDo(bed, wanted('2'));
    },
  },
  {
    name: 'two callers in one container, each with its label, do not disturb each other',
    run: async (bed) => {
      const other: Workload = {
        label: `${bed.label}-other`,
        services: { extra: { command: bed.command('extra'), startup: 'enabled' } },
      };
      await settled(bed, site(bed));
      await settled(bed, other);
      await bed.starts();
      expect(await settled(bed, site(bed))).toMatchObject(NOTHING);
      expect(await settled(bed, other)).toMatchObject(NOTHING);
      expect(await bed.starts()).toEqual([]);
      await expectNothingToDo(bed, site(bed));
      await expectNothingToDo(bed, other);
    },
  },
  {
    name: 'without its record, a running service is restarted once more rather than never',
    run: async (bed) => {
      await settled(bed, site(bed));
      for (const path of recordsOf(bed.label)) await bed.pebble.remove(path, { recursive: true });
      await bed.starts();
      expect((await settled(bed, site(bed))).restarted.toSorted()).toEqual(['db', 'web']);
      await bed.starts();
      for (const path of recordsOf(bed.label)) await bed.pebble.push(path, '{"plan":', { makeDirs: true });
      expect((await settled(bed, site(bed))).restarted.toSorted()).toEqual(['db', 'web']);
      await bed.starts();
      await expectNothingToDo(bed, site(bed));
    },
  },
  {
    name: 'a service that was about to be restarted when its hook was killed is known, and is stopped when it goes',
    run: async (bed) => {
      await settled(bed, site(bed));
      for (const path of recordsOf(bed.label)) await bed.pebble.remove(path, { recursive: true });
      const killed = watched(bed.pebble, { after: 9, last: 'never', hears: 'nothing' });
      await Promise.race([converge(killed.pebble, site(bed)), killed.cut]);
      expect(killed.calls.at(-1)).toBe('restart');
      const { services, files } = site(bed);
      const { db: _, ...rest } = services;
      const { [`${bed.dir}/etc/db.conf`]: __, ...others } = files;
      const smaller: Workload = { label: bed.label, services: rest, files: others };
      expect(await settled(bed, smaller)).toMatchObject({ stopped: ['db'], restarted: ['web'] });
      expect((await states(bed)).db).toBe('inactive');
    },
  },
  {
    name: 'a service that does not start is a failure with its last words, until it does',
    run: async (bed) => {
      const workload = site(bed);
      const bad = {
        ...workload,
        services: { ...workload.services, bad: { command: bed.failing, startup: 'enabled' } },
      } as const;
      // From the first time on Pebble tries it again and again by itself.
      for (let hook = 0; hook < 2; hook++) {
        expect(await converge(bed.pebble, bad)).toMatchObject({
          kind: 'failed',
          error: { name: 'ChangeError' },
          reason: 'service "bad" does not start: cannot open the disk',
        });
      }
      expect((await states(bed)).web).toBe('active');
      const mended = {
        ...bad,
        services: { ...bad.services, bad: { ...bad.services.bad, command: bed.command('good') } },
      };
      await bed.starts();
      bed.mend();
      expect((await settled(bed, mended)).restarted).toEqual(['bad']);
      expect(await bed.starts()).toEqual(['good']);
    },
  },
  {
    name: 'a file that cannot be written is a failure that names it, and nothing is restarted',
    run: async (bed) => {
      await settled(bed, site(bed));
      await bed.starts();
      const path = `${bed.dir}/motd/below-a-file`;
      const workload = site(bed, { web: 'port = 81' });
      const outcome = await converge(bed.pebble, {
        ...workload,
        files: { ...workload.files, [path]: { content: '', readBy: ['web'] } },
      });
      expect(outcome).toMatchObject({
        kind: 'failed',
        changed: [`${bed.dir}/etc/web.conf`],
        restarted: [],
        reason: `cannot use ${path}: not a directory`,
      });
      // The restart that is owed is made good.
      expect(await settled(bed, workload)).toMatchObject({ changed: [], restarted: ['web'] });
      expect(await bed.starts()).toEqual(['web']);
    },
  },
  {
    name: 'a layer that Pebble refuses is a failure in Pebble’s words',
    run: async (bed) => {
      const outcome = await converge(bed.pebble, {
        label: bed.label,
        services: { web: { startup: 'enabled' } },
      });
      expect(outcome).toMatchObject({
        kind: 'failed',
        reason: 'plan must define "command" for service "web"',
      });
    },
  },
  {
    name: 'a workload that contradicts itself is the author’s error',
    run: async (bed) => {
      const services: Workload['services'] = {};
      const files = { [`${bed.dir}/x`]: { content: '', readBy: ['wbe'] } };
      const misnamed = converge<string>(bed.pebble, { label: bed.label, services, files });
      await expect(misnamed).rejects.toThrow(CharmwrightError);
      await expect(misnamed).rejects.toThrow(/is read by "wbe", which is none of its services/);
      expect(await bed.pebble.exists(`${bed.dir}/x`)).toBe(false);
    },
  },
  {
    name: 'a Pebble that goes away at any call is unreachable, and the next event makes it good',
    run: async (bed) => {
      const away = () =>
        new ConnectionError('/charm/containers/web/pebble.socket', 'the connection was lost');
      const count = watched(bed.pebble);
      await converge(count.pebble, site(bed));
      expect(count.calls.length).toBeGreaterThan(8);
      for (let after = 1; after <= 8; after++) {
        const workload = site(bed, { web: `port = ${after}` });
        await bed.starts();
        const { pebble } = watched(bed.pebble, { after, last: 'never', hears: 'error' }, away);
        expect(await converge(pebble, workload)).toMatchObject({
          kind: 'unreachable',
          error: { name: 'ConnectionError' },
        });
        expect((await settled(bed, workload)).restarted).toEqual(['web']);
        expect(await bed.starts()).toEqual(['web']);
      }
    },
  },
];
