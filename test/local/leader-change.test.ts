/**
 * Three Mimirs of which the one that leads goes away: at rest, and in the middle of a hook. Another one leads then, and
 * goes on with what the one before has begun; those who are related see nothing of it.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelStatus } from '../../local/api.ts';
import { ConstantLoad } from '../support/constant-load.ts';
import { GrafanaPeer } from '../support/grafana-peer.ts';
import { askThrough, GrafanaStandIn, type ProvisionedSource } from '../support/grafana-stand-in.ts';
import { isActiveAndIdle, TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';
import { writeCharm } from './tiny-charm.ts';

const UNITS = ['mimir-k8s/0', 'mimir-k8s/1', 'mimir-k8s/2'] as const;
const INSIDE = 'http://mimir-k8s.local.svc.cluster.local:9009';
const patience = { timeout: 120_000, interval: 500 };

let model: TestModel;
let service: string;
let peer: GrafanaPeer;
let load: ConstantLoad;
let urls: readonly string[];

beforeAll(async () => {
  model = await TestModel.start();
  const metadata = `
requires:
  grafana-source: {interface: grafana_datasource}
  send-remote-write: {interface: prometheus_remote_write}
`;
  const charm = await writeCharm(model.dir, { name: 'neighbour', metadata, script: 'status-set active' });
  await model.client.call('deploy', { charm });
  await model.deployMinio();
  await model.deployMimir({ units: UNITS.length });
  await model.integrate();
  await model.integrate(['mimir-k8s:grafana-source', 'neighbour:grafana-source']);
  await model.integrate(['mimir-k8s:receive-remote-write', 'neighbour:send-remote-write']);
  await model.untilActive(300);
  await model.client.call('model-config', { values: { 'leadership-lease': '5s' }, reset: [] });
  service = await model.forward('mimir-k8s', 9009);
  urls = await Promise.all(UNITS.map((unit) => model.forward(unit, 9009)));
  peer = new GrafanaPeer({ model, unit: 'neighbour/0', sources: ['grafana-source'], rests: othersRest });
  load = new ConstantLoad(urls);
}, 600_000);

afterAll(async () => {
  await load?.end();
  await model[Symbol.asyncDispose]();
});

const unitsOf = (status: ModelStatus) => Object.entries(status.applications['mimir-k8s']?.units ?? {});
const isAway = ([, unit]: ReturnType<typeof unitsOf>[number]) => unit['juju-status'].current === 'lost';

async function leader(): Promise<string> {
  return unitsOf(await model.status()).find(([, unit]) => unit.leader === true)?.[0] ?? '';
}

/** Whoever leads when it is none of these, and has said so in its hook. */
async function anotherLeader(...others: string[]): Promise<string> {
  await model.until(`another leader than ${others}`, (status) =>
    unitsOf(status).some(([name, unit]) => unit.leader === true && !others.includes(name)),
  );
  await othersRest();
  return leader();
}

/** Units that are there have nothing to do, whatever they wait for. */
function othersRest(): Promise<ModelStatus> {
  return model.until(
    'all units that are there to be idle',
    (status) =>
      unitsOf(status)
        .filter((entry) => !isAway(entry))
        .every(([, unit]) => unit['juju-status'].current === 'idle'),
    180,
  );
}

function allActive(): Promise<ModelStatus> {
  return model.until(
    'all active',
    (status) => unitsOf(status).every(([, unit]) => isActiveAndIdle(unit)),
    420,
  );
}

async function valueThrough(source: ProvisionedSource | undefined): Promise<unknown> {
  if (source === undefined) throw new Error('there is no data source');
  const fromHere = { ...source, url: source.url.replace(INSIDE, service) };
  const answer = await askThrough(fromHere, 'count(load) > 0').catch(String);
  return Object(answer).status === 'success' && Object(answer).data?.result?.length;
}

/** Rules of a sender are loaded by the leader alone. */
async function sendRule(name: string): Promise<void> {
  const groups = [{ name, rules: [{ record: name, expr: 'count(load)' }] }];
  await peer.say('send-remote-write', { alert_rules: JSON.stringify({ groups }) });
}

const rulesThere = async () => {
  const { body } = await request(`${service}/prometheus/config/v1/rules`);
  return [...(await body.text()).matchAll(/record: (\w+)/g)].map(([, name]) => name);
};

/** What each unit's Mimir was last started with. */
const levels = () =>
  Promise.all(
    urls.map(async (url) => {
      const { body } = await request(`${url}/config`);
      return /log_level: (\w+)/.exec(await body.text())?.[1];
    }),
  );

describe('when the unit that leads is away', () => {
  const grafana = new GrafanaStandIn('v0');
  let sources: readonly ProvisionedSource[];

  test('Grafana has the one data source that it had, which works', async () => {
    sources = await peer.provision(grafana);
    expect(sources.map(({ url }) => url)).toEqual([`${INSIDE}/prometheus`]);
    await expect.poll(() => valueThrough(sources[0]), patience).toBe(1);
    await model.client.call('hold-pod', { unit: 'mimir-k8s/0' });
    expect(await anotherLeader('mimir-k8s/0')).not.toBe('');
    expect(await peer.provision(grafana)).toEqual(sources);
    await expect.poll(() => valueThrough(sources[0]), patience).toBe(1);
  });

  test('another one does the leader`s work', async () => {
    await sendRule('first');
    await expect.poll(rulesThere, patience).toEqual(['first']);
  });

  test('it is a follower when it is back', async () => {
    const leads = await leader();
    await model.client.call('release-pod', { unit: 'mimir-k8s/0' });
    await allActive();
    expect(await leader()).toBe(leads);
    expect(await peer.provision(grafana)).toEqual(sources);
  }, 300_000);
});

test('what it was doing in the hook in which it died, another one finishes when all are there', async () => {
  const died = await leader();
  const others = urls.filter((_, unit) => UNITS[unit] !== died);
  const before = await Promise.all(others.map(startTime));
  await model.config({ 'log-level': 'warn' });
  await sendRule('second');
  await model.until(`${died} in a hook`, (status) => {
    const agent = Object.fromEntries(unitsOf(status))[died]?.['juju-status'];
    return agent?.current === 'executing' && agent.message?.includes('config-changed') === true;
  });
  await model.client.call('hold-pod', { unit: died });
  await anotherLeader(died);
  await expect.poll(rulesThere, patience).toEqual(['second']);
  await othersRest();
  // Another one away would be one too many: nobody else restarts meanwhile, and each says so.
  const said = unitsOf(await model.status()).filter((entry) => !isAway(entry));
  expect(said.map(([, unit]) => unit['workload-status'].message).join('\n')).toMatch(
    new RegExp(`waiting for its turn to restart(: ${died} does not serve|, after ${died})`),
  );
  expect(await Promise.all(others.map(startTime))).toEqual(before);
  await model.client.call('release-pod', { unit: died });
  await allActive();
  expect(await levels()).toEqual(['warn', 'warn', 'warn']);
}, 600_000);

test('and nobody has lost anything that was acknowledged', async () => {
  const { acknowledged, incomplete, answers, unanswered } = await load.end();
  console.info({ acknowledged, answers, unanswered, incomplete });
  expect(acknowledged).toBeGreaterThan(0);
  for (const url of urls) expect(await load.count(url)).toBe(acknowledged);
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});
