/** A cluster of four applications behind one address: its clients know the gateway alone, whoever dies, comes and goes. */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_PORT } from '../../charm/plan/gateway-parts.ts';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { nginx } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import { traffic } from '../support/traffic.ts';

const installed = await nginx();
const LEADER = 'mimir';
const WORKERS = { write: 'write', read: 'read', backend: 'backend' } as const;

let model: TestModel;
let url: string;
let batch: Batch;
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
  await model.untilActive(300);
  url = await model.forward(LEADER, GATEWAY_PORT);
}, 360_000);
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

async function scale(application: string, units: number): Promise<void> {
  await model.client.call('scale-application', { application, scale: units });
  const isSo = (names: readonly string[]) => names.length === units;
  await model.until(
    `${units} units of ${application}`,
    (status) => isSo(Object.keys(status.applications[application]?.units ?? {})),
    300,
  );
  await model.untilActive(300);
}

/** Which nginx it is: another one after a restart. */
async function masterOf(unit: string): Promise<string> {
  const { out } = await model.ssh(unit, 'gateway', ['cat', '/var/lib/mimir-gateway/nginx.pid']);
  return out.trim();
}

/** The addresses that nginx has for a component. */
async function servers(unit: string, component: string): Promise<number> {
  const { out } = await model.ssh(unit, 'gateway', ['cat', '/var/lib/mimir-gateway/nginx.conf']);
  const [, upstream = ''] = new RegExp(`upstream ${component} \\{(.*?)\\}`, 's').exec(out) ?? [];
  return upstream.match(/server /g)?.length ?? 0;
}

describe.skipIf(installed.kind !== 'there')('a client that knows the gateway alone', () => {
  test('writes and reads', async () => {
    batch = await writeBatch(url, 'through_the_gateway');
    await expectWhole(url, batch);
  });

  test('sets rules, whose alerts come to the Alertmanager that it has configured', async () => {
    const rules = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';
    expect(await post('/prometheus/config/v1/rules/ours', rules, 'application/yaml')).toBe(202);
    const routing = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';
    const config = JSON.stringify({ alertmanager_config: routing });
    expect(await post('/api/v1/alerts', config, 'application/yaml')).toBe(201);
    await expect
      .poll(async () => (await get('/alertmanager/api/v2/alerts')).text, { timeout: 180_000, interval: 1000 })
      .toContain('"alertname":"Always"');
  }, 200_000);

  test('opens the pages of Mimir and of its Alertmanager', async () => {
    expect(await get('/')).toMatchObject({ status: 200, text: expect.stringContaining('Mimir') });
    expect(await get('/alertmanager/')).toMatchObject({
      status: 200,
      text: expect.stringContaining('Alertmanager'),
    });
  });

  test('notices nothing of readers that come, are killed, and go', async () => {
    const master = await masterOf('mimir/0');
    const asking = traffic(url);
    await asking.go(50);
    await scale('read', 2);
    expect(await servers('mimir/0', 'query-frontend')).toBe(2);
    await asking.go(100);
    await model.client.call('kill-pod', { unit: 'read/0' });
    await asking.go(100);
    await model.untilActive(300);
    await scale('read', 1);
    expect(await servers('mimir/0', 'query-frontend')).toBe(1);
    await asking.go(50);
    expect(await asking.stop()).toEqual([]);
    expect(await masterOf('mimir/0')).toBe(master);
  }, 900_000);

  test('may ask any unit of two', async () => {
    await scale(LEADER, 2);
    for (const unit of ['mimir/0', 'mimir/1']) {
      const one = await model.forward(unit, GATEWAY_PORT);
      await expectWhole(one, batch);
    }
    expect(await servers('mimir/1', 'distributor')).toBe(1);
    await model.client.call('kill-container', { unit: 'mimir/0', container: 'gateway' });
    await expectWhole(url, batch);
    await model.untilActive(300);
    await expectWhole(await model.forward('mimir/0', GATEWAY_PORT), batch);
    // The next test takes the other one away.
    await model.untilReady('mimir/0', 'mimir/1');
  }, 600_000);

  test('notices nothing when a gateway ends', async () => {
    const asking = traffic(url);
    await asking.go(100);
    await scale(LEADER, 1);
    await asking.go(50);
    expect(await asking.stop()).toEqual([]);
  }, 600_000);

  test('is told which role nobody has when an application is gone', async () => {
    await model.separate([`${LEADER}:mimir-cluster`, 'backend:join-cluster']);
    await model.untilUnit('mimir/0', 'blocked', /no unit has .*ruler/, 180);
    expect(await get('/prometheus/api/v1/rules')).toEqual({
      status: 503,
      text: 'No unit runs the ruler: relate an application that does to mimir:mimir-cluster.\n',
    });
    await expectWhole(url, await writeBatch(url, 'without_the_ruler'));
  }, 300_000);

  test('finds each failure in the log, without what he had in the URL and in headers', async () => {
    const headers = {
      authorization: 'Bearer token-of-a-header',
      referer: 'http://x/?token=token-of-a-header',
    };
    const one = await model.forward('mimir/0', GATEWAY_PORT);
    const asked = '/prometheus/api/v1/rules?token=token-of-a-url';
    expect((await request(`${one}${asked}`, { headers })).statusCode).toBe(503);
    const logs = await model.ssh('mimir/0', 'gateway', ['/charm/bin/pebble', 'logs', '-n', 'all']);
    expect(logs.out).toMatch(
      / GET \/prometheus\/api\/v1\/rules 503 upstream="-" upstream_status="-" seconds=/,
    );
    expect(logs.out).not.toContain('token-of');
  });

  test('finds Mimir itself again when nobody is left, and no gateway', async () => {
    for (const member of ['write', 'read']) {
      await model.client.call('remove-application', {
        application: member,
        destroyStorage: true,
        force: false,
      });
    }
    await model.client.call('set-config', { application: LEADER, values: { roles: 'all' }, reset: [] });
    await model.until('only Mimir', ({ applications }) => applications.write === undefined, 300);
    await model.until('only Mimir', ({ applications }) => applications.read === undefined, 300);
    await model.until(
      'Mimir to serve',
      ({ applications }) =>
        Object.values(applications[LEADER]?.units ?? {}).every(
          (unit) => unit['workload-status'].current === 'active' && unit['juju-status'].current === 'idle',
        ),
      300,
    );
    const services = await model.ssh('mimir/0', 'gateway', ['/charm/bin/pebble', 'services']);
    expect(services.out).toMatch(/gateway +disabled +inactive/);
    const checks = await model.ssh('mimir/0', 'gateway', ['/charm/bin/pebble', 'checks']);
    expect(checks.out).not.toContain('down');
    await expectWhole(await model.forward(LEADER, 9009), batch);
  }, 900_000);
});
