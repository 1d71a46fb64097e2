/**
 * The packed charm and an authority on Canonical's own libraries, both in the local model: certificates over
 * tls-certificates, and trust over certificate_transfer. The tests build on one another.
 */
import { HttpClient } from 'charmwright/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestModel } from '../support/local-model.ts';
import { deployAuthority } from '../support/ops-authority.ts';

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1'] as const;
const TRUST = '/data/conf/trust';

let model: TestModel;

beforeAll(async () => {
  model = await TestModel.start();
  await deployAuthority(model);
  await model.deployMinio();
  await model.deployMimir({ units: 2 });
  await model.integrate();
  await model.untilActive(240);
}, 600_000);

afterAll(() => model?.[Symbol.asyncDispose]());

async function file(unit: string, path: string): Promise<string> {
  return (await model.ssh(unit, 'mimir', ['cat', path])).out;
}

/** What Mimir answers over TLS to one who trusts the authority and demands the application's name. */
async function ready(unit: string, authorities: string): Promise<number> {
  const [name = ''] = unit.split('/');
  const { model: modelName } = JSON.parse(
    await model.exec(unit, 'echo "{\\"model\\":\\"$JUJU_MODEL_NAME\\"}"'),
  );
  const client = new HttpClient({
    origin: (await model.forward(unit, 9009)).replace('http:', 'https:'),
    caChain: authorities,
    serverName: `${name}.${modelName}.svc.cluster.local`,
  });
  return (await client.send({ method: 'GET', path: '/ready', signal: AbortSignal.timeout(10_000) })).status;
}

async function untilServing(what: string, isSo: () => Promise<boolean>): Promise<void> {
  let last: unknown;
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; ) {
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`not so: ${what}: ${String(last)}\n${await model.logTail()}`);
}

test('both units get certificates and turn to TLS together', async () => {
  await model.integrate(['mimir-k8s:certificates', 'ops-authority:certificates']);
  await untilServing('both units serve by TLS', async () => {
    for (const unit of UNITS)
      if ((await ready(unit, await file(unit, `${TRUST}/units.pem`))) !== 200) return false;
    return true;
  });
  await model.untilActive(180);
  const checks = await model.ssh('mimir-k8s/0', 'mimir', ['/charm/bin/pebble', 'checks', 'mimir-ready']);
  expect(checks.out, 'Pebble trusts the authority').toMatch(/mimir-ready +ready +enabled +up/);
}, 420_000);

test('an action asks Mimir over TLS', async () => {
  const { task } = await model.run('mimir-k8s/leader', 'show-stats');
  expect(task, task.message).toMatchObject({ status: 'completed' });
});

test('another authority takes over', async () => {
  const [unit] = UNITS;
  const before = await file(unit, `${TRUST}/units.pem`);
  const { task } = await model.run('ops-authority/0', 'rotate-ca');
  expect(task, task.message).toMatchObject({ status: 'completed' });
  await untilServing('both units serve by certificates of the new authority', async () => {
    const after = await file(unit, `${TRUST}/units.pem`);
    if (after.includes(before.trim())) return false;
    for (const each of UNITS) if ((await ready(each, after)) !== 200) return false;
    return true;
  });
  await model.untilActive(180);
}, 420_000);

test('without the authority everything is plain HTTP again', async () => {
  await model.separate(['mimir-k8s:certificates', 'ops-authority:certificates']);
  await model.untilActive(180);
  for (const unit of UNITS) {
    const url = await model.forward(unit, 9009);
    await untilServing('plain HTTP', async () => (await fetch(`${url}/ready`)).status === 200);
    expect(await file(unit, '/data/conf/tls.pem'), 'the key is gone').toBe('');
  }
}, 420_000);

test('an authority that is to be trusted is, until it goes', async () => {
  await model.integrate(['mimir-k8s:receive-ca-cert', 'ops-authority:send-ca-cert']);
  await untilServing('the authority is there', async () =>
    (await file('mimir-k8s/0', `${TRUST}/received.pem`)).includes('BEGIN CERTIFICATE'),
  );
  await model.separate(['mimir-k8s:receive-ca-cert', 'ops-authority:send-ca-cert']);
  await untilServing(
    'the authority is gone',
    async () => (await file('mimir-k8s/0', `${TRUST}/received.pem`)) === '',
  );
  await model.untilActive(180);
}, 420_000);
