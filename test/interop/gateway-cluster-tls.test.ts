/**
 * A cluster of three applications and an authority on Canonical's own library, in the local model: clients know the
 * gateway, and it knows all others, by the authority alone.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpClient } from 'charmwright/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_CA, GATEWAY_DIR, GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { hasPython, pythonLibrary } from '../support/pypi.ts';
import { encodeWriteRequest } from '../support/remote-write.ts';

const LIBRARIES = {
  'charmlibs-interfaces-tls-certificates': '1.12.0',
  'charmlibs-interfaces-certificate-transfer': '1.1.0',
} as const;
const CHARM = fileURLToPath(new URL('./charms/ops-authority', import.meta.url));
const APPLICATIONS = { mimir: 'none', front: 'read,distributor', back: 'backend,ingester' } as const;
const canRun = (await nginx()).kind === 'there' && (await hasPython());

let model: TestModel;
let name: string;
beforeAll(async () => {
  if (!canRun) return;
  model = await TestModel.start();
  const charm = join(model.dir, 'ops-authority');
  await cp(CHARM, charm, { recursive: true });
  for (const [library, version] of Object.entries(LIBRARIES))
    await cp(await pythonLibrary(library, version), join(charm, 'venv'), { recursive: true, force: true });
  await model.client.call('deploy', { charm });
  await model.deployMinio();
  for (const [application, roles] of Object.entries(APPLICATIONS)) {
    await model.deployMimir({ application, config: { roles } });
    await model.integrate([`${application}:certificates`, 'ops-authority:certificates']);
  }
  await model.integrate(['mimir:s3', 'minio-k8s:s3']);
  for (const member of ['front', 'back'])
    await model.integrate(['mimir:mimir-cluster', `${member}:join-cluster`]);
  await model.untilActive(400);
  name = `mimir.${(await model.exec('mimir/0', 'echo $JUJU_MODEL_NAME')).trim()}.svc.cluster.local`;
}, 600_000);
afterAll(() => model?.[Symbol.asyncDispose](), 60_000);

/** As a client in the cluster: it trusts the authority, and demands the name that all are told. */
async function client(): Promise<HttpClient> {
  const { out } = await model.ssh('mimir/0', 'gateway', ['cat', `${GATEWAY_DIR}/${GATEWAY_CA}`]);
  const origin = (await model.forward('mimir', GATEWAY_PORT)).replace('http:', 'https:');
  return new HttpClient({ origin, caChain: out, serverName: name });
}

async function writesAndReads(metric: string): Promise<void> {
  const body = encodeWriteRequest([
    { labels: { __name__: metric }, samples: [{ value: 1, timestamp: Date.now() }] },
  ]);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  const push = async () => {
    const answer = await (await client()).send({ method: 'POST', path: '/api/v1/push', headers, body });
    return `${answer.status} ${answer.body}`;
  };
  // Certificates and configurations are in motion for a while.
  await expect.poll(push, { timeout: 240_000, interval: 1000 }).toMatch(/^200/);
  const query = async () => {
    const path = `/prometheus/api/v1/query?query=${metric}`;
    return (await (await client()).send({ method: 'GET', path })).body.toString();
  };
  await expect.poll(query, { timeout: 60_000, interval: 500 }).toContain(`"${metric}"`);
}

describe.skipIf(!canRun)('a cluster with certificates', () => {
  test('is written to and asked by HTTPS, at one address', async () => {
    await writesAndReads('by_tls');
  }, 400_000);

  test('follows another authority', async () => {
    const before = (await model.ssh('mimir/0', 'gateway', ['cat', `${GATEWAY_DIR}/${GATEWAY_CA}`])).out;
    const { task } = await model.run('ops-authority/0', 'rotate-ca');
    expect(task, task.message).toMatchObject({ status: 'completed' });
    await expect
      .poll(
        async () => (await model.ssh('mimir/0', 'gateway', ['cat', `${GATEWAY_DIR}/${GATEWAY_CA}`])).out,
        { timeout: 240_000, interval: 1000 },
      )
      .not.toContain(before.trim());
    await model.untilActive(300);
    await writesAndReads('by_another_authority');
  }, 900_000);
});
