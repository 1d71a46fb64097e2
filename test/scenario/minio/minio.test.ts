/** Hooks of the MinIO charm, with a real MinIO behind its port. */
import { active, blocked, waiting } from 'charmwright';
import { container, findContainer, findRelation, findSecret, relation, stateOf } from 'charmwright/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MinioApi } from '../../../minio/charm/minio-api.ts';
import { type Detour, detour, type MinioServer, startMinio } from '../../support/minio-server.ts';
import { keysOf, minio, REGION, ROOT, v0, v1, world } from './world.ts';

let server: MinioServer;
let way: Detour;
let api: MinioApi;

beforeAll(async () => {
  server = await startMinio(ROOT, REGION);
  way = detour('http://127.0.0.1:9000', server.url);
  api = new MinioApi({ url: server.url, region: REGION, credentials: ROOT });
}, 300_000);

afterAll(async () => {
  await way.end();
  await server.stop();
});

beforeEach(() => way.limit(Number.POSITIVE_INFINITY));

const ready = { kind: 'pebble-ready', container: 'minio' } as const;
const started = async (input: Parameters<typeof world>[0] = {}) => minio.run(ready, world(input));
const reaches = async (outcome: Parameters<typeof keysOf>[0], relationId: number, bucket: string) => {
  const keys = keysOf(outcome, relationId);
  return keys !== undefined && api.reaches(keys, bucket);
};

describe('starting MinIO', () => {
  test('before there is a container, the leader makes root credentials and waits', async () => {
    const after = await minio.run(
      'install',
      world({ secrets: [], containers: [container('minio', { canConnect: false })] }),
    );
    expect(after.unitStatus).toEqual(waiting('[minio] waiting for Pebble in the container'));
    const { owner, revisions } = findSecret(after, 'root');
    expect(owner).toBe('application');
    expect(revisions[0]?.content).toEqual({
      username: 'minio-root',
      password: expect.stringMatching(/^[A-Za-z][A-Za-z0-9]{39}$/),
    });
  });

  test('once its container is there, MinIO runs with the credentials in a file for root alone', async () => {
    const after = await started();
    expect(after.unitStatus).toEqual(active());
    expect(after.serviceStarts).toEqual(['minio/minio']);
    const { files, attributes } = findContainer(after, 'minio');
    expect(files['/etc/minio/root.env']).toBe(
      `MINIO_ROOT_USER=${ROOT.accessKey}\nMINIO_ROOT_PASSWORD=${ROOT.secretKey}\n`,
    );
    expect(attributes['/etc/minio/root.env']).toMatchObject({ permissions: 0o600 });
    expect(after.ports).toEqual(['9000/tcp', '9001/tcp']);
    expect(after.workloadVersion).not.toBe('');
  });

  test('nothing is written and nothing restarts when nothing has changed', async () => {
    const first = await started({ relations: [v1(1, 'quiet')] });
    const before = await minio.run('update-status', first);
    const after = await minio.run('update-status', before);
    expect(after.serviceStarts).toEqual([]);
    expect(stateOf(after)).toEqual(stateOf(before));
    expect(after.hookTools.length).toBeLessThanOrEqual(9);
  });

  test('another region restarts MinIO', async () => {
    const before = await started();
    // The server of this test stays in its region and refuses the new one, which is all one here.
    const after = await minio.run('config-changed', { ...before, config: { region: 'eu-1' } });
    expect(after.serviceStarts).toEqual(['minio/minio']);
  });

  test('a region that cannot be one is named, and MinIO runs on', async () => {
    const before = await started();
    const after = await minio.run('config-changed', { ...before, config: { region: 'Not A Region' } });
    expect(after.unitStatus.message).toContain('[config] region="Not A Region"');
    expect(after.containers).toEqual(before.containers);
  });

  test('a MinIO that exits at once is said, and tried again at the next event', async () => {
    const failing = container('minio', { startFailures: { minio: 'FATAL unable to write to /data' } });
    const after = await started({ containers: [failing] });
    expect(after.unitStatus).toEqual(
      blocked('[minio] MinIO does not start: its last words are in juju debug-log'),
    );
    expect(after.logs.some(({ message }) => message.includes('unable to write'))).toBe(true);
    const mended = { ...findContainer(after, 'minio'), startFailures: {} };
    const later = await minio.run('update-status', { ...after, containers: { minio: mended } });
    expect(later.unitStatus).toEqual(active());
  });

  test('a second unit runs nothing and says so', async () => {
    const after = await minio.run(ready, world({ leader: false, unitNumber: 1, plannedUnits: 2 }));
    expect(after.serviceStarts).toEqual([]);
    expect(findContainer(after, 'minio').files).not.toHaveProperty(['/etc/minio/root.env']);
    expect(after.unitStatus.name).toBe('blocked');
    expect(after.unitStatus.message).toContain('juju scale-application minio-k8s 1');
  });

  test('unit 0 serves also when another unit leads', async () => {
    const after = await started({ leader: false });
    expect(after.serviceStarts).toEqual(['minio/minio']);
  });
});

