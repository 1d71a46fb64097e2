/** The ruler's notifications, to Debian's Alertmanager. */
import { beforeAll, expect, test } from 'vitest';
import { alertsAt, startAlertmanager } from '../support/alertmanager-server.ts';
import { alertmanager } from '../support/debian.ts';
import { IMPATIENT, startMimir } from '../support/mimir-server.ts';

const CONFIG = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';
const RULE = 'name: always\ninterval: 1s\nrules: [{alert: Always, expr: vector(1)}]\n';

let program: string;
beforeAll(async () => {
  const installed = await alertmanager();
  if (installed.kind === 'absent') throw new Error(installed.why);
  program = installed.path;
});

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
