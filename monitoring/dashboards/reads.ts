import {
  above,
  atLeast,
  type Dashboard,
  graph,
  orNone,
  quantile,
  query,
  rate,
  stat,
  sumRate,
  UNIT,
} from '../panels.ts';
import { QUERY } from '../selectors.ts';

const REQUEST = `cortex_request_duration_seconds{${QUERY}}`;
const GATEWAY = 'cortex_request_duration_seconds{route="/gatewaypb.StoreGateway/Series"}';
const STREAM = 'cortex_request_duration_seconds{route="/cortex.Ingester/QueryStream"}';
const QUEUE = 'cortex_query_scheduler_queue_duration_seconds';

export const reads: Dashboard = {
  name: 'mimir-k8s-reads',
  title: 'Mimir / Reads',
  description:
    'The way of a query: frontend, scheduler, querier, and from there to ingesters and the store-gateways.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Queries', description: 'Of users; rules are on their own dashboard.', unit: 'reqps' },
          sumRate('cortex_query_frontend_queries_total'),
        ),
        stat(
          {
            title: 'Slowest of a hundred',
            description: 'How long the slowest of a hundred requests took.',
            unit: 's',
            steps: above(5, 30),
          },
          quantile(0.99, REQUEST),
        ),
        stat(
          {
            title: 'Failed',
            description: 'Share of the requests that were answered with a server error.',
            unit: 'percentunit',
            steps: above(0.001, 0.01),
          },
          `(${orNone(`sum(${rate(`cortex_request_duration_seconds_count{status_code=~"5..",${QUERY}}`)})`)}) / sum(${rate(`cortex_request_duration_seconds_count{${QUERY}}`)})`,
        ),
        stat(
          {
            title: 'Queriers at the schedulers',
            description: 'Connections of queriers. Without any, queries hang while all else looks well.',
            unit: 'none',
            steps: atLeast(1),
          },
          'min(cortex_query_scheduler_connected_querier_clients)',
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        graph(
          { title: 'Requests by route', description: 'Of the Prometheus API.', unit: 'reqps' },
          query(sumRate(`cortex_request_duration_seconds_count{${QUERY}}`, 'route'), '{{route}}'),
        ),
        graph(
          {
            title: 'Requests by answer',
            description: '4xx are faults in queries, or limits; 5xx are failures.',
            unit: 'reqps',
            stacked: true,
          },
          query(sumRate(`cortex_request_duration_seconds_count{${QUERY}}`, 'status_code'), '{{status_code}}'),
        ),
        graph(
          { title: 'Latency by route, p99', description: 'The slowest of a hundred.', unit: 's' },
          query(quantile(0.99, REQUEST, 'route'), '{{route}}'),
        ),
      ],
    },
    {
      title: 'Frontend and scheduler',
      panels: [
        graph(
          {
            title: 'Queries waiting',
            description: 'In the schedulers’ queues, by tenant: more than the queriers can do at the moment.',
            unit: 'none',
          },
          query('sum by (user) (cortex_query_scheduler_queue_length)', '{{user}}'),
        ),
        graph(
          { title: 'Time in the queue', description: 'Before a querier takes a query.', unit: 's' },
          query(quantile(0.99, QUEUE), 'p99'),
          query(quantile(0.5, QUEUE), 'p50'),
        ),
        graph(
          {
            title: 'Tries of queries',
            description: 'Queries that were tried again after a failure, per query.',
            unit: 'none',
          },
          query(
            `${sumRate('cortex_query_frontend_retries_sum')} / ${sumRate('cortex_query_frontend_retries_count')}`,
            'retries',
          ),
        ),
        graph(
          { title: 'Requests at work', description: 'Of the Prometheus API, at each unit.', unit: 'none' },
          query(`sum by (juju_unit) (cortex_inflight_requests{${QUERY}})`, UNIT),
        ),
        graph(
          {
            title: 'Connections',
            description: 'Each querier and each frontend keeps connections to the schedulers of all units.',
            unit: 'none',
          },
          query('sum(cortex_query_scheduler_connected_querier_clients)', 'queriers'),
          query('sum(cortex_query_scheduler_connected_frontend_clients)', 'frontends'),
          query('sum(cortex_query_frontend_connected_schedulers)', 'schedulers, seen by frontends'),
        ),
        graph(
          {
            title: 'Results cache',
            description: 'Parts of range queries that were asked of the cache, and that it had.',
            unit: 'reqps',
          },
          query(sumRate('cortex_frontend_query_result_cache_requests_total'), 'asked'),
          query(sumRate('cortex_frontend_query_result_cache_hits_total'), 'found'),
        ),
      ],
    },
    {
      title: 'Queriers',
      panels: [
        graph(
          {
            title: 'Queries by source',
            description: 'Whether samples came from the ingesters’ memory or from blocks, and for whom.',
            unit: 'reqps',
          },
          query(
            sumRate('cortex_querier_queries_storage_type_total', 'engine', 'storage'),
            '{{engine}}: {{storage}}',
          ),
        ),
        graph(
          {
            title: 'Ingester latency',
            description: 'Of the streams of series from the ingesters.',
            unit: 's',
          },
          query(quantile(0.99, STREAM), 'p99'),
          query(quantile(0.5, STREAM), 'p50'),
        ),
        graph(
          {
            title: 'Blocks that were missing',
            description:
              'Queries that failed because no store-gateway had a block that should be there; they are tried at another.',
            unit: 'reqps',
          },
          query(sumRate('cortex_querier_blocks_consistency_checks_failed_total'), 'failed checks'),
        ),
      ],
    },
    {
      title: 'Store-gateways',
      panels: [
        graph(
          { title: 'Latency', description: 'Of series from blocks.', unit: 's' },
          query(quantile(0.99, GATEWAY), 'p99'),
          query(quantile(0.5, GATEWAY), 'p50'),
        ),
        graph(
          {
            title: 'Blocks in charge of',
            description: 'Blocks that each unit serves.',
            unit: 'none',
          },
          query('sum by (juju_unit) (cortex_bucket_store_blocks_loaded)', UNIT),
        ),
        graph(
          {
            title: 'Index cache',
            description: 'Share of the lookups that were answered without the bucket, by kind.',
            unit: 'percentunit',
          },
          query(
            `${sumRate('thanos_store_index_cache_hits_total', 'item_type')} / (${sumRate('thanos_store_index_cache_requests_total', 'item_type')} > 0)`,
            '{{item_type}}',
          ),
        ),
      ],
    },
    {
      title: 'Who asks',
      panels: [
        graph(
          {
            title: 'Time spent by tenant',
            description: 'Seconds of queriers per second; the ten greatest.',
            unit: 'none',
          },
          query(`topk(10, ${sumRate('cortex_query_seconds_total', 'user')})`, '{{user}}'),
        ),
        graph(
          { title: 'Series fetched by tenant', description: 'The ten greatest.', unit: 'cps' },
          query(`topk(10, ${sumRate('cortex_query_fetched_series_total', 'user')})`, '{{user}}'),
        ),
      ],
    },
  ],
};
