/**
 * Options that are out of range, and an Alertmanager configuration that Mimir itself refuses: the unit names the
 * option, the value and what is allowed, and Mimir runs on as it was. One unit on its own disk is enough for it.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';

const UNIT = 'mimir-k8s/0';
const KEPT = '; the last good configuration stays in use$';

let model: TestModel;
let mimir: string;
let started: string;
let batch: Batch;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMimir();
  await model.untilActive();
  mimir = await model.forward(UNIT, 9009);
  started = await startTime(mimir);
  batch = await writeBatch(mimir, 'before');
});

afterAll(() => model[Symbol.asyncDispose]());

/** No hook fails, and Mimir has what it had. */
afterEach(async () => {
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
  await expectWhole(mimir, batch);
});

test.each([
  ['tsdb-block-retention-period', '12h', 'a duration of at least 13h'],
  ['tsdb-block-retention-period', '0', 'a duration of at least 13h'],
  ['metrics-retention-period', '30', '0 \\(for ever\\), or a duration of at least 2h'],
  ['metrics-retention-period', '300y', '0 \\(for ever\\), or a duration of at least 2h'],
  ['metrics-retention-period', '1h\ntarget: none', '0 \\(for ever\\), or a duration of at least 2h'],
  ['max-global-exemplars-per-user', '-1', 'a whole number from 0'],
  ['max-global-series-per-user', '2000000000', 'a whole number from 0'],
  ['ingestion-rate', '0', 'a whole number from 1'],
  ['replication-factor', '2', '1, 3 or 5'],
  ['log-level', 'loud', 'debug, info, warn or error'],
  ['alertmanager-templates', '{{ define "a" }}b{{ end }}', 'empty while alertmanager-config is empty'],
])('%s=%j is refused by name, and Mimir runs on', async (option, value, allowed) => {
  await model.config({ [option]: value });
  await model.untilUnit(
    UNIT,
    'blocked',
    new RegExp(`^\\[config\\] ${option}=.*: must be ${allowed}.*${KEPT}`),
  );
  await model.config({}, [option]);
  await model.untilActive();
  expect(await startTime(mimir)).toBe(started);
});

test('values of another type are refused before any hook runs', async () => {
  await expect(model.config({ multitenancy: 'perhaps' })).rejects.toThrow(
    'option "multitenancy" expected boolean, got "perhaps"',
  );
  await expect(model.config({ 'ingestion-rate': 'fast' })).rejects.toThrow('expected int, got "fast"');
});

test('all that is wrong is said at once', async () => {
  const wrong = { 'log-level': 'loud', 'ingestion-rate': '0', 'metrics-retention-period': '1s' };
  await model.config(wrong);
  await model.untilUnit(UNIT, 'blocked', /metrics-retention-period=1s.*ingestion-rate=0.*log-level=loud/);
  await model.config({}, Object.keys(wrong));
  await model.untilActive();
  expect(await startTime(mimir)).toBe(started);
});

test('an option that is wrong does not keep a new pod from starting on what was last good', async () => {
  await model.config({ 'log-level': 'loud' });
  await model.untilUnit(UNIT, 'blocked', /log-level=loud/);
  await model.client.call('kill-pod', { unit: UNIT });
  await expect
    .poll(() => startTime(mimir).catch(() => started), { timeout: 60_000, interval: 500 })
    .not.toBe(started);
  await expectWhole(mimir, batch);
  await model.untilUnit(UNIT, 'blocked', /log-level=loud/);
  started = await startTime(mimir);
  await model.config({}, ['log-level']);
  await model.untilActive();
  expect(await startTime(mimir)).toBe(started);
});

const RECEIVER = 'receivers: [{name: ops, webhook_configs: [{url: "http://u:hush@hook.invalid/"}]}]\n';

test('an Alertmanager configuration that Mimir refuses is told in its words, and the one before stays', async () => {
  await model.config({ 'alertmanager-config': `route: {receiver: ops}\n${RECEIVER}` });
  await model.untilActive();
  await model.config({ 'alertmanager-config': `route: {receiver: nobody}\n${RECEIVER}` });
  const status = await model.untilUnit(
    UNIT,
    'blocked',
    /^\[config\] alertmanager-config: .*undefined receiver "nobody".*; the last good one stays in use$/,
  );
  expect(JSON.stringify([status, await model.log()])).not.toContain('hush');
  await model.config({ 'alertmanager-config': 'route: [' });
  await model.untilUnit(UNIT, 'blocked', /^\[config\] alertmanager-config: .*yaml: line 1: .*stays in use$/);
  expect(await shownConfig()).toContain('receiver: ops');
  expect(await startTime(mimir)).toBe(started);
});

test('a template that does not parse is refused with it', async () => {
  await model.config({
    'alertmanager-config': `route: {receiver: ops}\n${RECEIVER}`,
    'alertmanager-templates': '{{ define "a" }',
  });
  await model.untilUnit(UNIT, 'blocked', /^\[config\] alertmanager-config: .*template.*stays in use$/);
  await model.config({}, ['alertmanager-templates']);
  await model.untilActive();
  expect(await shownConfig()).toContain('receiver: ops');
});

test('with all options reset Mimir has no configuration of its own, and has never been restarted for any', async () => {
  await model.config({}, ['alertmanager-config']);
  await model.untilActive();
  expect((await model.run(UNIT, 'show-alertmanager-config')).task.results).not.toMatchObject({
    config: expect.stringContaining('ops'),
  });
  expect(await startTime(mimir)).toBe(started);
});

async function shownConfig(): Promise<string> {
  const { task } = await model.run(UNIT, 'show-alertmanager-config');
  return JSON.stringify(task.results);
}
