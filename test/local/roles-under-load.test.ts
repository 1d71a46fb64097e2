/**
 * From one application that is a whole Mimir to four, of which the first only leads, and back, while one writes and one
 * reads all the time: every sample that was acknowledged is read back, and every query is answered, with all that was
 * acknowledged by then. `npm run endurance` does the same with three copies of each series.
 */
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { nginx } from '../support/debian.ts';
import { described, Endurance, expectNothingLost } from '../support/endurance.ts';
import { TestModel } from '../support/local-model.ts';
import { ringMembers } from '../support/ring-members.ts';

const LONG = process.env.ENDURANCE !== undefined;
const LEADER = 'mimir';
/** Flushed blocks are found in the bucket by all some minutes later. */
const MOVE_SECONDS = 900;

interface Copies {
  readonly copies: 1 | 3;
  readonly whole: number;
  /** Units of each application that joins, in this order: those who ask last. */
  readonly joined: Readonly<Record<'write' | 'read' | 'backend', number>>;
}

const ONE: Copies = { copies: 1, whole: 1, joined: { write: 1, backend: 1, read: 1 } };
const THREE: Copies = { copies: 3, whole: 3, joined: { write: 3, backend: 2, read: 2 } };

const installed = await nginx();

let model: TestModel;
beforeEach(async () => {
  model = await TestModel.start();
});
afterEach(async () => {
  const log = process.env.ENDURANCE_LOG;
  if (log !== undefined) await writeFile(`${log}.debug`, (await model.log()).join('\n'));
  await model[Symbol.asyncDispose]();
}, 120_000);

async function deployWhole({ copies, whole }: Copies): Promise<Endurance> {
  await model.deployMinio();
  await model.deployMimir({
    application: LEADER,
    units: whole,
    config: { 'replication-factor': String(copies) },
  });
  await model.integrate([`${LEADER}:s3`, 'minio-k8s:s3']);
  await model.untilActive(300);
  await untilIngesters(names(LEADER, whole), LEADER);
  return new Endurance(await model.forward(LEADER, HTTP_PORT));
}

function names(application: string, units: number): readonly string[] {
  return Array.from({ length: units }, (_, i) => `${application}-${i}`);
}

/** These are in the ring, all there, and nobody else. @param application whose first unit is asked */
async function untilIngesters(pods: readonly string[], application: string): Promise<void> {
  const url = await model.forward(`${application}/0`, HTTP_PORT);
  const wanted = pods.map((pod) => `${pod} ACTIVE`).toSorted();
  const found = () => ringMembers(url, '/ingester/ring').catch(String);
  await expect.poll(found, { timeout: 120_000, interval: 1000 }).toEqual(wanted);
}

async function join({ joined, whole }: Copies): Promise<void> {
  for (const [application, units] of Object.entries(joined)) {
    await model.deployMimir({ application, units, config: { roles: application } });
    await model.integrate([`${LEADER}:mimir-cluster`, `${application}:join-cluster`]);
  }
  await model.untilActive(300);
  await untilIngesters([...names(LEADER, whole), ...names('write', joined.write)], 'backend');
}

function setRoles(roles: string): Promise<unknown> {
  return model.client.call('set-config', { application: LEADER, values: { roles } });
}

/** Every unit of the leading application runs a Mimir, or none does. */
async function untilMimirs(state: 'active' | 'inactive', units: number): Promise<void> {
  const states = () =>
    Promise.all(
      Array.from({ length: units }, async (_, i) => {
        const { out } = await model.ssh(`${LEADER}/${i}`, 'mimir', [
          '/charm/bin/pebble',
          'services',
          'mimir',
        ]);
        return /\s(active|inactive)\s/.exec(out)?.[1];
      }),
    );
  await expect
    .poll(states, { timeout: MOVE_SECONDS * 1000, interval: 2000 })
    .toEqual(Array.from({ length: units }, () => state));
  await model.untilActive(300);
}

async function remove(applications: readonly string[]): Promise<void> {
  for (const application of applications)
    await model.client.call('remove-application', { application, destroyStorage: true, force: false });
  await model.until(
    'the others are gone',
    (status) => applications.every((application) => status.applications[application] === undefined),
    MOVE_SECONDS,
  );
  await model.untilActive(300);
}

describe.skipIf(installed.kind !== 'there')(
  'a whole Mimir that gives its roles away, and takes them back',
  () => {
    test.each(LONG ? [ONE, THREE] : [ONE])('with $copies of each series', async (topology) => {
      const endurance = await deployWhole(topology);
      const { joined, whole } = topology;
      await join(topology);
      // Where senders and readers are sent from now on.
      endurance.moveTo(await model.forward(LEADER, GATEWAY_PORT));
      endurance.tell('the others have joined');

      await setRoles('none');
      await untilMimirs('inactive', whole);
      await untilIngesters(names('write', joined.write), 'backend');
      endurance.tell('all roles are given away');

      await setRoles('all');
      await untilMimirs('active', whole);
      await untilIngesters([...names(LEADER, whole), ...names('write', joined.write)], LEADER);
      endurance.moveTo(await model.forward(LEADER, HTTP_PORT));
      endurance.tell('all roles are back');
      await remove(Object.keys(joined));
      await untilIngesters(names(LEADER, whole), LEADER);
      endurance.tell('the others are gone');

      const report = await endurance.end();
      console.log(`${described(`roles, copies: ${topology.copies}`, report)}\n${endurance.story}`);
      expectNothingLost(endurance, report, { failedTwice: 0, incompleteQueries: 0 });
    }, 3_000_000);
  },
);
