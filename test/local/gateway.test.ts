/** A cluster of four applications behind one address: its client knows the gateway alone. */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { expectWhole, writeBatch } from '../support/batch.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';

const installed = await nginx();
const LEADER = 'mimir';
const WORKERS = { write: 'write', read: 'read', backend: 'backend' } as const;

let model: TestModel;
let url: string;
beforeAll(async () => {
  if (installed.kind !== 'there') return;
  model = await TestModel.start();
  await model.deployMinio();
  await model.deployMimir({ application: LEADER, config: { roles: 'none' } });
  await model.integrate([`${LEADER}:s3`, 'minio-k8s:s3']);
  for (const [application, roles] of Object.entries(WORKERS)) {
    await model.deployMimir({ application, config: { roles } });
    await model.integrate([`${LEADER}:mimir-cluster`, `${application}:join-cluster`]);
  }
  await model.untilActive(240);
  url = await model.forward(LEADER, GATEWAY_PORT);
}, 300_000);
afterAll(() => model?.[Symbol.asyncDispose](), 60_000);

async function get(path: string) {
  const { statusCode, body } = await request(`${url}${path}`);
  return { status: statusCode, text: await body.text() };
}

async function post(path: string, body: string, type: string): Promise<number> {
  const answer = await request(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
  await answer.body.dump();
  return answer.statusCode;
}

describe.skipIf(installed.kind !== 'there')('a client that knows the gateway alone', () => {
  test('writes and reads', async () => {
    await expectWhole(url, await writeBatch(url, 'through_the_gateway'));
  });

  test('sets rules, whose alerts come to the Alertmanager that it has configured', async () => {
    const rules = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';
    expect(await post('/prometheus/config/v1/rules/ours', rules, 'application/yaml')).toBe(202);
    const routing = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';
    const config = JSON.stringify({ alertmanager_config: routing });
    expect(await post('/api/v1/alerts', config, 'application/yaml')).toBe(201);
    await expect
      .poll(async () => (await get('/alertmanager/api/v2/alerts')).text, { timeout: 120_000, interval: 1000 })
      .toContain('"alertname":"Always"');
  }, 150_000);

  test('opens the pages of Mimir and of its Alertmanager', async () => {
    expect(await get('/')).toMatchObject({ status: 200, text: expect.stringContaining('Mimir') });
    expect(await get('/alertmanager/')).toMatchObject({
      status: 200,
      text: expect.stringContaining('Alertmanager'),
    });
  });
});
