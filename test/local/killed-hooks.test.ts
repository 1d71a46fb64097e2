/**
 * The packed Mimir charm in hooks that do not live long: each is killed after its first hook tool, run again by the
 * model and killed after its second, and so on, until it lives to its end. Beside it runs the same charm in peace.
 */
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { layCharm } from '../../local/containers/charm-archive.ts';
import { expectWhole, writeBatch } from '../support/batch.ts';
import { TestModel } from '../support/local-model.ts';

const SHORT_LIVED = [
  'hooks/config-changed',
  'hooks/mimir-pebble-ready',
  'hooks/s3-relation-created',
  'hooks/s3-relation-changed',
  'actions/upload-rules',
];

/** Each run of the same thing lives for one hook tool longer than the one before. */
const DISPATCH = `#!/bin/sh
case " ${SHORT_LIVED.join(' ')} " in
  *" $JUJU_DISPATCH_PATH "*)
    runs=/tmp/runs-$(echo "$JUJU_DISPATCH_PATH" | tr / -)
    echo run >> "$runs"
    LIFE=$(wc -l < "$runs") CALLS=/tmp/calls TOOLS=$PATH
    export LIFE CALLS TOOLS
    : > "$CALLS"
    PATH=$PWD/short-lived:$PATH ;;
esac
exec ./dispatch.real
`;

/** In place of a hook tool: does what it does, and kills the charm when its time has come. */
const TOOL = `#!/bin/sh
PATH=$TOOLS "\${0##*/}" "$@"
code=$?
echo call >> "$CALLS"
if [ "$(wc -l < "$CALLS")" -ge "$LIFE" ]; then kill -9 $PPID; fi
exit $code
`;

const TOOLS =
  `action-fail action-get action-log action-set application-version-set close-port config-get goal-state
  is-leader juju-log network-get open-port opened-ports relation-get relation-ids relation-list relation-set secret-get
  secret-info-get state-delete state-get state-set status-set storage-get storage-list`.split(/\s+/);

let model: TestModel;

beforeAll(async () => {
  model = await TestModel.start();
  const resources = { 'mimir-image': inject('mimirImage') };
  const deploy = (application: string, charm: string) =>
    model.client.call('deploy', { application, charm, resources, trust: true });
  await model.deployMinio();
  await deploy('hunted', await shortLivedCharm());
  await deploy('steady', inject('mimirCharm'));
  for (const app of ['hunted', 'steady']) await model.integrate([`${app}:s3`, 'minio-k8s:s3']);
});

afterAll(() => model[Symbol.asyncDispose]());

async function shortLivedCharm(): Promise<string> {
  const folder = join(model.dir, 'short-lived-charm');
  await layCharm(inject('mimirCharm'), folder);
  await rename(join(folder, 'dispatch'), join(folder, 'dispatch.real'));
  await mkdir(join(folder, 'short-lived'));
  await executable(join(folder, 'dispatch'), DISPATCH);
  for (const tool of TOOLS) await executable(join(folder, 'short-lived', tool), TOOL);
  return folder;
}

async function executable(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** How often the model has had to begin this hook again. */
async function kills(hook: string): Promise<number> {
  const log = await model.log();
  return log.filter((line) => line.includes(`hook "${hook}"`) && line.endsWith('was terminated')).length;
}

/** What a unit has come to; what must differ between two applications is put aside. */
async function endOf(app: string): Promise<unknown> {
  const unit = await model.unit(`${app}/0`);
  const alike = (text: string) =>
    text
      .replaceAll(app, 'APP')
      .replaceAll(unit.address ?? 'no address', 'ADDRESS')
      .replaceAll(/[0-9a-f]{64}/g, 'DIGEST')
      .replaceAll(/(access_key_id|secret_access_key): .*/g, '$1: KEY');
  const exec = async (command: string) => alike(await model.exec(`${app}/0`, command));
  return {
    status: unit['workload-status'].current,
    message: unit['workload-status'].message,
    ports: unit['open-ports'],
    version: (await model.status()).applications[app]?.version,
    config: alike((await model.ssh(`${app}/0`, 'mimir', ['/bin/cat', '/data/conf/mimir.yaml'])).out),
    plan: await exec('PEBBLE_SOCKET=/charm/containers/mimir/pebble.socket /charm/bin/pebble plan'),
    toMinio: await exec(`relation-get -r $(relation-ids s3) --app - ${app}`),
    toPeers: await exec(`relation-get -r $(relation-ids mimir-peers) hostname ${app}/0`),
    agreed: await exec(`relation-get -r $(relation-ids mimir-peers) --app - ${app}`),
    state: (await exec('state-get')).match(/^[\w.-]+(?=:)/gm),
  };
}

test('hooks that are killed at every hook tool come to the end of those that are not', async () => {
  await model.untilActive(180);
  for (const hook of ['config-changed', 'mimir-pebble-ready', 's3-relation-created', 's3-relation-changed'])
    expect(await kills(hook), hook).toBeGreaterThanOrEqual(3);
  const end = await endOf('hunted');
  expect(end).toMatchObject({
    status: 'active',
    config: expect.stringContaining('local-APP'),
    plan: expect.stringContaining('MIMIR_CONFIG_DIGEST: DIGEST'),
    toMinio: expect.stringContaining('requested-secrets'),
    agreed: expect.stringContaining('replication-factor'),
  });
  expect(end).toEqual(await endOf('steady'));
  expect((await model.log()).filter((line) => /hook .* failed/.test(line))).toEqual([]);
});

test('an action that is killed at every hook tool has done all or nothing, and does it when run again', async () => {
  const rules =
    'groups: [{name: a, rules: [{record: a, expr: "1"}]}, {name: b, rules: [{record: b, expr: "2"}]}]';
  const stored = async () => (await model.run('hunted/0', 'list-rules')).task.results.groups;
  let runs = 0;
  for (let done = false; !done; runs += 1) {
    const { task } = await model.run('hunted/0', 'upload-rules', { namespace: 'n', rules });
    done = task.status === 'completed';
    expect(done ? ['2'] : ['0', '2']).toContain(await stored());
    expect(runs).toBeLessThan(20);
  }
  expect(runs).toBeGreaterThanOrEqual(3);
});

test('what they run keeps its samples through one more round', async () => {
  const url = await model.forward('hunted/0', 9009);
  const batch = await writeBatch(url, 'hunted');
  const before = await kills('config-changed');
  await model.exec('hunted/0', 'rm /tmp/runs-hooks-config-changed');
  await model.client.call('set-config', { application: 'hunted', values: { 'log-level': 'debug' } });
  await model.untilActive();
  await expectWhole(url, batch);
  expect(await kills('config-changed')).toBeGreaterThan(before);
});
