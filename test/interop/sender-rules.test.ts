/**
 * Rules that a charm on ops and cosl, from PyPI, sends over `prometheus_remote_write`: in the real ruler, until the alert
 * fires and beyond. The tests build on one another.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { MimirApi } from '../../charm/mimir-api.ts';
import { TestModel } from '../support/local-model.ts';
import { pythonLibrary } from '../support/pypi.ts';
import { remoteWrite } from '../support/remote-write.ts';

const SENDER = 'rules-sender/0';
const ENDPOINTS: [string, string] = ['mimir-k8s:receive-remote-write', 'rules-sender:send-remote-write'];

let model: TestModel;
let url: string;
let api: MimirApi;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMimir();
  const charm = join(model.dir, 'rules-sender-charm');
  await cp(fileURLToPath(new URL('./charms/rules-sender', import.meta.url)), charm, { recursive: true });
  await cp(await pythonLibrary('cosl', '1.11.3'), join(charm, 'venv'), { recursive: true });
  await model.client.call('deploy', { charm });
  await model.untilActive();
  url = await model.forward('mimir-k8s/0', 9009);
  api = new MimirApi(url);
});

afterAll(() => model[Symbol.asyncDispose]());

const rules = (...exprs: readonly string[]) =>
  `groups:\n- name: host\n  rules:\n${exprs.map((expr, i) => `  - {alert: Down${i}, expr: '${expr}', annotations: {summary: "{{ $labels.instance }}"}}\n`).join('')}`;

async function send(text: string): Promise<void> {
  await model.client.call('set-config', { application: 'rules-sender', values: { rules: text }, reset: [] });
}

/** Expressions in the ruler, by namespace. */
async function expressions(): Promise<Readonly<Record<string, readonly string[]>>> {
  const shape = z.array(z.object({ rules: z.array(z.object({ expr: z.string() })) }));
  const all = Object.entries(await api.rules('anonymous')).map(([namespace, groups]) => [
    namespace,
    shape.parse(groups).flatMap((group) => group.rules.map(({ expr }) => expr)),
  ]);
  return Object.fromEntries(all);
}

/** Of the model: `JUJU_MODEL_UUID`. */
async function juju(variable: string): Promise<string> {
  return (await model.exec(SENDER, `echo "$${variable}"`)).trim();
}

test('rules of an agent are in a namespace of its own, and look at that agent', async () => {
  await model.integrate(ENDPOINTS);
  await send(rules('up{%%juju_topology%%} == 0'));
  const uuid = await juju('JUJU_MODEL_UUID');
  await vi.waitFor(async () => {
    const [[namespace = '', exprs] = []] = Object.entries(await expressions());
    expect(namespace).toMatch(/^receive-remote-write:\d+:rules-sender$/);
    expect(exprs).toEqual([
      expect.stringMatching(
        `^up\\{juju_model="[a-z-]+",juju_model_uuid="${uuid}",juju_application="rules-sender"\\} == 0$`,
      ),
    ]);
  }, 60_000);
});

test('its alert fires for its own metrics alone', async () => {
  const [uuid, name] = [await juju('JUJU_MODEL_UUID'), await juju('JUJU_MODEL_NAME')];
  const labels = { __name__: 'up', juju_model: name, juju_model_uuid: uuid };
  const alerts = z.object({
    data: z.object({
      alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })),
    }),
  });
  await vi.waitFor(
    async () => {
      const samples = [{ value: 0, timestamp: Date.now() }];
      await remoteWrite(`${url}/api/v1/push`, [
        { labels: { ...labels, juju_application: 'rules-sender', instance: 'mine' }, samples },
        { labels: { ...labels, juju_application: 'somebody-else', instance: 'theirs' }, samples },
      ]);
      const answer = await fetch(`${url}/prometheus/api/v1/alerts`);
      const { data } = alerts.parse(await answer.json());
      expect(
        data.alerts.map(({ state, labels: { alertname, instance } }) => [state, alertname, instance]),
      ).toEqual([['firing', 'Down0', 'mine']]);
    },
    { timeout: 150_000, interval: 3000 },
  );
});

test('a rule that Mimir refuses comes back to the agent, the others are loaded', async () => {
  await send(rules('nofunc(up)', 'up == 2'));
  const said = /unknown function with name \\"nofunc\\".*"url":"http:\/\/mimir-k8s\..*\/api\/v1\/push"/;
  await model.untilUnit(SENDER, 'active', said);
  await model.untilUnit(
    'mimir-k8s/0',
    'active',
    /\[receive-remote-write\] .*data of rules-sender .*"nofunc"/,
  );
  const [[, exprs] = []] = Object.entries(await expressions());
  expect(exprs).toEqual([expect.stringMatching(/^up\{.*\} == 2$/)]);
  await send(rules('up == 3'));
  await model.untilUnit(SENDER, 'active', /^\{\} /);
});

test('they go with the relation, and what people have uploaded stays', async () => {
  const { task } = await model.run('mimir-k8s/0', 'upload-rules', {
    namespace: 'mine',
    rules: rules('up == 4'),
  });
  expect(task.status).toBe('completed');
  await model.separate(ENDPOINTS);
  await vi.waitFor(async () => expect(await expressions()).toEqual({ mine: ['up == 4'] }), 60_000);
  const taken = await model.run('mimir-k8s/0', 'upload-rules', {
    namespace: 'receive-remote-write:1:mine',
    rules: rules('up == 4'),
  });
  expect(taken.task).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('choose another one'),
  });
});
