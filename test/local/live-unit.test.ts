/** Live units as tests: taken or recorded in the local model, run on or again in process. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { detourHttp, HttpClient } from 'charmwright/http';
import { parseSnapshot } from 'charmwright/snapshot';
import { context, loadState, parseRecording, replay, type State, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mimir } from '../../charm/charm.ts';
import { charm as minio } from '../../minio/charm/charm.ts';
import { S3_ENDPOINTS, TestModel } from '../support/local-model.ts';
import { detour } from '../support/minio-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const MINIO_FILES = ['--file', 'minio:/etc/minio'];
const MIMIR_FILES = ['/data/conf', '/data/ingester-tokens.json', '/var/lib/mimir-charm'].flatMap((path) => [
  '--file',
  `mimir:${path}`,
]);

let model: TestModel;

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMimir({ units: 2, config: { 'replication-factor': '1' } });
  await model.deployMinio();
  await model.integrate();
  await model.untilActive();
});

afterAll(() => model[Symbol.asyncDispose]());

/** Gives the file. */
async function taken(unit: string, ...flags: string[]): Promise<string> {
  const out = join(model.dir, `${unit.replace('/', '-')}.json`);
  await juju('snapshot', unit, '--out', out, ...flags);
  return out;
}

/** Goes by the text of the plan, which is YAML there and JSON here. */
const KNOWN_OF_WORKLOAD = /^\/var\/lib\/(charmwright|mimir-charm)\//;

/** Without what framework and charm know of the workload. */
function settled(world: State): State {
  const { containers, ...rest } = stateOf(world);
  const others = <T>(paths: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(paths).filter(([path]) => !KNOWN_OF_WORKLOAD.test(path)));
  const kept = Object.entries(containers).map(([name, container]) => {
    const { files, attributes } = container;
    return [name, { ...container, files: others(files), attributes: others(attributes) }] as const;
  });
  return { ...rest, containers: Object.fromEntries(kept) };
}

/** Requests to the model's own addresses go there; they are signed for the host they name. */
function detours(origins: Readonly<Record<string, string>>): () => void {
  return detourHttp((target, request, send) => {
    const to = 'origin' in target ? origins[target.origin] : undefined;
    if (to === undefined || !('origin' in target)) return send();
    const { host } = new URL(target.origin);
    return new HttpClient({ origin: to }).send({ ...request, headers: { host, ...request.headers } });
  });
}

const writes =
  /^(relation-set|state-set|state-delete|secret-(add|set|grant|revoke|remove)|(open|close)-port)$/;

describe('a unit that rests', () => {
  test('MinIO: its next update-status changes nothing in process either', async () => {
    const live = loadState(await taken('minio-k8s/0', '--secrets', ...MINIO_FILES));
    const way = detour('http://127.0.0.1:9000', await model.forward('minio-k8s/0', 9000));
    try {
      const after = await context(minio).run('update-status', live);
      expect(after.unitStatus).toEqual(live.unitStatus);
      expect(after.unitStatus.name).toBe('active');
      expect(after.serviceStarts).toEqual([]);
      expect(after.hookTools.filter(({ tool }) => writes.test(tool))).toEqual([]);
      expect(settled(after)).toEqual(settled(live));
    } finally {
      await way.end();
    }
  });

  test.each(['mimir-k8s/0', 'mimir-k8s/1'])('%s: leader or not, it stays as it is', async (unit) => {
    const live = loadState(await taken(unit, '--secrets', ...MIMIR_FILES));
    const { address } = await model.unit(unit);
    const end = detours({
      'http://minio-k8s.local.svc.cluster.local:9000': await model.forward('minio-k8s', 9000),
      [`http://${address}:9009`]: await model.forward(unit, 9009),
    });
    try {
      const after = await context(mimir).run('update-status', live);
      expect(after.unitStatus).toEqual({ name: 'active', message: '' });
      expect(after.serviceStarts).toEqual([]);
      expect(after.hookTools.filter(({ tool }) => writes.test(tool))).toEqual([]);
      expect(settled(after)).toEqual(settled(live));
    } finally {
      end();
    }
  });

  test('it is the state the operator sees', async () => {
    const live = loadState(await taken('mimir-k8s/1'));
    const { version } = (await model.status()).applications['mimir-k8s'] ?? {};
    expect(live).toMatchObject({
      leader: false,
      unitNumber: 1,
      plannedUnits: 2,
      config: { 'replication-factor': 1 },
      ports: ['9009/tcp'],
      workloadVersion: version,
      storages: [{ id: 'data/1', kind: 'filesystem' }],
    });
    const peers = live.relations.find(({ endpoint }) => endpoint === 'mimir-peers');
    expect(peers?.isPeer).toBe(true);
    expect(Object.keys(peers?.remoteUnits ?? {})).toEqual(['0']);
    const s3 = live.relations.find(({ endpoint }) => endpoint === 's3');
    // Only the leader may read it; it was asked.
    expect(s3?.localAppData).toMatchObject({ bucket: 'local-mimir-k8s' });
    expect(s3?.remoteAppData['secret-extra']).toMatch(/^secret:/);
    expect(live.containers.mimir?.services).toEqual({ mimir: 'active' });
  });

  test('taking it has changed nothing: no hook ran, nothing became tracked', async () => {
    const before = await readFile(await taken('mimir-k8s/0'), 'utf8');
    const again = await readFile(await taken('mimir-k8s/0'), 'utf8');
    const timeless = (text: string) => ({ ...parseSnapshot(text, 'the file'), taken: '' });
    expect(timeless(again)).toEqual(timeless(before));
  });
});