describe('an application that integrates', () => {
  test('in version 1 gets its bucket, and a secret with keys that reach it and nothing else', async () => {
    await api.createBucket('somebody-elses');
    const after = await started({ relations: [v1(10, 'ten')] });
    const uri = findRelation(after, 10).localAppData['secret-extra'];
    expect(findRelation(after, 10).localAppData).toEqual({
      version: '1',
      'lib-version': '1.0',
      endpoint: 'http://minio-k8s.m.svc.cluster.local:9000',
      bucket: 'ten',
      region: 'us-east-1',
      's3-uri-style': 'path',
      'secret-extra': expect.stringMatching(/^secret:[0-9a-v]{20}$/),
    });
    expect(findSecret(after, String(uri).replace('secret:', '')).grants).toEqual([{ relationId: 10 }]);
    expect(await reaches(after, 10, 'ten')).toBe(true);
    expect(await reaches(after, 10, 'somebody-elses')).toBe(false);
  });

  test('in version 0 gets the keys in its databag', async () => {
    const after = await started({ relations: [v0(11, 'eleven')] });
    expect(findRelation(after, 11).localAppData).not.toHaveProperty('secret-extra');
    expect(await reaches(after, 11, 'eleven')).toBe(true);
  });

  test('without a wish for a name gets a bucket named after the relation', async () => {
    const silent = relation('s3', {
      id: 12,
      remoteAppData: { version: '1', 'requested-secrets': '["access-key"]' },
    });
    const after = await started({ relations: [silent] });
    expect(await reaches(after, 12, 'relation-12')).toBe(true);
  });

  test('that has written nothing yet gets the version, and an account when it has asked', async () => {
    const before = await started({ relations: [relation('s3', { id: 13 })] });
    expect(findRelation(before, 13).localAppData).toEqual({ version: '1', 'lib-version': '1.0' });
    const asked = {
      ...before,
      relations: [{ ...findRelation(before, 13), remoteAppData: { bucket: 'thirteen' } }],
    };
    const after = await minio.run({ kind: 'relation-changed', relation: 13 }, asked);
    expect(await reaches(after, 13, 'thirteen')).toBe(true);
  });

  test('keeps what it was told while MinIO is away', async () => {
    const before = await started({ relations: [v1(14, 'fourteen')] });
    way.limit(0);
    const after = await minio.run('update-status', before);
    expect(after.unitStatus).toEqual(waiting('[minio] waiting for MinIO to answer'));
    expect(after.relations).toEqual(before.relations);
  });

  test('gets the keys of its secret back in MinIO, when somebody has changed them there', async () => {
    const before = await started({ relations: [v1(15, 'fifteen')] });
    await api.putUser(
      { accessKey: 'juju-relation-15', secretKey: 'changed-by-somebody' },
      'juju-relation-15',
    );
    expect(await reaches(before, 15, 'fifteen')).toBe(false);
    const after = await minio.run('update-status', before);
    expect(await reaches(after, 15, 'fifteen')).toBe(true);
    expect(keysOf(after, 15)).toEqual(keysOf(before, 15));
  });

  test('moves to another bucket when it asks for one, and the first one stays', async () => {
    const before = await started({ relations: [v1(16, 'sixteen')] });
    const moved = { ...findRelation(before, 16), remoteAppData: { bucket: 'sixteen-b', version: '1' } };
    const after = await minio.run(
      { kind: 'relation-changed', relation: 16 },
      { ...before, relations: [moved] },
    );
    expect(await reaches(after, 16, 'sixteen-b')).toBe(true);
    expect(await reaches(after, 16, 'sixteen')).toBe(false);
    expect((await api.buckets()).map(({ name }) => name)).toContain('sixteen');
  });

  test('loses its account when it goes, and its bucket stays', async () => {
    const before = await started({ relations: [v1(17, 'seventeen'), v0(18, 'eighteen')] });
    const keys = keysOf(before, 17);
    const after = await minio.run({ kind: 'relation-broken', relation: 17 }, before);
    expect(after.secrets.map(({ label }) => label)).toEqual(['root', 'juju-relation-18']);
    expect(keys && (await api.reaches(keys, 'seventeen'))).toBe(false);
    expect(await api.policies()).not.toHaveProperty('juju-relation-17');
    expect(await reaches(after, 18, 'eighteen')).toBe(true);
    expect((await api.buckets()).map(({ name }) => name)).toContain('seventeen');
  });

  test('loses its account later, when MinIO was away as it went', async () => {
    const before = await started({ relations: [v1(19, 'nineteen')] });
    way.limit(0);
    const between = await minio.run({ kind: 'relation-broken', relation: 19 }, before);
    way.limit(Number.POSITIVE_INFINITY);
    const after = await minio.run('update-status', between);
    expect(await api.policies()).not.toHaveProperty('juju-relation-19');
    expect(after.secrets.map(({ label }) => label)).toEqual(['root']);
    expect(after.unitStatus).toEqual(active());
  });
});

