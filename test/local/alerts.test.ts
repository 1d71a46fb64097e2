/**
 * A rule that an agent sends over receive-remote-write fires in a real Mimir, and somebody is told: by Mimir's own
 * Alertmanager, then by a related one. The tests build on one another.
 */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deployAlertmanager } from '../support/alertmanager-charm.ts';
import { alertmanager } from '../support/debian.ts';
import { TestModel } from '../support/local-model.ts';
import {
  addressOf,
  deployTester,
  packTester,
  startPrometheus,
  stopPrometheus,
} from '../support/tester-charm.ts';
import { Webhook } from '../support/webhook-charm.ts';

const installed = await alertmanager();

// By default Mimir looks at what was a minute ago, so that late samples count; an offset of 0 it takes for none given.
const RULES = `
groups:
  - name: targets
    interval: 2s
    query_offset: 1s
    rules:
      - alert: TargetDown
        expr: up == 0
        labels: {severity: page}
        annotations: {summary: '{{ $labels.instance }} does not answer'}
`;

let model: TestModel;
let webhook: Webhook;
let mimir: string;

beforeAll(async () => {
  model = await TestModel.start();
  webhook = new Webhook(model);
  const tester = await packTester(model.dir);
  await webhook.deploy();
  await model.deployMimir({ config: { 'alertmanager-config': routeTo('/own') } });
  await deployTester(model, tester, 'target', {});
  await deployTester(model, tester, 'agent', {
    targets: [addressOf('target/0')],
    'scrape-interval': '1s',
    'alert-rules': RULES,
  });
  await model.integrate(['agent:send-remote-write', 'mimir-k8s:receive-remote-write']);
  mimir = await model.forward('mimir-k8s', 9009);
  await model.untilUnit('agent/0', 'active', /^writes to/);
  await model.untilUnit('target/0', 'waiting', /^for a URL/);
  await model.untilUnit('webhook/0', 'active', /^$/);
});

afterAll(() => model?.[Symbol.asyncDispose]());

/** An Alertmanager's configuration that notifies at once. */
function routeTo(path: string): string {
  const receiver = `{name: hook, webhook_configs: [{url: '${webhook.url(path)}', send_resolved: true}]}`;
  const route = '{receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s}';
  return `route: ${route}\nreceivers: [${receiver}]\n`;
}

const patiently = { timeout: 150_000, interval: 1000 };

describe("Mimir's own Alertmanager", () => {
  test('is told of the rule by Mimir, which was told by the agent', async () => {
    const rules = () => fetchText(`${mimir}/prometheus/config/v1/rules`).catch(String);
    await expect
      .poll(rules, patiently)
      .toMatch(/alert: TargetDown\n\s+expr: up\{.*juju_application="agent".*\} == 0/);
  });

  aStoryOf('/own', () => `${mimir}/alertmanager`);
});

describe(`a related Alertmanager${installed.kind === 'absent' ? ` (${installed.why})` : ''}`, () => {
  const skipped = installed.kind === 'absent';
  let external = '';

  test.skipIf(skipped)('takes the place of the own', async () => {
    const program = installed.kind === 'there' ? installed.path : '';
    await deployAlertmanager(model, program, routeTo('/external'));
    await model.untilUnit('alertmanager/0', 'active', /^$/);
    external = await model.forward('alertmanager/0', 9093);
    await model.integrate(['alertmanager:alerting', 'mimir-k8s:alertmanager']);
    const url = 'http://alertmanager-0.alertmanager-endpoints.local.svc.cluster.local:9093';
    const config = async () =>
      (await model.ssh('mimir-k8s/0', 'mimir', ['/bin/cat', '/data/conf/mimir.yaml'])).out;
    await expect.poll(config, patiently).toContain(`alertmanager_url: "${url}"`);
    await model.untilUnit('mimir-k8s/0', 'active', /./);
  });

  aStoryOf('/external', () => external, skipped);

  test.skipIf(skipped)('and the own was not told this time', async () => {
    expect(await statuses('/own')).toEqual(['firing', 'resolved']);
  });
});

/** An alert's life, at an Alertmanager whose receiver is the webhook's path. */
function aStoryOf(path: string, at: () => string, skipped = false): void {
  let silence = '';

  test.skipIf(skipped)(
    'tells the receiver that the alert fires, with where in Juju it comes from',
    async () => {
      await stopPrometheus(model, 'target/0');
      await expect.poll(() => statuses(path), patiently).toEqual(['firing']);
      expect(await webhook.posted(path)).toMatchObject([
        {
          alerts: [
            {
              labels: {
                alertname: 'TargetDown',
                severity: 'page',
                instance: addressOf('target/0'),
                juju_application: 'agent',
                juju_model: 'local',
              },
              annotations: { summary: `${addressOf('target/0')} does not answer` },
            },
          ],
        },
      ]);
      await expect.poll(() => states(at()), patiently).toEqual(['active']);
    },
  );

  test.skipIf(skipped)('keeps silent when it is silenced', async () => {
    const { body } = await request(`${at()}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers: [{ name: 'alertname', value: 'TargetDown', isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        createdBy: 'tester',
        comment: 'known',
      }),
    });
    silence = z.object({ silenceID: z.string() }).parse(await body.json()).silenceID;
    await expect.poll(() => states(at()), patiently).toEqual(['suppressed']);
  });

  test.skipIf(skipped)('tells that it is over, once the silence is', async () => {
    expect((await request(`${at()}/api/v2/silence/${silence}`, { method: 'DELETE' })).statusCode).toBe(200);
    await expect.poll(() => states(at()), patiently).toEqual(['active']);
    await startPrometheus(model, 'target/0');
    await expect.poll(() => statuses(path), patiently).toEqual(['firing', 'resolved']);
    await expect.poll(() => states(at()), patiently).toEqual([]);
  });
}

const alertShape = z.object({ status: z.object({ state: z.string() }) });

/** Of each alert that the Alertmanager has; what it answered instead, while it does not. */
async function states(alertmanagerUrl: string): Promise<readonly string[] | string> {
  const text = await fetchText(`${alertmanagerUrl}/api/v2/alerts`).catch(String);
  try {
    return z
      .array(alertShape)
      .parse(JSON.parse(text))
      .map(({ status }) => status.state);
  } catch {
    return text;
  }
}

/** `firing` and `resolved`, as they were told; one that is told again counts once. */
async function statuses(path: string): Promise<readonly string[]> {
  const told = (await webhook.posted(path)).map(
    (body) => z.object({ status: z.string() }).parse(body).status,
  );
  return told.filter((status, i) => status !== told[i - 1]);
}

async function fetchText(url: string): Promise<string> {
  const { body } = await request(url, { headersTimeout: 20_000, bodyTimeout: 20_000 });
  return body.text();
}
