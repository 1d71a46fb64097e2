/** A hook that is killed at any call to Pebble, and run again: the end is the same, with as many starts. */
import { converge, type Workload } from 'charmwright';
import { expect } from 'vitest';
import { type Cut, recordsOf, type WorkloadBed, watched } from './bed.ts';
import { expectNothingToDo, site } from './converge-cases.ts';

/** All that the container is in the end. */
async function end({ pebble, dir, label }: WorkloadBed): Promise<unknown> {
  const paths = ['etc/web.conf', 'etc/db.conf', 'motd'].map((name) => `${dir}/${name}`);
  const files = await pebble.pullEach([...paths, ...recordsOf(label)]);
  return {
    files: [...files].map(([path, content]) => [path.replace(dir, ''), String(content)]),
    plan: await pebble.plan(),
    services: (await pebble.services()).map(({ name, current }) => `${name} ${current}`),
  };
}

/** The way from one workload to the other, with two services that restart, one that starts, and one that stops. */
function journey(bed: WorkloadBed, step: number): readonly [Workload, Workload] {
  const before = site(bed, { web: `port = ${step}`, db: `size = ${step}` });
  const after = site(bed, { web: `port = ${step}.5`, db: `size = ${step}.5` });
  const worker = { command: bed.command('worker'), startup: 'enabled' } as const;
  const old = { command: bed.command('old'), startup: 'enabled' } as const;
  return [
    { ...before, services: { ...before.services, old } },
    { ...after, services: { ...after.services, worker } },
  ];
}

/** @param how the ways in which a hook may end at a call. */
export async function killedAtEachCall(
  fresh: <T>(run: (bed: WorkloadBed) => Promise<T>) => Promise<T>,
  how: readonly Cut['last'][],
): Promise<number> {
  const whole = await fresh(async (bed) => {
    const [before, after] = journey(bed, 1);
    await converge(bed.pebble, before);
    await bed.starts();
    const { pebble, calls } = watched(bed.pebble);
    expect(await converge(pebble, after)).toMatchObject({ kind: 'settled' });
    expect((await bed.starts()).toSorted()).toEqual(['db', 'web', 'worker']);
    return { calls, end: await end(bed) };
  });
  for (const last of how) {
    for (const [index, call] of whole.calls.entries()) {
      await fresh(async (bed) => {
        const [before, after] = journey(bed, 1);
        await converge(bed.pebble, before);
        await bed.starts();
        const killed = watched(bed.pebble, { after: index + 1, last, hears: 'nothing' });
        const where = `${last} at call ${index + 1}, ${call}`;
        expect(await Promise.race([converge(killed.pebble, after), killed.cut]), where).toBe('cut');
        expect(await converge(bed.pebble, after), where).toMatchObject({ kind: 'settled' });
        expect((await bed.starts()).toSorted(), where).toEqual(['db', 'web', 'worker']);
        expect(await end(bed), where).toEqual(whole.end);
        await expectNothingToDo(bed, after);
      });
    }
  }
  return whole.calls.length;
}
