/** A small charm's spec, as `charmwright generate` would write it, for the type tests. */
import type { CharmSpec } from 'charmwright';

export const spec = {
  name: 'example-k8s',
  endpoints: {
    database: { role: 'requires', interface: 'postgresql', limit: 1 },
    metrics: { role: 'provides', interface: 'prometheus_scrape' },
    peers: { role: 'peer', interface: 'example_peers' },
  },
  extraBindings: ['public'],
  containers: { web: { resource: 'web-image' } },
  storage: { data: { type: 'filesystem', count: { min: 1, max: 1 } } },
  resources: { 'web-image': { type: 'oci-image' } },
  config: {
    port: { type: 'int', default: 8080 },
    title: { type: 'string', default: 'Example' },
    tls: { type: 'boolean', default: false },
    ratio: { type: 'float' },
    'api-key': { type: 'secret' },
  },
  actions: {
    backup: {
      params: {
        path: { type: 'string' },
        level: { type: 'integer', default: 1 },
        mode: { type: 'string', enum: ['full', 'quick'], default: 'full' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['path'],
      additionalProperties: false,
    },
    restore: { params: {}, required: [], additionalProperties: false },
  },
} as const satisfies CharmSpec;
