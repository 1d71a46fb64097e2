/** What a well-behaved neighbour says on each endpoint: what the test then spoils, key by key. */
import { bucketAt, KEYS } from '../../../support/mimir-world.ts';
import { UNIT_AUTHORITY, UNIT_CERTIFICATE, UNIT_REQUEST } from '../../../support/unit-certificate.ts';

/** Where the Mimir of this test is, and the bucket. */
export const HOST = '127.78.1.24';

export interface Wire {
  readonly id: number;
  readonly app: string;
  readonly appData: Readonly<Record<string, string>>;
  readonly unitData: Readonly<Record<string, string>>;
}

function wire(
  id: number,
  app: string,
  appData: Readonly<Record<string, string>>,
  unitData: Readonly<Record<string, string>> = {},
): Wire {
  return { id, app, appData, unitData };
}

const RULE = {
  alert: 'Down',
  expr: 'up{%%juju_topology%%} == 0',
  for: '5m',
  labels: {
    severity: 'critical',
    juju_model: 'cos',
    juju_model_uuid: '20ce8299-3634-4bef-8bd8-5ace6c8816b4',
    juju_application: 'agent',
  },
  annotations: { summary: '{{ $labels.instance }}' },
};

const OTLP = '[{"protocol":{"name":"otlp_http","type":"http"},"url":"http://tempo:4318"}]';

/** By endpoint; every endpoint of metadata.yaml that reads anything is here. */
export const WIRES = {
  s3: wire(10, 'minio-k8s', {
    ...bucketAt(HOST),
    ...KEYS,
    region: 'us-east-1',
    path: 'cos',
    's3-uri-style': 'path',
    's3-api-version': '4',
    'tls-ca-chain': '[]',
  }),
  ingress: wire(11, 'traefik-k8s', { ingress: '{"url":"http://example.org/cos-mimir-k8s"}' }),
  alertmanager: wire(
    15,
    'alertmanager-k8s',
    {},
    { url: 'http://alertmanager-0.alertmanager-endpoints:9093' },
  ),
  certificates: wire(27, 'self-signed-certificates', {
    certificates: JSON.stringify([
      {
        ca: UNIT_AUTHORITY,
        certificate: UNIT_CERTIFICATE,
        certificate_signing_request: UNIT_REQUEST,
        chain: [UNIT_CERTIFICATE, UNIT_AUTHORITY],
      },
    ]),
    request_errors: '[]',
  }),
  'receive-ca-cert': wire(
    28,
    'an-authority',
    { certificates: JSON.stringify([UNIT_AUTHORITY]), version: '1' },
    { ca: UNIT_AUTHORITY, chain: JSON.stringify([UNIT_AUTHORITY]) },
  ),
  'grafana-source': wire(12, 'grafana-k8s', {
    grafana_uid: 'juju_g',
    datasource_uids: '{"mimir-k8s/0":"juju_cos_x_mimir-k8s_0"}',
    app_datasource_uid: 'juju_cos_x_mimir-k8s',
    grafana_base_url: 'http://grafana:3000',
  }),
  'grafana-source-alertmanager': wire(13, 'grafana-k8s', {
    grafana_uid: 'juju_g',
    datasource_uids: '{"mimir-k8s/0":"juju_cos_x_mimir-k8s_alertmanager_0"}',
    app_datasource_uid: 'juju_cos_x_mimir-k8s_alertmanager',
    grafana_base_url: 'http://grafana:3000',
  }),
  'send-datasource': wire(14, 'tempo-k8s', {
    datasources: '[{"type":"tempo","uid":"juju_cos_x_tempo_0","grafana_uid":"juju_g"}]',
  }),
  'logging-consumer': wire(
    19,
    'loki-k8s',
    { event: '{"errors":"line 1: parse error"}' },
    { endpoint: '{"url":"http://loki-0.loki-endpoints:3100/loki/api/v1/push"}' },
  ),
  cache: wire(18, 'memcached', {}, { host: HOST, port: '11211' }),
  'charm-tracing': wire(16, 'tempo-k8s', { receivers: OTLP }),
  'workload-tracing': wire(17, 'tempo-k8s', { receivers: OTLP }),
  'receive-remote-write': wire(20, 'agent', {
    alert_rules: JSON.stringify({ groups: [{ name: 'node', interval: '1m', rules: [RULE] }] }),
  }),
  'grafana-dashboards-provider': wire(21, 'grafana-k8s', {
    event: '{"errors":[{"dashboard_id":"file:mimir-k8s-writes","error":"no such panel"}]}',
  }),
  'self-metrics-endpoint': wire(22, 'prometheus-k8s', {
    event: '{"errors":"bad rule","scrape_job_errors":"bad job"}',
  }),
  'mimir-cluster': wire(
    29,
    'write',
    {
      role: '"write"',
      planned_units: '1',
      endpoints: '"write-endpoints.cos.svc.cluster.local"',
      restart: '{"asked":2,"done":1}',
    },
    {
      address: '"write-0.write-endpoints.cos.svc.cluster.local"',
      flushed_for: '3',
      held_for: '3',
      ip: '"10.1.0.8"',
      juju_topology: '{"application":"write","charm_name":"mimir-k8s","unit":"write/0"}',
      runs: '"querier"',
      serving: 'false',
      tls_ca: JSON.stringify(UNIT_AUTHORITY),
      zone: '"zone-b"',
    },
  ),
} as const satisfies Readonly<Record<string, Wire>>;

export type WiredEndpoint = keyof typeof WIRES;
export const WIRED = Object.keys(WIRES) as readonly WiredEndpoint[];
