import {
  above,
  atLeast,
  type Dashboard,
  graph,
  NONE_IS_GOOD,
  orNone,
  query,
  stat,
  sumRate,
  UNIT,
} from '../panels.ts';

const NOTIFICATIONS = 'cortex_alertmanager_notifications_total';
const FAILED = 'cortex_alertmanager_notifications_failed_total';

export const alertmanager: Dashboard = {
  name: 'mimir-k8s-alertmanager',
  title: 'Mimir / Alertmanager',
  description:
    'Mimir’s own Alertmanager: alerts, silences, notifications, and the state that its units share.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Alerts', description: 'Active, of all tenants; copies are counted.', unit: 'short' },
          orNone('sum(cortex_alertmanager_alerts{state="active"})'),
        ),
        stat(
          { title: 'Silences', description: 'Active, of all tenants; copies are counted.', unit: 'short' },
          orNone('sum(cortex_alertmanager_silences{state="active"})'),
        ),
        stat(
          { title: 'Notifications', description: 'To receivers.', unit: 'cps' },
          orNone(sumRate(NOTIFICATIONS)),
        ),
        stat(
          {
            title: 'Failed notifications',
            description: 'Share that was given up.',
            unit: 'percentunit',
            steps: above(1e-9, 0.01),
          },
          `(${orNone(`${sumRate(FAILED)} / (${sumRate(NOTIFICATIONS)} > 0)`)})`,
        ),
        stat(
          {
            title: 'Configurations in use',
            description: 'Whether the configuration of every tenant could be loaded.',
            unit: 'percentunit',
            steps: atLeast(1),
          },
          'avg(cortex_alertmanager_config_last_reload_successful)',
        ),
      ],
    },
    {
      title: 'Alerts and silences',
      panels: [
        graph(
          {
            title: 'Alerts by state',
            description: 'suppressed: by a silence, or by another alert.',
            unit: 'none',
          },
          query('sum by (state) (cortex_alertmanager_alerts)', '{{state}}'),
        ),
        graph(
          { title: 'Silences by state', description: 'Of all tenants.', unit: 'none' },
          query('sum by (state) (cortex_alertmanager_silences)', '{{state}}'),
        ),
        graph(
          {
            title: 'Alerts received',
            description: 'From rulers and others, and those that were not valid.',
            unit: 'cps',
          },
          query(sumRate('cortex_alertmanager_alerts_received_total'), 'received'),
          query(orNone(sumRate('cortex_alertmanager_alerts_invalid_total')), 'not valid'),
        ),
      ],
    },
    {
      title: 'Notifications',
      panels: [
        graph(
          {
            title: 'Notifications by integration',
            description: 'Without the tries that were repeated.',
            unit: 'cps',
          },
          query(`${sumRate(NOTIFICATIONS, 'integration')} > 0`, '{{integration}}'),
        ),
        graph(
          {
            title: 'Failed notifications',
            description: 'Given up after all tries, by tenant and integration.',
            unit: 'cps',
            steps: NONE_IS_GOOD,
          },
          query(
            `sum by (user, integration) (rate(${FAILED}[$__rate_interval])) > 0 or on () label_replace(vector(0), "integration", "none", "", "")`,
            '{{user}} {{integration}}',
          ),
        ),
        graph(
          {
            title: 'Latency',
            description: 'How long receivers take to answer notifications.',
            unit: 's',
          },
          query(
            `${sumRate('cortex_alertmanager_notification_latency_seconds_sum')} / ${sumRate('cortex_alertmanager_notification_latency_seconds_count')}`,
            'mean',
          ),
        ),
      ],
    },
    {
      title: 'Configurations and state',
      panels: [
        graph(
          {
            title: 'Tenants',
            description: 'With a configuration, and those that each unit runs.',
            unit: 'none',
          },
          query('max(cortex_alertmanager_tenants_discovered)', 'with a configuration'),
          query('sum by (juju_unit) (cortex_alertmanager_tenants_owned)', `run by ${UNIT}`),
        ),
        graph(
          {
            title: 'Configurations looked for',
            description: 'In the bucket: how often, and how often it failed.',
            unit: 'cps',
          },
          query(sumRate('cortex_alertmanager_sync_configs_total'), 'done'),
          query(sumRate('cortex_alertmanager_sync_configs_failed_total'), 'failed'),
        ),
        graph(
          {
            title: 'State',
            description:
              'Silences and the log of notifications: kept in the bucket, and shared between units.',
            unit: 'cps',
          },
          query(sumRate('cortex_alertmanager_state_persist_total'), 'kept'),
          query(sumRate('cortex_alertmanager_state_persist_failed_total'), 'not kept'),
          query(orNone(sumRate('cortex_alertmanager_state_replication_failed_total')), 'not shared'),
        ),
        graph(
          {
            title: 'State at the start',
            description: 'Where the tenants’ state came from when a unit took them on.',
            unit: 'none',
          },
          query('sum by (outcome) (cortex_alertmanager_state_initial_sync_completed_total)', '{{outcome}}'),
        ),
        graph(
          {
            title: 'Ring',
            description: 'Members of the Alertmanagers’ ring by state.',
            unit: 'none',
            stacked: true,
          },
          query('max by (state) (cortex_ring_members{name="alertmanager"}) > 0', '{{state}}'),
        ),
        graph(
          { title: 'Requests by answer', description: 'To the Alertmanager’s API and pages.', unit: 'reqps' },
          query(
            sumRate('cortex_request_duration_seconds_count{route="alertmanager"}', 'status_code'),
            '{{status_code}}',
          ),
        ),
      ],
    },
  ],
};