/** As a user types it. */
async function juju(...words: string[]): Promise<string> {
  const command = promisify(execFile)(join(ROOT, 'bin/juju-local'), ['--model-dir', model.dir, ...words], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return (await command).stdout;
}

const RECORD = ['CHARMWRIGHT_RECORD=-', 'JUJU_DISPATCH_PATH=hooks/update-status', './dispatch'];

describe('a recorded dispatch', () => {
  test('Mimir: an update-status of its own, recorded by one command, is the same again', async () => {
    const text = await juju(
      'exec',
      '--unit',
      'mimir-k8s/1',
      '--',
      'CHARMWRIGHT_RECORD_SECRETS=true',
      ...RECORD,
    );
    const again = await replay(mimir, parseRecording(text, 'the recording'));
    expect(again.differences).toEqual([]);
    expect(again.calls.map(({ call }) => call)).toContain('mimir: planYaml');
  });

  test('MinIO: what it asks of its server is recorded, too', async () => {
    const text = await juju(
      'exec',
      '--unit',
      'minio-k8s/0',
      '--',
      'CHARMWRIGHT_RECORD_SECRETS=true',
      ...RECORD,
    );
    const again = await replay(minio, parseRecording(text, 'the recording'), {
      charmDir: join(ROOT, 'minio'),
    });
    expect(again.differences).toEqual([]);
    expect(again.calls.some(({ call }) => call.startsWith('GET http://127.0.0.1:9000/minio/'))).toBe(true);
  });

  test('without more words there is no secret in it', async () => {
    const open = parseSnapshot(
      await readFile(await taken('minio-k8s/0', '--secrets'), 'utf8'),
      'the open file',
    );
    const root = open.state.secrets.find(({ label }) => label === 'root')?.revisions[0]?.content.password;
    const text = await juju('exec', '--unit', 'minio-k8s/0', '--', ...RECORD);
    expect(root).toMatch(/^\w{40}$/);
    expect(text).not.toContain(root);
    expect(parseRecording(text, 'the recording').exitCode).toBe(0);
  });

  test('a folder in the charm records whatever comes, until it is taken away', async () => {
    const folder = '.charmwright-recordings';
    await juju('exec', '--unit', 'mimir-k8s/0', '--', `mkdir ${folder}`);
    await model.config({ 'log-level': 'debug' });
    await model.untilActive();
    const text = await juju('exec', '--unit', 'mimir-k8s/0', '--', `cat ${folder}/*-config-changed.json`);
    await juju('exec', '--unit', 'mimir-k8s/0', '--', `rm -r ${folder}`);
    const { environment, calls } = parseRecording(text, 'the recording');
    expect(environment.JUJU_HOOK_NAME).toBe('config-changed');
    expect(calls.some((call) => call.kind === 'pebble' && call.method === 'push')).toBe(true);
  });
});

describe('what nobody else may read', () => {
  test('no secret value stands in the file, and equal values stay equal', async () => {
    const open = parseSnapshot(
      await readFile(await taken('minio-k8s/0', '--secrets', ...MINIO_FILES), 'utf8'),
      'the open file',
    );
    const text = await readFile(await taken('minio-k8s/0', ...MINIO_FILES), 'utf8');
    // Not the accounts' names: one of them is the label of its secret.
    const values = open.state.secrets.flatMap(({ revisions }) =>
      revisions.flatMap(({ content }) => [content.password ?? [], content['secret-key'] ?? []].flat()),
    );
    expect(values).toHaveLength(2);
    for (const value of values) expect(text).not.toContain(value);
    const { masked, state } = parseSnapshot(text, 'the masked file');
    expect(Object.values(masked)).toContain('secret root, password');
    const root = state.secrets.find(({ label }) => label === 'root')?.revisions[0]?.content;
    expect(root?.password).toBe('masked-root-password');
    expect(state.containers.minio?.files['/etc/minio/root.env']?.text).toBe(
      `MINIO_ROOT_USER=${root?.username}\nMINIO_ROOT_PASSWORD=${root?.password}\n`,
    );
  });

  test('a grant is kept with the relation that it goes through', async () => {
    const { secrets, relations } = loadState(await taken('minio-k8s/0'));
    const s3 = relations.find(({ endpoint }) => endpoint === S3_ENDPOINTS[1].split(':')[1]);
    const granted = secrets.filter(({ grants }) => grants.length > 0);
    expect(granted.map(({ grants }) => grants)).toEqual([[{ relationId: s3?.id }]]);
  });
});

test('a unit that is not there is named', async () => {
  await expect(taken('mimir-k8s/7')).rejects.toThrow(/unit "mimir-k8s\/7" not found/);
});