describe('hostile and mistaken requests', () => {
  test.each([
    ['a path', { bucket: '../../data' }],
    ['a wildcard', { bucket: '*' }],
    ['a name too long to show', { bucket: 'x'.repeat(900) }],
    ['no JSON where there must be some', { bucket: 'fine', 'requested-secrets': '[[[' }],
    ['a bucket that is a megabyte', { bucket: 'y'.repeat(1_000_000) }],
  ])('%s: that relation gets nothing, the others what they need', async (_what, remoteAppData) => {
    const evil = relation('s3', { id: 30, remoteApp: 'evil', remoteAppData });
    const after = await started({ relations: [evil, v1(31, 'thirty-one')] });
    expect(after.unitStatus.name).toBe('blocked');
    expect(after.unitStatus.message).toContain('s3:30');
    expect(after.unitStatus.message.length).toBeLessThan(300);
    expect(findRelation(after, 30).localAppData).toEqual({ version: '1', 'lib-version': '1.0' });
    expect(await reaches(after, 31, 'thirty-one')).toBe(true);
  });

  test('a bucket that another has is not given away, and becomes free when the other goes', async () => {
    const before = await started({ relations: [v1(32, 'wanted', 'first'), v1(33, 'wanted', 'second')] });
    expect(before.unitStatus.message).toContain('second asks for bucket "wanted", which first has (s3:32)');
    expect(keysOf(before, 33)).toBeUndefined();
    const after = await minio.run({ kind: 'relation-broken', relation: 32 }, before);
    expect(after.unitStatus).toEqual(active());
    expect(await reaches(after, 33, 'wanted')).toBe(true);
  });

  test('a request that turns bad takes the account away, and gives it back when it is good again', async () => {
    const before = await started({ relations: [v1(34, 'thirty-four')] });
    const bad = { ...findRelation(before, 34), remoteAppData: { bucket: 'BAD' } };
    const between = await minio.run(
      { kind: 'relation-changed', relation: 34 },
      { ...before, relations: [bad] },
    );
    expect(keysOf(between, 34)).toBeUndefined();
    const good = { ...findRelation(between, 34), remoteAppData: { bucket: 'thirty-four' } };
    const after = await minio.run(
      { kind: 'relation-changed', relation: 34 },
      { ...between, relations: [good] },
    );
    expect(await reaches(after, 34, 'thirty-four')).toBe(true);
  });
});

describe('rotating keys', () => {
  test('gives every application a new key: a new revision of the secret, or another databag', async () => {
    const before = await started({ relations: [v1(40, 'forty'), v0(41, 'forty-one')] });
    const { results, state: after } = await minio.runAction('rotate-credentials', {}, before);
    expect(results).toMatchObject({ rotated: '2', relations: '40,41' });
    for (const [id, bucket] of [
      [40, 'forty'],
      [41, 'forty-one'],
    ] as const) {
      const old = keysOf(before, id);
      expect(await reaches(after, id, bucket)).toBe(true);
      expect(old && (await api.reaches(old, bucket))).toBe(false);
    }
    expect(findRelation(after, 40).localAppData).toEqual(findRelation(before, 40).localAppData);
  });

  test('of one relation leaves the others alone', async () => {
    const before = await started({ relations: [v1(42, 'forty-two'), v1(43, 'forty-three')] });
    const { state: after } = await minio.runAction('rotate-credentials', { 'relation-id': 42 }, before);
    expect(keysOf(after, 42)).not.toEqual(keysOf(before, 42));
    expect(keysOf(after, 43)).toEqual(keysOf(before, 43));
  });

  test('of a relation that has none fails with those that have', async () => {
    const before = await started({ relations: [v1(44, 'forty-four')] });
    const { failed } = await minio.runAction('rotate-credentials', { 'relation-id': 9 }, before);
    expect(failed).toBe('relation 9 has no credentials; those that have: 44');
  });

  test('is for the leader', async () => {
    const { failed } = await minio.runAction('rotate-credentials', {}, world({ leader: false }));
    expect(failed).toContain('juju run minio-k8s/leader rotate-credentials');
  });

  test('lets go of the old revision, and drops it when nobody else reads it either', async () => {
    const before = await started({ relations: [v1(45, 'forty-five')] });
    const { state } = await minio.runAction('rotate-credentials', {}, before);
    const rotated = await minio.run('update-status', state);
    expect(findSecret(rotated, 'juju-relation-45').tracked).toBe(2);
    const event = { kind: 'secret-remove', secret: 'juju-relation-45', revision: 1 } as const;
    const after = await minio.run(event, rotated);
    expect(findSecret(after, 'juju-relation-45').revisions.map(({ revision }) => revision)).toEqual([2]);
    expect(await reaches(after, 45, 'forty-five')).toBe(true);
  });
});

