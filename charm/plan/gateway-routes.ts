/**
 * Which of Mimir's paths is served by which of its components, as the gateway sends them on. Seen at Mimir itself, one
 * component in a process at a time (test/interop/gateway-routes.test.ts).
 */
import type { Component } from './roles.ts';

/** What may be done with a request, and how long it takes. */
export type RouteKind =
  /** Samples. To send them twice is to send them once: the ingesters keep one of two equal samples. */
  | 'write'
  /** Queries, which change nothing also where they are posted, and may take minutes. */
  | 'read'
  /** Rules, configurations, pages: only what is idempotent by its method is sent a second time. */
  | 'manage'
  /** Files of blocks, of any size, as slow as they are; Mimir is given them while they come. */
  | 'upload';

export interface Route {
  /** `any`: they all answer alike. */
  readonly role: Component | 'any';
  readonly kind: RouteKind;
  /** As nginx has locations: `= /path` is that path alone, `/path/` all that begins so. */
  readonly locations: readonly string[];
}

export const ROUTES: readonly Route[] = [
  {
    role: 'distributor',
    kind: 'write',
    locations: ['= /api/v1/push', '= /api/v1/push/influx/write', '= /otlp/v1/metrics'],
  },
  { role: 'distributor', kind: 'manage', locations: ['/distributor/'] },
  { role: 'query-frontend', kind: 'read', locations: ['/prometheus/'] },
  { role: 'query-frontend', kind: 'read', locations: ['= /api/v1/analyze'] },
  { role: 'querier', kind: 'read', locations: ['= /api/v1/user_stats', '= /querier/ring'] },
  {
    role: 'ruler',
    kind: 'manage',
    locations: [
      '= /prometheus/config/v1/rules',
      '/prometheus/config/v1/rules/',
      '= /prometheus/api/v1/rules',
      '= /prometheus/api/v1/alerts',
      '/ruler/',
    ],
  },
  {
    role: 'alertmanager',
    kind: 'manage',
    locations: ['= /alertmanager', '/alertmanager/', '= /api/v1/alerts', '/multitenant_alertmanager/'],
  },
  { role: 'compactor', kind: 'upload', locations: ['/api/v1/upload/block/'] },
  { role: 'compactor', kind: 'manage', locations: ['/compactor/'] },
  {
    role: 'store-gateway',
    kind: 'manage',
    locations: ['= /store-gateway/ring', '= /store-gateway/tenants', '/store-gateway/tenant/'],
  },
  { role: 'ingester', kind: 'manage', locations: ['= /ingester/ring'] },
  { role: 'query-scheduler', kind: 'manage', locations: ['= /query-scheduler/ring'] },
  { role: 'overrides-exporter', kind: 'manage', locations: ['= /overrides-exporter/ring'] },
  // The same from every process of a cluster, but for what is its own in it.
  {
    role: 'any',
    kind: 'manage',
    locations: [
      '= /',
      '/static/',
      '= /memberlist',
      '= /config',
      '= /runtime_config',
      '= /services',
      '= /api/v1/user_limits',
      '/api/v1/status/',
    ],
  },
];

/** About one process and no other: sent to any of several, they would do harm, or mislead. */
export const PER_PROCESS: readonly string[] = ['/ingester/', '/store-gateway/', '= /metrics', '/debug/'];
