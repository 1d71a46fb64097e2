import { above, type Dashboard, graph, NONE_IS_GOOD, orNone, query, stat, sumRate, UNIT } from '../panels.ts';
import { withoutPath } from '../selectors.ts';

const FAILURES = 'cortex_prometheus_rule_evaluation_failures_total';
const ITERATIONS = 'cortex_prometheus_rule_group_iterations_total';
const MISSED = 'cortex_prometheus_rule_group_iterations_missed_total';

export const ruler: Dashboard = {
  name: 'mimir-k8s-ruler',
  title: 'Mimir / Ruler',
  description:
    'Rules: how many, how long they take, which fail, and whether their alerts reach an Alertmanager.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Rules', description: 'Of all tenants.', unit: 'short' },
          orNone('sum(cortex_prometheus_rule_group_rules)'),
        ),
        stat(
          { title: 'Evaluations', description: 'Of single rules.', unit: 'ops' },
          orNone(sumRate('cortex_prometheus_rule_evaluations_total')),
        ),
        stat(
          {
            title: 'Failed evaluations',
            description: 'For whatever reason.',
            unit: 'ops',
            steps: NONE_IS_GOOD,
          },
          orNone(sumRate(FAILURES)),
        ),
        stat(
          {
            title: 'Missed evaluations',
            description:
              'Share of the groups’ turns that were left out, because the one before was not done.',
            unit: 'percentunit',
            steps: above(1e-9, 0.01),
          },
          `(${orNone(`${sumRate(MISSED)} / (${sumRate(ITERATIONS)} > 0)`)})`,
        ),
        stat(
          {
            title: 'Failed notifications',
            description: 'Share of the alerts that no Alertmanager took.',
            unit: 'percentunit',
            steps: above(1e-9, 0.01),
          },
          `(${orNone(`${sumRate('cortex_prometheus_notifications_errors_total')} / (${sumRate('cortex_prometheus_notifications_sent_total')} > 0)`)})`,
        ),
      ],
    },
    {
      title: 'Evaluations',
      panels: [
        graph(
          { title: 'Evaluations by tenant', description: 'The ten with most.', unit: 'ops' },
          query(`topk(10, ${sumRate('cortex_prometheus_rule_evaluations_total', 'user')})`, '{{user}}'),
        ),
        graph(
          {
            title: 'Failed evaluations by cause',
            description: 'user: a fault in a rule, or a limit. operator: this Mimir is in trouble.',
            unit: 'ops',
          },
          query(orNone(sumRate(FAILURES, 'reason'), 'reason'), '{{reason}}'),
        ),
        graph(
          {
            title: 'Groups with failures',
            description: 'Tenant, namespace and group; the ten that fail most.',
            unit: 'ops',
          },
          query(
            `topk(10, sum by (user, group) (${withoutPath(`rate(${FAILURES}[$__rate_interval])`)}))`,
            '{{user}}: {{group}}',
          ),
        ),
        graph(
          {
            title: 'Slowest groups',
            description: 'Share of its interval that each group’s last turn took. At one it misses turns.',
            unit: 'percentunit',
            steps: above(1),
            limits: true,
          },
          query(
            `topk(10, max by (user, group) (${withoutPath('cortex_prometheus_rule_group_last_duration_seconds / cortex_prometheus_rule_group_interval_seconds')}))`,
            '{{user}}: {{group}}',
          ),
        ),
        graph(
          {
            title: 'Missed turns by tenant',
            description: 'Turns of groups that were left out.',
            unit: 'ops',
          },
          query(orNone(sumRate(MISSED, 'user'), 'user'), '{{user}}'),
        ),
        graph(
          { title: 'Rules by unit', description: 'How they are spread over the units.', unit: 'short' },
          query('sum by (juju_unit) (cortex_prometheus_rule_group_rules)', UNIT),
        ),
      ],
    },
    {
      title: 'Queries and writes of rules',
      panels: [
        graph(
          {
            title: 'Queries',
            description: 'Of rules, and those that failed for no fault of the rule.',
            unit: 'reqps',
          },
          query(sumRate('cortex_ruler_queries_total'), 'asked'),
          query(orNone(sumRate('cortex_ruler_queries_failed_total')), 'failed'),
        ),
        graph(
          {
            title: 'Writes',
            description:
              'Of what rules record. client_error: a limit of the tenant, or a sample that is too old.',
            unit: 'reqps',
          },
          query(sumRate('cortex_ruler_write_requests_total'), 'written'),
          query(
            orNone(sumRate('cortex_ruler_write_requests_failed_total', 'reason'), 'reason'),
            'failed: {{reason}}',
          ),
        ),
        graph(
          {
            title: 'Rules read again',
            description:
              'One for each tenant whose rules were loaded as they are in the bucket; 0 is a fault in them.',
            unit: 'none',
          },
          query('min by (user) (cortex_ruler_config_last_reload_successful)', '{{user}}'),
        ),
      ],
    },
    {
      title: 'Notifications',
      panels: [
        graph(
          {
            title: 'To Alertmanagers',
            description: 'Alerts sent, and those that no Alertmanager took.',
            unit: 'cps',
          },
          query(orNone(sumRate('cortex_prometheus_notifications_sent_total')), 'sent'),
          query(orNone(sumRate('cortex_prometheus_notifications_errors_total')), 'failed'),
          query(orNone(sumRate('cortex_prometheus_notifications_dropped_total')), 'dropped'),
        ),
        graph(
          {
            title: 'Waiting to be sent',
            description: 'Share of each queue that is in use; when it is full, alerts are dropped.',
            unit: 'percentunit',
          },
          query(
            'max by (user) (cortex_prometheus_notifications_queue_length) / max by (user) (cortex_prometheus_notifications_queue_capacity)',
            '{{user}}',
          ),
        ),
        graph(
          {
            title: 'Alertmanagers known',
            description: 'To the ruler of each tenant. Without one, nobody hears of alerts.',
            unit: 'none',
          },
          query('min by (user) (cortex_prometheus_notifications_alertmanagers_discovered)', '{{user}}'),
        ),
      ],
    },
  ],
};
