/**
 * Object storage that is wrong, goes away and comes back, with the real Mimir and the real MinIO. Whatever happens,
 * Mimir goes on if it can, the unit says what is the matter, and every sample ever written is read back in the end.
 * The tests build on one another.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Batch, expectWhole, writeBatch } from '../support/batch.ts';
import { S3_ENDPOINTS, TestModel } from '../support/local-model.ts';
import { startTime } from '../support/mimir-process.ts';
import { S3_SAYS, type S3Bag, says } from './support/s3-says.ts';
import { writeCharm } from './tiny-charm.ts';

const UNIT = 'mimir-k8s/0';
const SAYS: [string, string] = ['mimir-k8s:s3', 's3-says:s3'];
const ENDPOINT = 'http://minio-k8s.local.svc.cluster.local:9000';
/** What the charm asks for in a model of this name, so that it finds its metrics when the provider is another. */
const BUCKET = 'local-mimir-k8s';
const KEPT = '; the last good configuration stays in use$';

let model: TestModel;
let mimir: string;
/** What leads to the bucket. */
let right: S3Bag;
const written: Batch[] = [];

beforeAll(async () => {
  model = await TestModel.start();
  await model.deployMinio();
  await model.client.call('deploy', { charm: await writeCharm(model.dir, S3_SAYS) });
  await model.untilActive();
  const { out } = await model.ssh('minio-k8s/0', 'minio', ['/bin/cat', '/etc/minio/root.env']);
  const [, user = '', password = ''] = /USER=(\S+)\n.*PASSWORD=(\S+)/.exec(out) ?? [];
  right = { 'access-key': user, 'secret-key': password, bucket: BUCKET, endpoint: ENDPOINT };
});

afterAll(() => model[Symbol.asyncDispose]());

/** Nothing is ever in error, and no hook fails. */
afterEach(async () => {
  expect((await model.log()).filter((line) => /hook .* failed|panic|unhandled/i.test(line))).toEqual([]);
});

async function say(bag: S3Bag, keys = ''): Promise<void> {
  await model.client.call('set-config', { application: 's3-says', values: { data: says(bag), keys } });
}

async function write(metric: string): Promise<void> {
  written.push(await writeBatch(mimir, metric));
}

describe('a unit that starts', () => {
  test('with a wrong secret key says so', async () => {
    await say({ ...right, 'secret-key': 'wrong-secret-key' });
    await model.deployMimir();
    await model.integrate(SAYS);
    await model.untilUnit(
      UNIT,
      'blocked',
      /^\[s3\] the secret key is wrong for bucket "local-mimir-k8s" \(SignatureDoesNotMatch\): mend it at s3-says \(s3:\d+\)$/,
    );
  });

  test('with a bucket that does not exist says so, and starts by itself when there is one', async () => {
    await say(right);
    await model.untilUnit(
      UNIT,
      'blocked',
      /^\[s3\] there is no bucket "local-mimir-k8s" \(NoSuchBucket\): mend it at s3-says/,
    );
    const { task } = await model.run('minio-k8s/0', 'create-bucket', { name: BUCKET });
    expect(task.status).toBe('completed');
    await model.untilActive();
    mimir = await model.forward(UNIT, 9009);
    await write('first');
    await expectWhole(mimir, ...written);
  });
});

const HOSTILE = 'x"\n  secret_access_key: "mine';
const BIG = 'a'.repeat(1_000_000);

describe('a unit that serves', () => {
  const wrong: readonly [string, 'blocked' | 'waiting', () => S3Bag, string][] = [
    [
      'an access key that nobody knows',
      'blocked',
      () => ({ ...right, 'access-key': 'true' }),
      'InvalidAccessKeyId',
    ],
    [
      'a secret key that is YAML, which is taken as text',
      'blocked',
      () => ({ ...right, 'secret-key': `!!js {a: [&b *c]} # '"\\%@\`` }),
      'SignatureDoesNotMatch',
    ],
    [
      'a bucket that does not exist',
      'blocked',
      () => ({ ...right, bucket: 'not-there' }),
      'no bucket "not-there"',
    ],
    [
      'a port where nobody listens',
      'waiting',
      () => ({ ...right, endpoint: ENDPOINT.replace('9000', '9876') }),
      ':9876 does not answer \\(ECONNREFUSED\\): see juju status s3-says',
    ],
    [
      'an endpoint that is no S3',
      'blocked',
      () => ({ ...right, endpoint: ENDPOINT.replace('9000', '9001') }),
      ':9001 refuses bucket',
    ],
    [
      'TLS that the endpoint does not speak',
      'blocked',
      () => ({ ...right, endpoint: ENDPOINT.replace('http', 'https') }),
      'does not speak TLS',
    ],
    [
      'nothing at all',
      'waiting',
      () => ({}),
      's3-says has not given access-key, secret-key, bucket, endpoint yet',
    ],
    [
      'newlines, control characters, JSON and broken certificates',
      'blocked',
      () => ({
        'access-key': HOSTILE,
        'secret-key': 'bell\u0007',
        bucket: HOSTILE,
        endpoint: `["${ENDPOINT}"]`,
        region: '{"a": 1}',
        's3-api-version': '4.0',
        's3-uri-style': 'both',
        'tls-ca-chain': '["-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"]',
      }),
      '"endpoint" must be http.*"bucket" must be.*"region".*"s3-uri-style".*"s3-api-version".*"tls-ca-chain" certificate 1 of 1 is not.*"access-key" has control characters.*"secret-key" has control characters',
    ],
    [
      'a secret that does not exist',
      'waiting',
      () => ({ bucket: BUCKET, endpoint: ENDPOINT, 'secret-extra': 'secret:d4m7vml77bjnv6m0gp8g' }),
      'access-key, secret-key yet \\(s3:\\d+\\): its secret is not there, or not granted to mimir-k8s',
    ],
    [
      'values of a megabyte',
      'blocked',
      () => ({
        ...right,
        'access-key': BIG,
        bucket: BIG,
        endpoint: `http://${BIG}:9000`,
        'storage-class': BIG,
        'tls-ca-chain': BIG,
      }),
      '"endpoint" is too long.*"bucket" must be 3 to 63.*"tls-ca-chain" must be a JSON list.*"access-key" is too long',
    ],
  ];

  test.each(wrong)('runs on when the provider gives %s', async (_what, status, bag, words) => {
    const before = await startTime(mimir);
    await say(bag());
    const pattern = new RegExp(`^\\[s3\\] .*${words}.*${KEPT}`);
    const shown = await model.untilUnit(UNIT, status, pattern);
    expect(JSON.stringify(shown)).not.toContain('mine');
    expect(await startTime(mimir)).toBe(before);
  });

  test('runs on when the provider gives a secret and does not grant it', async () => {
    const before = await startTime(mimir);
    await say(
      { bucket: BUCKET, endpoint: ENDPOINT, 'secret-extra': 'SECRET-URI' },
      `access-key=${right['access-key']} secret-key=${right['secret-key']}`,
    );
    await model.untilUnit(UNIT, 'waiting', new RegExp(`^\\[s3\\] .*not granted to mimir-k8s${KEPT}`));
    expect(await startTime(mimir)).toBe(before);
  });

  test('takes samples all the while, and has nothing to restart for when all is right again', async () => {
    const before = await startTime(mimir);
    await write('meanwhile');
    await expectWhole(mimir, ...written);
    await say(right);
    await model.untilActive();
    expect(await startTime(mimir)).toBe(before);
  });
});

