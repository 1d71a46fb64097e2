/** A model as the daemon answers it: two units of Mimir, one in trouble, and MinIO. */
import type { ApplicationStatus, ModelStatus, UnitStatus } from '../../../local/api.ts';

const since = '2025-11-19T10:00:00.000Z';

export function unit(overrides: Partial<UnitStatus> = {}): UnitStatus {
  return {
    'workload-status': { current: 'active', since },
    'juju-status': { current: 'idle', since, version: '3.6.14' },
    address: '10.87.0.10',
    ...overrides,
  };
}

export function application(overrides: Partial<ApplicationStatus> = {}): ApplicationStatus {
  return {
    charm: 'local:mimir-k8s-0',
    base: { name: 'ubuntu', channel: '24.04' },
    'charm-origin': 'local',
    'charm-name': 'mimir-k8s',
    'charm-rev': 0,
    scale: 1,
    address: '10.87.1.2',
    exposed: false,
    'application-status': { current: 'active', since },
    units: { 'mimir-k8s/0': unit() },
    ...overrides,
  };
}

export function model(applications: Record<string, ApplicationStatus>): ModelStatus {
  return {
    model: {
      name: 'local',
      type: 'caas',
      controller: 'juju-local',
      cloud: 'localhost',
      version: '3.6.14',
      'model-status': { current: 'available', since },
    },
    machines: {},
    applications,
    controller: { timestamp: '2025-11-19T10:05:30.000Z' },
    relations: [],
    readyPods: [],
  };
}

export const demo: ModelStatus = {
  ...model({
    'mimir-k8s': application({
      scale: 2,
      version: '3.0.1',
      'application-status': { current: 'blocked', message: '[s3] no bucket', since },
      relations: {
        s3: [{ 'related-application': 'minio-k8s', interface: 's3', scope: 'global' }],
        'mimir-peers': [{ 'related-application': 'mimir-k8s', interface: 'mimir_peers', scope: 'global' }],
      },
      units: {
        'mimir-k8s/0': unit({ leader: true, 'open-ports': ['9009/tcp', '7946/tcp', '7946/udp'] }),
        'mimir-k8s/10': unit({
          'workload-status': { current: 'blocked', message: '[s3] no bucket', since },
          'juju-status': {
            current: 'executing',
            message: 'running s3-relation-changed hook for minio-k8s/0',
            since,
          },
          address: '10.87.0.11',
        }),
        'mimir-k8s/2': unit({
          'workload-status': { current: 'waiting', message: 'installing agent', since },
          'juju-status': { current: 'allocating', since },
          address: '',
        }),
      },
    }),
    'minio-k8s': application({
      'charm-name': 'minio-k8s',
      charm: 'local:minio-k8s-12',
      'charm-rev': 12,
      exposed: true,
      relations: { s3: [{ 'related-application': 'mimir-k8s', interface: 's3', scope: 'global' }] },
      units: { 'minio-k8s/0': unit({ leader: true }) },
    }),
  }),
  readyPods: ['mimir-k8s/0', 'minio-k8s/0'],
  relations: [
    { id: 2, provider: 'minio-k8s:s3', requirer: 'mimir-k8s:s3', interface: 's3', type: 'regular' },
    {
      id: 0,
      provider: 'mimir-k8s:mimir-peers',
      requirer: 'mimir-k8s:mimir-peers',
      interface: 'mimir_peers',
      type: 'peer',
    },
  ],
};
