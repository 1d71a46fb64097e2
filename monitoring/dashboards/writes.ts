import {
  above,
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
import { PUSH } from '../selectors.ts';

const REQUEST = `cortex_request_duration_seconds{${PUSH}}`;
const INGESTER_PUSH = 'cortex_request_duration_seconds{route="/cortex.Ingester/Push"}';

export const writes: Dashboard = {
  name: 'mimir-k8s-writes',
  title: 'Mimir / Writes',
  description: 'The way of samples from their senders through the distributors into the ingesters.',
  version: 1,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat(
          { title: 'Write requests', description: 'Requests of senders, by all protocols.', unit: 'reqps' },
          `sum(${rate(`cortex_request_duration_seconds_count{${PUSH}}`)})`,
        ),
        stat(
          { title: 'Samples accepted', description: 'Samples that were taken from senders.', unit: 'cps' },
          sumRate('cortex_distributor_received_samples_total'),
        ),
        stat(
          {
            title: 'Samples discarded',
            description: 'Samples that were refused, for whatever reason. Senders drop them.',
            unit: 'cps',
            steps: above(1e-9),
          },
          orNone(sumRate('cortex_discarded_samples_total')),
        ),
        stat(
          {
            title: 'Slowest of a hundred',
            description: 'How long the slowest of a hundred write requests took.',
            unit: 's',
            steps: above(1, 2.5),
          },
          quantile(0.99, REQUEST),
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        graph(
          {
            title: 'Requests by answer',
            description:
              '200 is taken; 400 is a fault in the data, and senders drop it; 429 is a limit, and 5xx a failure: senders try those again.',
            unit: 'reqps',
            stacked: true,
          },
          query(sumRate(`cortex_request_duration_seconds_count{${PUSH}}`, 'status_code'), '{{status_code}}'),
        ),
        graph(
          {
            title: 'Latency',
            description: 'Of senders’ requests.',
            unit: 's',
            steps: above(2.5),
            limits: true,
          },
          query(quantile(0.99, REQUEST), 'p99'),
          query(quantile(0.5, REQUEST), 'p50'),
        ),
        graph(
          {
            title: 'Requests at work',
            description: 'Write requests that each distributor works at. Beyond its limit it refuses more.',
            unit: 'none',
          },
          query('max by (juju_unit) (cortex_distributor_inflight_push_requests)', UNIT),
        ),
      ],
    },
    {
      title: 'Samples',
      panels: [
        graph(
          {
            title: 'Samples that came and were accepted',
            description: 'The difference was refused, or was the copy of another replica’s.',
            unit: 'cps',
          },
          query(sumRate('cortex_distributor_samples_in_total'), 'came'),
          query(sumRate('cortex_distributor_received_samples_total'), 'accepted'),
          query(orNone(sumRate('cortex_distributor_deduped_samples_total')), 'copies of replicas'),
        ),
        graph(
          { title: 'Samples discarded by reason', description: 'Senders drop them.', unit: 'cps' },
          query(orNone(sumRate('cortex_discarded_samples_total', 'reason'), 'reason'), '{{reason}}'),
        ),
        graph(
          {
            title: 'Age of samples',
            description:
              'How old samples are when they come. Rises when senders lag behind, for example after a failure.',
            unit: 's',
          },
          query(
            `${sumRate('cortex_distributor_sample_delay_seconds_sum', 'user')} / ${sumRate('cortex_distributor_sample_delay_seconds_count', 'user')}`,
            '{{user}}, mean',
          ),
        ),
        graph(
          {
            title: 'Bytes received',
            description: 'Uncompressed, by tenant; the ten that send most.',
            unit: 'Bps',
          },
          query(`topk(10, ${sumRate('cortex_distributor_received_bytes_total', 'user')})`, '{{user}}'),
        ),
        graph(
          {
            title: 'Exemplars and metadata received',
            description: 'Besides samples.',
            unit: 'cps',
          },
          query(sumRate('cortex_distributor_received_exemplars_total'), 'exemplars'),
          query(sumRate('cortex_distributor_received_metadata_total'), 'metadata'),
        ),
        graph(
          {
            title: 'Refused for a unit’s own limits',
            description: 'Requests that a distributor or an ingester refused to protect itself.',
            unit: 'reqps',
          },
          query(sumRate('cortex_distributor_instance_rejected_requests_total'), 'distributors'),
          query(sumRate('cortex_ingester_instance_rejected_requests_total'), 'ingesters'),
        ),
      ],
    },
    {
      title: 'From distributors to ingesters',
      panels: [
        graph(
          {
            title: 'Ingester requests by answer',
            description: 'What the ingesters answered to the distributors.',
            unit: 'reqps',
            stacked: true,
          },
          query(
            sumRate('cortex_request_duration_seconds_count{route="/cortex.Ingester/Push"}', 'status_code'),
            '{{status_code}}',
          ),
        ),
        graph(
          { title: 'Ingester latency', description: 'Of writes in the ingesters.', unit: 's' },
          query(quantile(0.99, INGESTER_PUSH), 'p99'),
          query(quantile(0.5, INGESTER_PUSH), 'p50'),
        ),
        graph(
          {
            title: 'Samples by ingester',
            description: 'What each unit takes in. Even, unless a unit is new or the ring is out of balance.',
            unit: 'cps',
          },
          query(sumRate('cortex_ingester_ingested_samples_total', 'juju_unit'), UNIT),
        ),
      ],
    },
  ],
};
