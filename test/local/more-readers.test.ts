/**
 * A whole Mimir that is joined by more units for queries, and nothing else: they have no query scheduler, and those of the
 * whole Mimir must come to where they look for one. The tests build on one another.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_CONFIG, GATEWAY_DIR, GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { HTTP_PORT } from '../../charm/plan/paths.ts';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { ringMembers } from '../support/ring-members.ts';

const LEADER = 'mimir/0';
const installed = await nginx();

let model: TestModel;
/** Where senders and readers are sent. */
let gateway: string;
const written: Batch[] = [];

describe.skipIf(installed.kind !== 'there')('more units for queries', () => {
  beforeAll(async () => {
    model = await TestModel.start();
    await model.deployMinio();
    await model.deployMimir({ application: 'mimir' });
    await model.integrate(['mimir:s3', 'minio-k8s:s3']);
    await model.untilActive(300);
  }, 400_000);
  afterAll(() => model?.[Symbol.asyncDispose](), 60_000);

  /** nginx' addresses of those who take queries. */
  async function asked(): Promise<number> {
    const { out } = await model.ssh(LEADER, 'gateway', ['/bin/cat', `${GATEWAY_DIR}/${GATEWAY_CONFIG}`]);
    const [, servers = ''] = /upstream query-frontend \{([^}]*)\}/.exec(out) ?? [];
    return [...servers.matchAll(/server /g)].length;
  }

  const schedulers = async () =>
    ringMembers(await model.forward(LEADER, HTTP_PORT), '/query-scheduler/ring').catch(String);

  test('say that they wait, and all is answered by those that are there', async () => {
    await model.deployMimir({ application: 'read', config: { roles: 'read' } });
    await model.integrate(['mimir:mimir-cluster', 'read:join-cluster']);
    await model.untilUnit(
      'read/0',
      'waiting',
      /^\[join-cluster\] no queries before the query schedulers of mimir come into the ring/,
      180,
    );
    gateway = await model.forward(LEADER, GATEWAY_PORT);
    written.push(await writeBatch(gateway, 'first'));
    await expectWhole(gateway, ...written);
    expect(await asked()).toBe(1);
  });

  test('find schedulers after the next update-status, and are asked, too', async () => {
    await model.exec(LEADER, 'JUJU_DISPATCH_PATH=hooks/update-status ./dispatch');
    await model.untilUnit('read/0', 'active', /^$/, 180);
    expect(await schedulers()).toEqual([expect.stringMatching(/^mimir-0\S* ACTIVE$/)]);
    await expect.poll(asked, { timeout: 60_000 }).toBe(2);
    await expectWhole(await model.forward('read/0', HTTP_PORT), ...written);
    await expectWhole(gateway, ...written);
  });

  test('go again, and the rest answers as before', async () => {
    await model.client.call('remove-application', {
      application: 'read',
      destroyStorage: true,
      force: false,
    });
    await model.until('read is gone', ({ applications }) => applications.read === undefined, 180);
    await model.untilActive(180);
    await expectWhole(await model.forward(LEADER, HTTP_PORT), ...written);
  });
});
