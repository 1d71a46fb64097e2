import {
  above,
  type Dashboard,
  graph,
  NONE_IS_GOOD,
  quantile,
  query,
  stat,
  sumRate,
  table,
  UNIT,
} from '../panels.ts';

export const ingesters: Dashboard = {
  name: 'mimir-k8s-ingesters',
  title: 'Mimir / Ingesters and rings',
  description:
    'What only the ingesters have: series in memory, their log, and blocks on the way to the bucket. And the rings, by which all units know each other.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Ingesters active', description: 'In the ring, as the units see it.', unit: 'none' },
          'max(cortex_ring_members{name="ingester",state="ACTIVE"})',
        ),
        stat(
          {
            title: 'Ingesters unhealthy',
            description:
              'They have missed their heartbeats. They stay in the ring until somebody forgets them.',
            unit: 'none',
            steps: NONE_IS_GOOD,
          },
          'max(cortex_ring_members{name="ingester",state="Unhealthy"})',
        ),
        stat(
          {
            title: 'Age of what is not in the bucket',
            description: 'Of the oldest block that no unit has shipped yet; zero while there is none.',
            unit: 's',
            steps: above(1800, 3600),
          },
          'max((time() - cortex_ingester_oldest_unshipped_block_timestamp_seconds) * (cortex_ingester_oldest_unshipped_block_timestamp_seconds > bool 0))',
        ),
        stat(
          {
            title: 'Members that gossip',
            description: 'The least that any unit knows of. As many as units, while all see each other.',
            unit: 'none',
          },
          'min(memberlist_client_cluster_members_count)',
        ),
      ],
    },
    {
      title: 'In memory',
      panels: [
        graph(
          { title: 'Series', description: 'Held by each unit, copies too.', unit: 'short' },
          query('sum by (juju_unit) (cortex_ingester_memory_series)', UNIT),
        ),
        graph(
          { title: 'Series that come and go', description: 'Much churn makes great blocks.', unit: 'cps' },
          query(sumRate('cortex_ingester_memory_series_created_total'), 'created'),
          query(sumRate('cortex_ingester_memory_series_removed_total'), 'removed'),
        ),
        graph(
          { title: 'Tenants', description: 'With series in each unit.', unit: 'none' },
          query('sum by (juju_unit) (cortex_ingester_memory_users)', UNIT),
        ),
      ],
    },
    {
      title: 'Write-ahead log and blocks on disk',
      panels: [
        graph(
          {
            title: 'Time of fsync',
            description: 'How long the disk takes to keep a page of the log; the slowest of a hundred.',
            unit: 's',
          },
          query(
            'max by (juju_unit) (cortex_ingester_tsdb_wal_fsync_duration_seconds{quantile="0.99"} >= 0)',
            UNIT,
          ),
        ),
        graph(
          {
            title: 'Trouble of the log',
            description: 'Each of these is a reason to look at the disk.',
            unit: 'cps',
          },
          query(sumRate('cortex_ingester_tsdb_wal_writes_failed_total'), 'failed writes'),
          query(sumRate('cortex_ingester_tsdb_wal_corruptions_total'), 'corruptions'),
          query(sumRate('cortex_ingester_tsdb_wal_truncations_failed_total'), 'failed truncations'),
          query(sumRate('cortex_ingester_tsdb_checkpoint_creations_failed_total'), 'failed checkpoints'),
        ),
        graph(
          {
            title: 'Blocks cut from memory',
            description: 'Usually every two hours, for each tenant in each unit.',
            unit: 'cps',
          },
          query(sumRate('cortex_ingester_tsdb_compactions_total'), 'done'),
          query(sumRate('cortex_ingester_tsdb_compactions_failed_total'), 'failed'),
        ),
        graph(
          {
            title: 'Local blocks',
            description: 'Kept on each unit’s disk for queries of recent data.',
            unit: 'bytes',
          },
          query('sum by (juju_unit) (cortex_ingester_tsdb_storage_blocks_bytes)', UNIT),
        ),
      ],
    },
    {
      title: 'On the way to the bucket',
      panels: [
        graph(
          { title: 'Blocks shipped', description: 'To the bucket.', unit: 'cps' },
          query(sumRate('cortex_ingester_shipper_uploads_total'), 'shipped'),
          query(sumRate('cortex_ingester_shipper_upload_failures_total'), 'failed'),
        ),
        graph(
          {
            title: 'Time since the last shipped block',
            description: 'Of each unit; some hours are usual.',
            unit: 's',
            steps: above(14400),
            limits: true,
          },
          query(
            'max by (juju_unit) (time() - (cortex_ingester_shipper_last_successful_upload_timestamp_seconds > 0))',
            UNIT,
          ),
        ),
      ],
    },
    {
      title: 'Rings',
      panels: [
        table(
          {
            title: 'Members by ring and state',
            description: 'As the units see them. Each ring has as many active members as there are units.',
            unit: 'none',
            columns: ['name', 'state'],
            value: 'Members',
          },
          'sort_desc(max by (name, state) (cortex_ring_members) > 0)',
        ),
        graph(
          {
            title: 'Ingesters by state',
            description: 'JOINING and LEAVING while units come and go.',
            unit: 'none',
            stacked: true,
          },
          query('max by (state) (cortex_ring_members{name="ingester"}) > 0', '{{state}}'),
        ),
        graph(
          {
            title: 'Oldest heartbeat',
            description:
              'Time since the member that has been silent for longest was heard of; the five worst rings.',
            unit: 's',
            steps: above(60),
            limits: true,
          },
          query(
            'topk(5, max by (name) (time() - (cortex_ring_oldest_member_timestamp{state="ACTIVE"} > 0)))',
            '{{name}}',
          ),
        ),
      ],
    },
    {
      title: 'Gossip',
      panels: [
        graph(
          {
            title: 'Members known',
            description: 'To each unit. Different figures for long mean that units do not see each other.',
            unit: 'none',
          },
          query('max by (juju_unit) (memberlist_client_cluster_members_count)', UNIT),
        ),
        graph(
          { title: 'Packets', description: 'Between units.', unit: 'pps' },
          query(sumRate('memberlist_tcp_transport_packets_sent_total'), 'sent'),
          query(sumRate('memberlist_tcp_transport_packets_received_total'), 'received'),
          query(
            `${sumRate('memberlist_tcp_transport_packets_sent_errors_total')} + ${sumRate('memberlist_tcp_transport_packets_received_errors_total')} + ${sumRate('memberlist_tcp_transport_packets_dropped_total')}`,
            'lost',
          ),
        ),
        graph(
          { title: 'Requests of the rings’ store', description: 'By operation and answer.', unit: 'reqps' },
          query(
            sumRate('cortex_kv_request_duration_seconds_count', 'operation', 'status_code'),
            '{{operation}} {{status_code}}',
          ),
        ),
        graph(
          { title: 'Latency of the rings’ store', description: 'The slowest of a hundred.', unit: 's' },
          query(quantile(0.99, 'cortex_kv_request_duration_seconds', 'operation'), '{{operation}}'),
        ),
      ],
    },
  ],
};