describe('the relation', () => {
  test('when removed leaves Mimir as it runs', async () => {
    const before = await startTime(mimir);
    expect((await model.run(UNIT, 'flush-ingesters')).task.status).toBe('completed');
    await model.separate(SAYS);
    await model.untilUnit(
      UNIT,
      'blocked',
      /^\[s3\] the metrics are in a bucket that is not related any more: juju integrate mimir-k8s:s3 /,
    );
    await write('alone');
    await expectWhole(mimir, ...written);
    expect(await startTime(mimir)).toBe(before);
  });

  test('may be made with another provider of the same bucket, and no sample is missing', async () => {
    await model.integrate(S3_ENDPOINTS);
    await model.untilActive();
    await expectWhole(mimir, ...written);
  });

  test('when removed and added again gives new keys, and no sample is missing', async () => {
    await model.separate(S3_ENDPOINTS);
    await model.untilUnit(UNIT, 'blocked', /^\[s3\] .* not related any more/);
    await write('keyless');
    await expectWhole(mimir, ...written);
    await model.until('the relation to be gone', ({ applications }) => {
      return Object.keys(applications['minio-k8s']?.relations ?? {}).length === 0;
    });
    await model.integrate(S3_ENDPOINTS);
    await model.untilActive();
    await expectWhole(mimir, ...written);
    expect((await model.run(UNIT, 'flush-ingesters')).task.status).toBe('completed');
  });
});

describe('MinIO', () => {
  const AWAY = /^\[s3\] minio-k8s\.local.*:9000 does not answer .*: see juju status minio-k8s \(s3:\d+\)/;
  const PEBBLE = 'PEBBLE_SOCKET=/charm/containers/minio/pebble.socket /charm/bin/pebble';

  /** For good: its charm would start it again. */
  async function stop(): Promise<void> {
    await model.ssh('minio-k8s/0', 'minio', ['/bin/mv', '/bin/minio', '/bin/minio.away']);
    await model.exec('minio-k8s/0', `${PEBBLE} stop minio`);
  }

  async function start(): Promise<void> {
    await model.ssh('minio-k8s/0', 'minio', ['/bin/mv', '/bin/minio.away', '/bin/minio']);
    await model.exec('minio-k8s/0', `${PEBBLE} start minio`);
  }

  test('that stops is missed, and Mimir takes samples and answers for them', async () => {
    const before = await startTime(mimir);
    await stop();
    await model.untilUnit(UNIT, 'waiting', AWAY);
    await write('away');
    // Queries of what is in blocks wait for the bucket.
    await expectWhole(mimir, ...written.slice(-1));
    expect(await startTime(mimir)).toBe(before);
  });

  test('that is away puts a change off which needs a restart', async () => {
    const before = await startTime(mimir);
    await model.config({ 'log-level': 'warn' });
    await model.untilUnit(UNIT, 'waiting', new RegExp(`${AWAY.source}.*${KEPT}`));
    expect(await startTime(mimir)).toBe(before);
  });

  test('that is away when Mimir`s pod is replaced keeps the unit from being active', async () => {
    await model.client.call('kill-pod', { unit: UNIT });
    const answers = () =>
      startTime(mimir).then(
        () => true,
        () => false,
      );
    await expect.poll(answers, { timeout: 60_000 }).toBe(false);
    // Runs in the new pod, between its hooks.
    await model.exec(UNIT, 'true');
    await model.untilUnit(UNIT, 'waiting', AWAY);
    expect(await answers()).toBe(false);
  });

  test('that comes back makes all well by itself: the change is made, and no sample is missing', async () => {
    await start();
    await model.untilActive();
    await expectWhole(mimir, ...written);
    expect((await model.run(UNIT, 'flush-ingesters')).task.status).toBe('completed');
    const { out } = await model.ssh(UNIT, 'mimir', ['/bin/cat', '/data/conf/mimir.yaml']);
    expect(parse(out)).toMatchObject({ server: { log_level: 'warn' } });
  });
});
