/** `converge` on a real Pebble: the cases that the simulated one passes, and what only a real one does. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { converge } from 'charmwright';
import { describe, expect, test } from 'vitest';
import { recordsOf, type WorkloadBed } from '../unit/workload/bed.ts';
import { CONVERGE_CASES, site } from '../unit/workload/converge-cases.ts';
import { killedAtEachCall } from '../unit/workload/killed-cases.ts';
import { type RealPebble, realPebble } from './support/real-pebble.ts';

const run = promisify(execFile);

interface RealBed extends WorkloadBed {
  readonly real: RealPebble;
}

/** Services write a line when they start, and then sleep. */
async function withBed<T>(run: (bed: RealBed) => Promise<T>): Promise<T> {
  const real = await realPebble();
  const pebble = real.client;
  // The same for every bed: digests in the plan tell one path from another.
  const place = join(tmpdir(), `workload-${process.pid}`);
  const dir = `${place}/srv`;
  const log = `${place}/starts`;
  const label = `test-${process.pid}`;
  try {
    await pebble.makeDir(dir, { makeParents: true });
    await pebble.push(log, '');
    return await run({
      real,
      pebble,
      dir,
      label,
      command: (service) => `/bin/sh -c 'echo ${service} >> ${log}; exec sleep 2000'`,
      failing: `/bin/sh -c 'echo cannot open the disk; exit 3'`,
      mend: () => undefined,
      async starts() {
        const lines = (await settledText(pebble, log)).split('\n').filter((line) => line !== '');
        await pebble.push(log, '');
        return lines;
      },
    });
  } finally {
    const records = [label, `${label}-other`].flatMap(recordsOf);
    await Promise.all([place, ...records].map((path) => rm(path, { recursive: true, force: true })));
    await real.remove();
  }
}

/** A service is active from when its shell is there, which may not have written its line yet. */
async function settledText(pebble: RealPebble['client'], path: string): Promise<string> {
  for (let before = await pebble.pullText(path); ; ) {
    await sleep(150);
    const now = await pebble.pullText(path);
    if (now === before) return now;
    before = now;
  }
}

describe('converge', () => {
  test.each(CONVERGE_CASES.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    await withBed(run);
  });

  test('killed at any call and run again, it ends the same, and no service is started twice', async () => {
    const calls = await killedAtEachCall(withBed, ['begun', 'done']);
    expect(calls).toBeGreaterThan(12);
  }, 900_000);

  test('a container that was restarted gets back what it lost, and a killed one is unreachable meanwhile', async () => {
    await withBed(async (bed) => {
      const { real, pebble } = bed;
      expect(await converge(pebble, site(bed))).toMatchObject({ kind: 'settled' });
      await bed.starts();
      await real.kill();
      expect(await converge(pebble, site(bed))).toMatchObject({
        kind: 'unreachable',
        error: { name: 'ConnectionError' },
      });
      await real.start();
      expect(await converge(pebble, site(bed))).toMatchObject({
        kind: 'settled',
        changed: [],
        layer: true,
        restarted: [],
      });
      expect((await bed.starts()).toSorted()).toEqual(['db', 'web']);
    });
  });

  test('a restart that takes longer than a hook waits is not begun again by the next one', async () => {
    await withBed(async (bed) => {
      const starts = `${bed.dir}/slow-starts`;
      const stubborn = `/bin/sh -c 'echo slow >> ${starts}; trap "sleep 3; exit 0" TERM; while :; do sleep 0.1; done'`;
      const slow = (port: number) =>
        ({
          label: bed.label,
          services: { slow: { command: stubborn, startup: 'enabled', 'kill-delay': '20s' } },
          files: { [`${bed.dir}/slow.conf`]: { content: `port = ${port}`, readBy: ['slow'] } },
        }) as const;
      await converge(bed.pebble, slow(1));
      expect(await converge(bed.pebble, slow(2), { timeoutMs: 500 })).toMatchObject({
        kind: 'unreachable',
        error: { name: 'TimeoutError' },
      });
      expect(await converge(bed.pebble, slow(2))).toMatchObject({
        kind: 'settled',
        restarted: [],
        started: [],
      });
      expect(await bed.pebble.pullText(starts)).toBe('slow\nslow\n');
      expect(await converge(bed.pebble, slow(2))).toMatchObject({ kind: 'settled', restarted: [] });
    });
  });

  test('a container with nothing to do is known by three requests, and no YAML is loaded for it', async () => {
    await withBed(async (bed) => {
      const workload = { ...site(bed), label: bed.label };
      await converge(bed.pebble, workload);
      const script = `
        import { registerHooks } from 'node:module';
        const loaded = [];
        registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
        const { converge } = await import('charmwright');
        const { PebbleClient } = await import('charmwright/pebble');
        const client = new PebbleClient({ socketPath: process.env.SOCKET });
        const outcome = await converge(client, JSON.parse(process.env.WORKLOAD));
        const yaml = loaded.some((url) => url.includes('/node_modules/yaml/'));
        console.log(JSON.stringify({ kind: outcome.kind, layer: outcome.layer, changed: outcome.changed, yaml }));
      `;
      const ask = async (wanted: object) => {
        const env = { SOCKET: bed.real.socketPath, WORKLOAD: JSON.stringify(wanted) };
        const args = ['--input-type=module', '-e', script];
        return JSON.parse((await run(process.execPath, args, { env })).stdout);
      };
      expect(await ask(workload)).toEqual({ kind: 'settled', layer: false, changed: [], yaml: false });
      const more = { ...workload, checks: { up: { exec: { command: 'true' } } } };
      expect(await ask(more)).toEqual({ kind: 'settled', layer: true, changed: [], yaml: true });
    });
  });
});
