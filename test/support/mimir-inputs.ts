/** Inputs of the plan as they are for a healthy unit, to be varied by a test. */
import type { Inputs, RawOptions } from '../../charm/plan/inputs.ts';
import type { ObjectStorage, S3Connection } from '../../relations/s3.ts';

export const DEFAULT_OPTIONS: RawOptions = {
  roles: 'all',
  multitenancy: false,
  'sender-tenant': 'anonymous',
  'tsdb-block-retention-period': '13h',
  'metrics-retention-period': '0',
  'max-global-exemplars-per-user': 0,
  'max-global-series-per-user': 150_000,
  'ingestion-rate': 10_000,
  'tenant-limits': '',
  'recent-from-bucket': true,
  'zone-awareness': 'auto',
  'ha-tracker': false,
  'ha-failover-timeout': '30s',
  's3-sse-type': 'none',
  's3-sse-kms-key-id': '',
  's3-sse-kms-encryption-context': '',
  'log-level': 'info',
  'cpu-request': '',
  'cpu-limit': '',
  'memory-request': '',
  'memory-limit': '',
  'pod-anti-affinity': 'preferred',
  'termination-grace-period': '20m',
  'service-account-annotations': '',
  'service-ports': '',
  'alertmanager-config': '',
  'alertmanager-templates': '',
};

export const S3: S3Connection = {
  endpoint: 'minio-k8s.cos.svc.cluster.local:9000',
  insecure: true,
  bucket: 'cos-mimir-k8s',
  accessKey: 'the-access-key',
  secretKey: 'the-secret-key',
  addressing: 'path',
  signature: 'v4',
  prefix: '',
};

export function s3Ready(s3: Partial<S3Connection> = {}): ObjectStorage {
  return { kind: 'ready', relation: 's3:4', app: 'minio-k8s', s3: { ...S3, ...s3 } };
}

/** The leading unit of one, on its own disk, before its first start. */
export function inputs(changes: Partial<Inputs> = {}): Inputs {
  return {
    options: DEFAULT_OPTIONS,
    app: 'mimir-k8s',
    charm: 'mimir-k8s',
    unit: 'mimir-k8s/0',
    model: { name: 'cos', uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4' },
    leader: true,
    plannedUnits: 1,
    address: { ip: '10.1.0.7', fqdn: 'mimir-k8s-0.mimir-k8s-endpoints.cos.svc.cluster.local' },
    agreement: {},
    otherUnits: [],
    now: Date.UTC(2026, 0, 1),
    objectStorage: { kind: 'none' },
    bucket: { kind: 'fine' },
    container: { reachable: true },
    neighbours: {},
    neighbourProblems: [],
    ...changes,
  };
}

export function withOptions(options: Partial<RawOptions>): Pick<Inputs, 'options'> {
  return { options: { ...DEFAULT_OPTIONS, ...options } };
}
