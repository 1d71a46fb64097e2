import { blocked, waiting } from 'charmwright';
import { describe, expect, test } from 'vitest';
import { bucketPolicy, samePolicy } from '../../../minio/charm/plan/accounts.ts';
import type { Inputs, Request } from '../../../minio/charm/plan/inputs.ts';
import { plan } from '../../../minio/charm/plan/plan.ts';

const root = { accessKey: 'minio-root', secretKey: 'a-secret-of-the-test' };

function inputs(changes: Partial<Inputs> = {}): Inputs {
  return {
    app: 'minio-k8s',
    model: 'm',
    unitNumber: 0,
    leader: true,
    options: { region: 'us-east-1', sharedBuckets: false },
    reachable: true,
    root,
    requests: [],
    ...changes,
  };
}

function asks(relationId: number, app: string, bucket: string): Request {
  return { relationId, app, ask: { kind: 'asks', bucket, asSecret: true } };
}

const firstStatus = (changes: Partial<Inputs>) => plan(inputs(changes)).statuses[0];
const served = (changes: Partial<Inputs>) =>
  plan(inputs(changes)).decisions?.flatMap((decision) =>
    decision.kind === 'serve' ? [[decision.account.relationId, decision.account.bucket]] : [],
  );

describe('the workload', () => {
  test('root credentials are in a file, and not in what Pebble shows', () => {
    const { workload } = plan(inputs());
    expect(workload).toMatchObject({
      kind: 'run',
      wanted: {
        files: {
          '/etc/minio/root.env': {
            content: 'MINIO_ROOT_USER=minio-root\nMINIO_ROOT_PASSWORD=a-secret-of-the-test\n',
            permissions: 0o600,
            readBy: ['minio'],
          },
        },
      },
    });
    expect(JSON.stringify('wanted' in workload && workload.wanted.services)).not.toContain(root.secretKey);
  });

  test('other root credentials or another region change the layer, so that MinIO restarts', () => {
    const layer = (changes: Partial<Inputs>) => JSON.stringify(plan(inputs(changes)).workload);
    expect(layer({})).toBe(layer({ requests: [asks(1, 'mimir', 'mimir')] }));
    expect(layer({ root: { ...root, secretKey: 'another' } })).not.toBe(layer({}));
    expect(layer({ options: { region: 'eu-1', sharedBuckets: false } })).not.toBe(layer({}));
  });

  test('a second unit runs no MinIO, is not ready for clients, and says what to do', () => {
    const planned = plan(inputs({ unitNumber: 1, leader: false }));
    expect(planned.workload).toMatchObject({
      kind: 'idle',
      wanted: { checks: { 'minio-ready': { level: 'ready' } } },
    });
    expect(planned.workload).not.toHaveProperty('wanted.services');
    expect(planned.statuses[0]).toEqual(
      blocked('MinIO runs on unit 0 only, this unit stores nothing: juju scale-application minio-k8s 1'),
    );
  });

  test('a leader that is not unit 0 looks after MinIO over the network', () => {
    expect(plan(inputs({ unitNumber: 1 })).apiUrl).toBe(
      'http://minio-k8s-0.minio-k8s-endpoints.m.svc.cluster.local:9000',
    );
    expect(plan(inputs()).apiUrl).toBe('http://127.0.0.1:9000');
  });

  test('clients are sent to the service of the application', () => {
    expect(plan(inputs()).endpoint).toBe('http://minio-k8s.m.svc.cluster.local:9000');
  });

  test('without Pebble or credentials it waits for them', () => {
    expect(firstStatus({ reachable: false })).toEqual(waiting('[minio] waiting for Pebble in the container'));
    expect(firstStatus({ root: undefined })).toEqual(
      waiting('[root] waiting for the leader to make credentials'),
    );
    expect(plan(inputs({ reachable: false })).workload).toEqual({ kind: 'leave' });
  });

  test('a region that cannot be one is named, and MinIO is left as it runs', () => {
    const planned = plan(inputs({ options: { region: 'EU West', sharedBuckets: false } }));
    expect(planned.workload).toEqual({ kind: 'leave' });
    expect(planned.decisions).toBeUndefined();
    expect(planned.statuses[0]).toEqual(
      blocked('[config] region="EU West": must be lower-case letters, digits and hyphens'),
    );
  });
});

describe('who gets which bucket', () => {
  test('each application the one it asks for, with an account of its own', () => {
    const requests = [asks(4, 'mimir', 'mimir'), asks(7, 'loki', 'loki')];
    expect(served({ requests })).toEqual([
      [4, 'mimir'],
      [7, 'loki'],
    ]);
  });

  test('one that has not asked yet waits', () => {
    const requests: Request[] = [{ relationId: 4, app: 'mimir', ask: { kind: 'silent' } }];
    expect(plan(inputs({ requests })).decisions).toEqual([{ kind: 'wait', relationId: 4 }]);
  });

  test('a bad name is refused by relation and application, and the others are served', () => {
    const requests = [asks(4, 'evil', '../data'), asks(7, 'loki', 'loki')];
    expect(served({ requests })).toEqual([[7, 'loki']]);
    expect(firstStatus({ requests })?.message).toMatch(
      /^\[s3:4\] evil asks for bucket "\.\.\/data": the name must/,
    );
  });

  test('a bucket belongs to the oldest relation that asks for it', () => {
    const requests = [asks(9, 'mimir-two', 'mimir'), asks(4, 'mimir', 'mimir')];
    expect(served({ requests })).toEqual([[4, 'mimir']]);
    expect(firstStatus({ requests })).toEqual(
      blocked(
        '[s3:9] mimir-two asks for bucket "mimir", which mimir has (s3:4): let it ask for another, or set shared-buckets=true',
      ),
    );
  });

  test('unless the operator lets them share', () => {
    const requests = [asks(4, 'mimir', 'mimir'), asks(9, 'mimir-two', 'mimir')];
    expect(served({ requests, options: { region: 'us-east-1', sharedBuckets: true } })).toHaveLength(2);
  });

  test('is decided by the leader alone', () => {
    expect(plan(inputs({ leader: false, requests: [] })).decisions).toBeUndefined();
  });
});

describe('two policies', () => {
  const policy = bucketPolicy('mimir');

  test('are the same in whatever order their lists are', () => {
    const reversed = {
      ...policy,
      Statement: policy.Statement.map((each) => ({ ...each, Action: each.Action.toReversed() })).toReversed(),
    };
    expect(samePolicy(policy, reversed)).toBe(true);
  });

  test('are not the same with one action more, another bucket, or when one is missing', () => {
    const [first, ...rest] = policy.Statement;
    const wider = {
      ...policy,
      Statement: [
        { Effect: 'Allow', Resource: first?.Resource, Action: [...(first?.Action ?? []), 's3:*'] },
        ...rest,
      ],
    };
    expect(samePolicy(policy, wider)).toBe(false);
    expect(samePolicy(policy, bucketPolicy('other'))).toBe(false);
    expect(samePolicy(policy, undefined)).toBe(false);
  });
});
