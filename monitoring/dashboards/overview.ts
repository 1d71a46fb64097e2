import {
  above,
  atLeast,
  type Dashboard,
  graph,
  NONE_IS_GOOD,
  orNone,
  quantile,
  query,
  rate,
  stat,
  sumRate,
  table,
  UNIT,
} from '../panels.ts';
import { OF_CLIENTS, REQUESTS } from '../selectors.ts';

export const overview: Dashboard = {
  name: 'mimir-k8s-overview',
  title: 'Mimir / Overview',
  description:
    'Is this Mimir well, how much does it do, and what does it take? The other dashboards say why.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          {
            title: 'Units up',
            description: 'Units whose metrics were scraped the last time.',
            unit: 'none',
            steps: atLeast(1),
          },
          'sum(up)',
        ),
        stat(
          { title: 'Samples accepted', description: 'Samples that were taken from senders.', unit: 'cps' },
          sumRate('cortex_distributor_received_samples_total'),
        ),
        stat(
          {
            title: 'Series',
            description: 'Series that the ingesters hold in memory; copies are counted once.',
            unit: 'short',
          },
          'sum(cortex_ingester_memory_series) / max(cortex_distributor_replication_factor)',
        ),
        stat(
          { title: 'Queries', description: 'Queries of users and of rules of all kinds.', unit: 'reqps' },
          `${sumRate('cortex_query_frontend_queries_total')} + ${sumRate('cortex_ruler_queries_total')}`,
        ),
        stat(
          {
            title: 'Failed requests',
            description: 'Share of the clients’ requests that were answered with a server error.',
            unit: 'percentunit',
            steps: above(0.001, 0.01),
          },
          `(${orNone(`sum(${rate(`cortex_request_duration_seconds_count{status_code=~"5..",${OF_CLIENTS}}`)})`)}) / ${sumRate(REQUESTS)}`,
        ),
        stat(
          {
            title: 'Unhealthy ring members',
            description: 'Members of any ring that have missed their heartbeats.',
            unit: 'none',
            steps: NONE_IS_GOOD,
          },
          'sum(max by (name) (cortex_ring_members{state="Unhealthy"}))',
        ),
      ],
    },
    {
      title: 'Requests of clients',
      panels: [
        graph(
          {
            title: 'Requests by route',
            description: 'The five busiest routes.',
            unit: 'reqps',
          },
          query(`topk(5, ${sumRate(REQUESTS, 'route')})`, '{{route}}'),
        ),
        graph(
          {
            title: 'Latency of writes and queries',
            description: 'How long the slowest of a hundred requests took.',
            unit: 's',
          },
          query(quantile(0.99, 'cortex_request_duration_seconds{route="api_v1_push"}'), 'writes, p99'),
          query(
            quantile(0.99, 'cortex_request_duration_seconds{route=~"prometheus_api_v1_query(_range)?"}'),
            'queries, p99',
          ),
        ),
        graph(
          {
            title: 'Server errors by route',
            description:
              'Requests that were answered with a server error; errors of the clients are not here.',
            unit: 'reqps',
          },
          query(
            orNone(
              sumRate(`cortex_request_duration_seconds_count{status_code=~"5..",${OF_CLIENTS}}`, 'route'),
              'route',
            ),
            '{{route}}',
          ),
        ),
      ],
    },
    {
      title: 'What the units take',
      panels: [
        graph(
          { title: 'CPU', description: 'Processors in use by each unit.', unit: 'none' },
          query(`sum by (juju_unit) (${rate('process_cpu_seconds_total')})`, UNIT),
        ),
        graph(
          {
            title: 'Memory',
            description: 'Memory of each unit that is resident, and the part of it that Go’s heap uses.',
            unit: 'bytes',
          },
          query('sum by (juju_unit) (process_resident_memory_bytes)', `${UNIT} resident`),
          query('sum by (juju_unit) (go_memstats_heap_inuse_bytes)', `${UNIT} heap`),
        ),
        graph(
          {
            title: 'Open files, memory maps',
            description:
              'Share of what the kernel allows. At the limit a unit cannot open blocks or connections.',
            unit: 'percentunit',
            steps: above(0.8),
          },
          query('max by (juju_unit) (process_open_fds / process_max_fds)', `${UNIT} files`),
          query(
            'max by (juju_unit) (process_memory_map_areas / process_memory_map_areas_limit)',
            `${UNIT} memory maps`,
          ),
        ),
      ],
    },
    {
      title: 'Version and configuration',
      panels: [
        table(
          {
            title: 'Versions',
            description: 'Units by version: more than one while an upgrade is on its way.',
            unit: 'none',
            columns: ['version', 'revision', 'goversion'],
            value: 'Units',
          },
          'count by (version, revision, goversion) (cortex_build_info)',
        ),
        graph(
          {
            title: 'Different configurations',
            description:
              'How many configurations the units run, of the file and of the limits that are read again. Each unit has its own addresses, and all else is the same; the limits must be one.',
            unit: 'none',
          },
          query('count(count by (sha256) (cortex_config_hash))', 'file'),
          query('count(count by (sha256) (cortex_runtime_config_hash))', 'limits'),
        ),
        graph(
          {
            title: 'Time since start',
            description: 'Falls to zero with each restart of a unit.',
            unit: 's',
          },
          query('max by (juju_unit) (time() - process_start_time_seconds)', UNIT),
        ),
      ],
    },
  ],
};
