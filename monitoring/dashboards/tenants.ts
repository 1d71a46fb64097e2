import { above, type Dashboard, graph, orNone, query, rate, stat, table } from '../panels.ts';
import { withoutPath } from '../selectors.ts';

const T = 'user=~"$tenant"';

/** Series of each tenant, copies counted once. Those that go are counted, too. */
const SERIES = `(sum by (user) (cortex_ingester_memory_series_created_total{${T}} - cortex_ingester_memory_series_removed_total{${T}}) / on () group_left () max(cortex_distributor_replication_factor))`;

const sumOf = (metric: string, ...by: readonly string[]) =>
  `sum by (${['user', ...by].join(', ')}) (${rate(`${metric}{${T}}`)})`;

/** A tenant's own limit, else the one of all. Zero is no limit. */
function share(use: string, limit: string): string {
  const own = `max by (user) (cortex_limits_overrides{limit_name="${limit}",${T}})`;
  const usual = `(sum by (user) (${use}) * 0 + on () group_left () max(cortex_limits_defaults{limit_name="${limit}"}))`;
  return `${use} / ((${own} or ${usual}) > 0)`;
}

export const tenants: Dashboard = {
  name: 'mimir-k8s-tenants',
  title: 'Mimir / Tenants and limits',
  description: 'Who uses this Mimir, how much, how near to the limits, and what was refused for them.',
  version: 1,
  byTenant: true,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Tenants', description: 'With series in memory, of those that are chosen.', unit: 'none' },
          `count(count by (user) (cortex_ingester_active_series{${T}}))`,
        ),
        stat(
          { title: 'Series', description: 'In memory; copies are counted once.', unit: 'short' },
          `sum(${SERIES})`,
        ),
        stat(
          { title: 'Samples accepted', description: 'From the tenants that are chosen.', unit: 'cps' },
          `sum(${rate(`cortex_distributor_received_samples_total{${T}}`)})`,
        ),
        stat(
          {
            title: 'Samples discarded',
            description: 'Refused, for whatever reason. Senders drop them.',
            unit: 'cps',
            steps: above(1e-9),
          },
          orNone(`sum(${rate(`cortex_discarded_samples_total{${T}}`)})`),
        ),
      ],
    },
    {
      title: 'Series',
      panels: [
        graph(
          {
            title: 'Series in memory',
            description: 'The ten tenants with most; copies are counted once.',
            unit: 'short',
          },
          query(`topk(10, ${SERIES})`, '{{user}}'),
        ),
        graph(
          {
            title: 'Series against the limit',
            description:
              'Share of max_global_series_per_user. Series beyond it are refused with the reason per_user_series_limit.',
            unit: 'percentunit',
            steps: above(0.8),
            limits: true,
          },
          query(`topk(10, ${share(SERIES, 'max_global_series_per_user')})`, '{{user}}'),
        ),
        graph(
          {
            title: 'Active series',
            description: 'With samples in the last minutes, copies too.',
            unit: 'short',
          },
          query(`topk(10, sum by (user) (cortex_ingester_active_series{${T}}))`, '{{user}}'),
        ),
      ],
    },
    {
      title: 'Samples',
      panels: [
        graph(
          { title: 'Samples accepted', description: 'The ten tenants with most.', unit: 'cps' },
          query(`topk(10, ${sumOf('cortex_distributor_received_samples_total')})`, '{{user}}'),
        ),
        graph(
          {
            title: 'Samples against the limit',
            description:
              'Share of ingestion_rate. Samples beyond it are refused with the reason rate_limited.',
            unit: 'percentunit',
            steps: above(0.8),
            limits: true,
          },
          query(
            `topk(10, ${share(sumOf('cortex_distributor_samples_in_total'), 'ingestion_rate')})`,
            '{{user}}',
          ),
        ),
        graph(
          { title: 'Samples discarded', description: 'By tenant and reason.', unit: 'cps' },
          query(orNone(sumOf('cortex_discarded_samples_total', 'reason'), 'reason'), '{{user}} {{reason}}'),
        ),
        graph(
          {
            title: 'Age of the newest sample',
            description: 'Grows when a tenant’s senders have stopped.',
            unit: 's',
          },
          query(
            `time() - max by (user) (cortex_distributor_latest_seen_sample_timestamp_seconds{${T}})`,
            '{{user}}',
          ),
        ),
      ],
    },
    {
      title: 'Queries, rules, alerts',
      panels: [
        graph(
          { title: 'Queries', description: 'The ten tenants with most.', unit: 'reqps' },
          query(`topk(10, ${sumOf('cortex_query_frontend_queries_total')})`, '{{user}}'),
        ),
        graph(
          { title: 'Rules', description: 'By tenant.', unit: 'short' },
          query(orNone(`sum by (user) (cortex_prometheus_rule_group_rules{${T}})`, 'user'), '{{user}}'),
        ),
        graph(
          { title: 'Alerts', description: 'Active in Mimir’s own Alertmanager, copies too.', unit: 'none' },
          query(
            orNone(`sum by (user) (cortex_alertmanager_alerts{state="active",${T}})`, 'user'),
            '{{user}}',
          ),
        ),
      ],
    },
    {
      title: 'What is kept, and limits',
      panels: [
        graph(
          { title: 'Blocks in the bucket', description: 'The ten tenants with most.', unit: 'short' },
          query(`topk(10, max by (user) (cortex_bucket_blocks_count{${T}}))`, '{{user}}'),
        ),
        table(
          {
            title: 'Limits of all tenants',
            description: 'Zero is no limit.',
            unit: 'none',
            columns: ['limit_name'],
            value: 'Limit',
          },
          'max by (limit_name) (cortex_limits_defaults)',
        ),
        table(
          {
            title: 'Limits of single tenants',
            description: 'Only those that differ from the ones of all.',
            unit: 'none',
            columns: ['user', 'limit_name'],
            value: 'Limit',
          },
          orNone(`max by (user, limit_name) (cortex_limits_overrides{${T}})`, 'user'),
        ),
        table(
          {
            title: 'Rule groups',
            description: 'Rules in each group of the tenants that are chosen.',
            unit: 'none',
            columns: ['user', 'group'],
            value: 'Rules',
          },
          orNone(`sum by (user, group) (${withoutPath(`cortex_prometheus_rule_group_rules{${T}}`)})`, 'user'),
        ),
      ],
    },
  ],
};