describe('actions on buckets', () => {
  test('create one, once, and list it', async () => {
    const before = await started();
    expect((await minio.runAction('create-bucket', { name: 'by-hand' }, before)).results).toEqual({
      bucket: 'by-hand',
      created: 'true',
    });
    expect((await minio.runAction('create-bucket', { name: 'by-hand' }, before)).results).toMatchObject({
      created: 'false',
    });
    const { results } = await minio.runAction('list-buckets', {}, before);
    expect(JSON.parse(String(results.buckets))).toContainEqual({
      name: 'by-hand',
      created: expect.any(String),
      objects: 0,
      bytes: 0,
    });
  });

  test('refuse a bad name, and say when MinIO is away', async () => {
    const before = await started();
    expect((await minio.runAction('create-bucket', { name: 'No Good' }, before)).failed).toContain(
      '"No Good"',
    );
    way.limit(0);
    expect((await minio.runAction('list-buckets', {}, before)).failed).toContain('does not answer');
  });
});

describe('a hook that is cut short', () => {
  const relations = [v1(50, 'fifty'), v0(51, 'fifty-one')];
  const settled = async (outcome: Parameters<typeof keysOf>[0]) => {
    expect(outcome.unitStatus).toEqual(active());
    expect(await reaches(outcome, 50, 'fifty')).toBe(true);
    expect(await reaches(outcome, 51, 'fifty-one')).toBe(true);
    expect(outcome.secrets.map(({ label }) => label)).toEqual([
      'root',
      'juju-relation-50',
      'juju-relation-51',
    ]);
  };

  test('by kill -9 at any call ends the same when it runs again', async () => {
    const whole = await started({ relations });
    const effects = whole.hookTools.length + whole.pebbleCalls.length;
    expect(effects).toBeGreaterThan(20);
    for (let call = 1; call <= effects; call += 1) {
      const killed = await minio.run(ready, world({ relations }), { killAfterEffect: call });
      await settled(await minio.run(ready, killed));
    }
  });

  test('by MinIO going away at any request ends the same at the next event', async () => {
    const silent = relations.map((each) => ({ ...each, remoteAppData: {} }));
    const asking = ({ id }: { readonly id: number }) =>
      relations.find((each) => each.id === id)?.remoteAppData ?? {};
    const fresh = async () => {
      way.limit(Number.POSITIVE_INFINITY);
      const before = await minio.run(ready, world({ relations: silent }));
      way.limit(Number.POSITIVE_INFINITY);
      const asked = before.relations.map((each) => ({ ...each, remoteAppData: asking(each) }));
      return { ...before, relations: asked };
    };
    await minio.run('config-changed', await fresh());
    const requests = way.requests;
    expect(requests).toBeGreaterThan(6);
    for (let count = 0; count < requests; count += 1) {
      const before = await fresh();
      way.limit(count);
      const cut = await minio.run('config-changed', before);
      expect(cut.unitStatus).toEqual(waiting('[minio] waiting for MinIO to answer'));
      way.limit(Number.POSITIVE_INFINITY);
      await settled(await minio.run('update-status', cut));
    }
  });
});

test('no secret key is in a log, a status, or a databag of version 1', async () => {
  const before = await started({ relations: [v1(60, 'sixty')] });
  const { state: after } = await minio.runAction('rotate-credentials', {}, before);
  const said = JSON.stringify(
    [before, after].map(({ logs, stderr, unitStatusHistory, relations, stored, memory, containers }) => {
      const layers = Object.values(containers).map((each) => each.layers);
      return { logs, stderr, unitStatusHistory, relations, stored, memory, layers };
    }),
  );
  for (const keys of [ROOT, keysOf(before, 60), keysOf(after, 60)]) {
    expect(keys).toBeDefined();
    expect(said).not.toContain(keys?.secretKey);
  }
});
