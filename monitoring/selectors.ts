/** Selectors that several dashboards share. */

/** What people and senders ask; not what Kubernetes, scrapers and debuggers ask, nor what units ask each other. */
export const OF_CLIENTS = 'method!="gRPC",route!~"ready|metrics|debug_.*"';
export const REQUESTS = `cortex_request_duration_seconds_count{${OF_CLIENTS}}`;
export const PUSH = 'route=~"api_v1_push|otlp_v1_metrics"';
export const QUERY = 'route=~"prometheus_api_v1_.*"';

/** A rule group without the path of its file: `namespace;group`. */
export function withoutPath(expr: string): string {
  return `label_replace(${expr}, "group", "$1", "rule_group", ".*/([^/]+)")`;
}
