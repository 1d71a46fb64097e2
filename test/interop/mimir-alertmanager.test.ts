/** The ruler's notifications, to Debian's Alertmanager. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startAlertmanager } from '../support/alertmanager-server.ts';
import { alertmanager } from '../support/debian.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';

const CONFIG = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';
const RULE = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';
const alerts = z.array(z.object({ labels: z.object({ alertname: z.string() }) }));

let program: string;
beforeAll(async () => {
  const installed = await alertmanager();
  if (installed.kind === 'absent') throw new Error(installed.why);
  program = installed.path;
});

/** Waits until somebody has told it something. */
async function alertsAt(url: string): Promise<readonly string[]> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(500)) {
    const known = alerts.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
    if (known.length > 0) return known.map(({ labels }) => labels.alertname);
  }
  throw new Error(`no alert has come to ${url}`);
}

test('a firing alert comes to every related Alertmanager', async () => {
  await using first = await startAlertmanager(program, CONFIG);
  await using second = await startAlertmanager(program, CONFIG);
  const alertmanagers = [first.url, second.url].toSorted();
  await using mimir = await startMimir('127.78.90.2', { neighbours: { alertmanagers } }, IMPATIENT);
  const rules = `${mimir.url}/prometheus/config/v1/rules/always`;
  expect(await fetch(rules, { method: 'POST', body: RULE })).toMatchObject({ status: 202 });
  expect(await alertsAt(first.url)).toEqual(['Always']);
  expect(await alertsAt(second.url)).toEqual(['Always']);
}, 300_000);
