/** `converge` on the simulated Pebble. */

import { converge } from 'charmwright';
import { type ContainerState, container, Killer, SimulatedPebble } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import type { WorkloadBed } from './bed.ts';
import { CONVERGE_CASES, site } from './converge-cases.ts';
import { killedAtEachCall } from './killed-cases.ts';

function simulated(): WorkloadBed {
  const starts: string[] = [];
  const witness = {
    call: () => undefined,
    serviceStarted: (_container: string, service: string) => starts.push(service),
  };
  const make = (state: ContainerState) => new SimulatedPebble(state, new Killer({}), witness);
  const failing = { startFailures: { bad: 'cannot open the disk' }, logs: { bad: ['cannot open the disk'] } };
  let pebble = make(container('web', { dirs: ['/srv'], ...failing }));
  return {
    get pebble() {
      return pebble;
    },
    dir: '/srv',
    label: 'site',
    command: (service) => `run ${service}`,
    failing: 'fail',
    mend: () => {
      pebble = make({ ...pebble.state, startFailures: {} });
    },
    // The simulation tells of services, a real one of what their commands say.
    starts: async () => starts.splice(0).map((name) => (name === 'bad' ? 'good' : name)),
  };
}

describe('converge', () => {
  test.each(CONVERGE_CASES.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    await run(simulated());
  });

  test('a container that is not up is unreachable, and no exception', async () => {
    const bed = simulated();
    const state = container('web', { canConnect: false });
    const pebble = new SimulatedPebble(state, new Killer({}), {
      call: () => undefined,
      serviceStarted: () => undefined,
    });
    expect(await converge(pebble, site(bed))).toMatchObject({
      kind: 'unreachable',
      error: { name: 'ConnectionError' },
    });
  });

  test('killed at any call and run again, it ends the same, and no service is started twice', async () => {
    const calls = await killedAtEachCall((run) => run(simulated()), ['never', 'done']);
    expect(calls).toBeGreaterThan(12);
  });
});
