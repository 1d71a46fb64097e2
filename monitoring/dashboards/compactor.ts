import {
  above,
  type Dashboard,
  graph,
  orNone,
  quantile,
  query,
  stat,
  sumRate,
  table,
  UNIT,
} from '../panels.ts';

const OPERATION = 'thanos_objstore_bucket_operation_duration_seconds';

/** Compactions are hours apart: a usual interval has none. */
function meanOfHours(histogram: string, by: string): string {
  const sum = (part: string) => `sum by (${by}) (increase(${histogram}_${part}[2h]))`;
  return `${sum('sum')} / (${sum('count')} > 0)`;
}

export const compactor: Dashboard = {
  name: 'mimir-k8s-compactor',
  title: 'Mimir / Compactor and object store',
  description:
    'What is in the bucket, who asks for it, and the compactor, which joins small blocks and removes old ones.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          {
            title: 'Since the last compaction',
            description: 'Time since any unit finished a run; zero before the first one.',
            unit: 's',
            steps: above(43_200, 86_400),
          },
          'min(time() - (cortex_compactor_last_successful_run_timestamp_seconds > 0)) or vector(0)',
        ),
        stat(
          {
            title: 'Since the last clean-up',
            description:
              'Time since a unit last removed blocks that are marked, of the unit that is furthest behind.',
            unit: 's',
            steps: above(7200, 21_600),
          },
          'max(time() - (cortex_compactor_block_cleanup_last_successful_run_timestamp_seconds > 0)) or vector(0)',
        ),
        stat(
          { title: 'Blocks', description: 'In the bucket, of all tenants.', unit: 'short' },
          'sum(max by (user) (cortex_bucket_blocks_count))',
        ),
        stat(
          {
            title: 'Compactions to do',
            description: 'As estimated from the bucket’s index. Queries are slower while there are many.',
            unit: 'none',
          },
          'sum(max by (user, type) (cortex_bucket_index_estimated_compaction_jobs))',
        ),
        stat(
          {
            title: 'Failed bucket operations',
            description: 'Share of all. A question for what is not there may be counted.',
            unit: 'percentunit',
            steps: above(0.001, 0.01),
          },
          `${sumRate('thanos_objstore_bucket_operation_failures_total')} / ${sumRate('thanos_objstore_bucket_operations_total')}`,
        ),
      ],
    },
    {
      title: 'Compactor',
      panels: [
        graph(
          { title: 'Runs', description: 'Over all tenants, every hour by default.', unit: 'cps' },
          query(sumRate('cortex_compactor_runs_started_total'), 'started'),
          query(sumRate('cortex_compactor_runs_completed_total'), 'completed'),
          query(sumRate('cortex_compactor_runs_failed_total'), 'failed'),
        ),
        graph(
          {
            title: 'Blocks joined',
            description: 'Compactions of groups of blocks.',
            unit: 'cps',
          },
          query(sumRate('cortex_compactor_group_compactions_total'), 'done'),
          query(sumRate('cortex_compactor_group_compactions_failures_total'), 'failed'),
        ),
        graph(
          {
            title: 'Compactions to do',
            description: 'By tenant, as estimated from the bucket’s index; the ten with most.',
            unit: 'none',
          },
          query(
            'topk(10, sum by (user) (max by (user, type) (cortex_bucket_index_estimated_compaction_jobs)))',
            '{{user}}',
          ),
        ),
        graph(
          { title: 'Time of a compaction', description: 'Mean of the last two hours, by kind.', unit: 's' },
          query(meanOfHours('cortex_compactor_compaction_job_duration_seconds', 'type'), '{{type}}'),
        ),
        graph(
          {
            title: 'Blocks’ wait for compaction',
            description: 'Mean time from a block’s upload to its compaction in the last two hours, by level.',
            unit: 's',
          },
          query(meanOfHours('cortex_compactor_block_compaction_delay_seconds', 'level'), 'level {{level}}'),
        ),
        graph(
          {
            title: 'Unfinished blocks',
            description:
              'Without all of their files: on their way, or what a failed upload has left. Removed after a day.',
            unit: 'none',
          },
          query('topk(10, max by (user) (cortex_bucket_blocks_partials_count))', '{{user}}'),
        ),
        graph(
          {
            title: 'Blocks marked for deletion',
            description: 'By reason. Joined blocks are kept for some hours, so that queries find them still.',
            unit: 'cps',
          },
          query(sumRate('cortex_compactor_blocks_marked_for_deletion_total', 'reason'), '{{reason}}'),
        ),
        graph(
          {
            title: 'Clean-up',
            description: 'Runs that remove what is marked, and write the bucket’s index.',
            unit: 'cps',
          },
          query(sumRate('cortex_compactor_block_cleanup_completed_total'), 'completed'),
          query(sumRate('cortex_compactor_block_cleanup_failed_total'), 'failed'),
          query(sumRate('cortex_compactor_blocks_cleaned_total'), 'blocks removed'),
        ),
      ],
    },
    {
      title: 'In the bucket',
      panels: [
        graph(
          { title: 'Blocks by tenant', description: 'The ten with most.', unit: 'short' },
          query('topk(10, max by (user) (cortex_bucket_blocks_count))', '{{user}}'),
        ),
        graph(
          {
            title: 'Age of the index',
            description:
              'Of each tenant’s list of blocks. A store-gateway does not find blocks that are newer.',
            unit: 's',
            steps: above(2100),
            limits: true,
          },
          query(
            'max by (user) (time() - max by (user) (cortex_bucket_index_last_successful_update_timestamp_seconds))',
            '{{user}}',
          ),
        ),
        graph(
          {
            title: 'Time since the store-gateways looked',
            description: 'Time since each unit last learned of new blocks.',
            unit: 's',
            steps: above(1800),
            limits: true,
          },
          query(
            'max by (juju_unit) (time() - (cortex_bucket_stores_blocks_last_successful_sync_timestamp_seconds > 0))',
            UNIT,
          ),
        ),
      ],
    },
    {
      title: 'Object store',
      panels: [
        graph(
          { title: 'Operations', description: 'By kind.', unit: 'ops' },
          query(sumRate('thanos_objstore_bucket_operations_total', 'operation'), '{{operation}}'),
        ),
        graph(
          { title: 'Operations by component', description: 'Who asks.', unit: 'ops' },
          query(sumRate('thanos_objstore_bucket_operations_total', 'component'), '{{component}}'),
        ),
        graph(
          {
            title: 'Failed operations',
            description:
              'By component. Nothing is lost by itself: ingesters keep blocks until they are shipped.',
            unit: 'ops',
          },
          query(sumRate('thanos_objstore_bucket_operation_failures_total', 'component'), '{{component}}'),
        ),
        graph(
          { title: 'Latency by operation, p99', description: 'The slowest of a hundred.', unit: 's' },
          query(quantile(0.99, OPERATION, 'operation'), '{{operation}}'),
        ),
        graph(
          { title: 'Bytes fetched', description: 'From the bucket, by component.', unit: 'Bps' },
          query(
            sumRate('thanos_objstore_bucket_operation_fetched_bytes_total', 'component'),
            '{{component}}',
          ),
        ),
        table(
          {
            title: 'Since the last upload',
            description: 'Time since each component last wrote to the bucket.',
            unit: 's',
            columns: ['component'],
            value: 'Ago',
          },
          'time() - max by (component) (thanos_objstore_bucket_last_successful_upload_time > 0)',
        ),
      ],
    },
    {
      title: 'Trouble',
      panels: [
        graph(
          {
            title: 'Blocks that the compactor leaves alone',
            description: 'Marked so because they cannot be joined: queries read them as they are.',
            unit: 'cps',
          },
          query(
            orNone(sumRate('cortex_compactor_blocks_marked_for_no_compaction_total', 'reason'), 'reason'),
            '{{reason}}',
          ),
        ),
        graph(
          {
            title: 'Failures',
            description:
              'No room on the disk, blocks that a store-gateway could not load, and indexes that could not be read.',
            unit: 'cps',
          },
          query(
            sumRate('cortex_compactor_disk_out_of_space_errors_total'),
            'no room on the compactor’s disk',
          ),
          query(sumRate('cortex_bucket_store_block_load_failures_total'), 'blocks not loaded'),
          query(sumRate('cortex_bucket_index_load_failures_total'), 'indexes not read'),
        ),
      ],
    },
  ],
};
