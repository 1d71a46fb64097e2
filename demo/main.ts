/**
 * `make demo`: from a clone to a running Mimir with data in it, on one machine, in one command. Every step is a
 * command that a user could type, and is shown as such.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { remoteWrite } from '../test/support/remote-write.ts';
import { image, peer } from '../tools/peers.ts';
import { chart } from './chart.ts';
import { background, jujuLocal, show } from './juju-local.ts';
import { type Load, makeLoad } from './load.ts';
import { packCharms } from './pack.ts';
import { freePort } from './ports.ts';
import { query, queryRange } from './query.ts';
import { elapsed, good, line, output, step } from './terminal.ts';

const ROOT = join(import.meta.dirname, '..');
const ALL_ACTIVE = 'forEach(applications, app => app.status=="active")';
const PROMQL = 'avg(demo_temperature_celsius)';

try {
  await demo();
} catch (error) {
  console.error(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
  console.error('Look at the model with "bin/juju-local status" and "bin/juju-local debug-log --replay";');
  console.error('end it with "bin/juju-local destroy-model --no-prompt", then run make demo again.');
  process.exitCode = 1;
}

async function demo(): Promise<void> {
  await clearOldDemo();

  step(
    'Building the real programs (Mimir, MinIO, Pebble): the first time takes minutes, then they are cached',
  );
  for (const name of ['pebble', 'podbox', 'jujuc', 'minio', 'mimir'] as const) await peer(name);
  good('Mimir, MinIO and Pebble are there');

  step('Packing the charms');
  const charms = await packCharms();
  for (const charm of [charms.mimir, charms.minio]) good(charm.replace(`${ROOT}/`, ''));

  step('Deploying one MinIO and two Mimirs, as juju would on Kubernetes');
  await show('deploy', charms.minio, '--resource', `minio-image=${await image('minio')}`, '--trust');
  await show(
    'deploy',
    charms.mimir,
    '-n',
    '2',
    '--resource',
    `mimir-image=${await image('mimir')}`,
    '--trust',
  );
  await show('integrate', 'mimir-k8s:s3', 'minio-k8s:s3');
  await show('wait-for', 'model', 'local', '--query', ALL_ACTIVE, '--timeout', '120s');
  good(`every unit is active after ${elapsed()} s`);

  const port = await freePort(9009);
  const consolePort = await freePort(9001);
  background('forward', 'mimir-k8s', `${port}:9009`);
  background('forward', 'minio-k8s', `${consolePort}:9001`);
  const mimir = `http://127.0.0.1:${port}`;
  await reachable(`${mimir}/ready`);

  step("Writing samples through Mimir's remote-write endpoint, and reading them back with PromQL");
  const load = makeLoad(Date.now());
  await remoteWrite(`${mimir}/api/v1/push`, load.series);
  good(`wrote ${load.samples} samples of ${load.series.length} series`);
  await checkNumbers(`${mimir}/prometheus`, load);

  step('Uploading a recording and an alerting rule, with an action');
  const rules = await readFile(join(import.meta.dirname, 'rules.yaml'), 'utf8');
  const file = { value: `rules=${rules}`, shown: 'rules="$(cat demo/rules.yaml)"' };
  output(await show('run', 'mimir-k8s/leader', 'upload-rules', 'namespace=demo', file));

  step('Flushing the ingesters, and looking for the blocks in the bucket');
  for (const unit of ['mimir-k8s/0', 'mimir-k8s/1']) output(await show('run', unit, 'flush-ingesters'));
  const blocks = await show(
    ...['ssh', '--container', 'minio', 'minio-k8s/0'],
    ...['find', '/data', '-path', '*/blocks/*', '-name', 'meta.json'],
  );
  output(blocks);
  if (!blocks.includes('meta.json')) throw new Error('no block has reached the bucket');
  good(`${blocks.trim().split('\n').length} blocks lie in the bucket`);

  await summary(mimir, consolePort, load);
}

/** The model of an earlier demo makes room; anything else in the default folder is the user's own. */
async function clearOldDemo(): Promise<void> {
  const status = await jujuLocal('status', '--format', 'json').catch(() => '');
  if (status === '') return;
  const apps = Object.keys(Object(JSON.parse(status)).applications ?? {});
  if (apps.some((app) => app !== 'mimir-k8s' && app !== 'minio-k8s')) {
    throw new Error(
      `a model with ${apps.join(', ')} runs in ./.juju-local; end it with "bin/juju-local destroy-model", or use it as it is`,
    );
  }
  await show('destroy-model', '--no-prompt');
}

async function reachable(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

/** Every sample must come back: their count and their sum over the whole range. */
async function checkNumbers(base: string, load: Load): Promise<void> {
  const expected = { count: load.samples, sum: load.sum };
  for (const [word, value] of Object.entries(expected)) {
    const expression = `sum(${word}_over_time(demo_temperature_celsius[1h]))`;
    const [answer] = await query(base, expression, load.to);
    const got = answer?.points[0]?.[1];
    if (got === undefined || Math.abs(got - value) > 1e-6 * Math.abs(value)) {
      throw new Error(`${expression} is ${got}, and ${value} were written`);
    }
    good(`${expression} = ${got}, as written`);
  }
}

async function summary(mimir: string, consolePort: number, load: Load): Promise<void> {
  step('Done');
  output(await show('status'));
  line('');
  const [series] = await queryRange(`${mimir}/prometheus`, PROMQL, { ...load, stepSeconds: 15 });
  const values = series?.points.map(([, value]) => value) ?? [];
  output(chart(values, { title: PROMQL, from: clock(load.from), to: clock(load.to) }).join('\n'));
  line('');
  line(`Mimir's pages      ${mimir}/`);
  line(`Prometheus API     ${mimir}/prometheus  (a data source for Grafana)`);
  line(`Alertmanager       ${mimir}/alertmanager/`);
  line(`MinIO's console    http://127.0.0.1:${consolePort}/`);
  line('');
  line('Try              bin/juju-local run mimir-k8s/0 show-stats');
  line('                 bin/juju-local config mimir-k8s log-level=debug');
  line('                 bin/juju-local debug-log');
  line('End it with      bin/juju-local destroy-model --no-prompt');
  line('');
  line(`The demo took ${elapsed()} s.`);
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 5);
}
