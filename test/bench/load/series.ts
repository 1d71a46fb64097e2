/** What is written and asked for: counters of many instances, as a model's agents send them. */
import { PreparedWrite } from '../../support/prepared-write.ts';

/** As many as Mimir's own load test has in a request. */
export const SERIES_PER_REQUEST = 1000;
const METRICS = 50;
const JOBS = 5;
const MINUTES_ASKED = 5;

/** Requests that together hold one sample of each series. */
export function bodiesOf(series: number): PreparedWrite[] {
  const requests = Math.max(1, Math.round(series / SERIES_PER_REQUEST));
  return Array.from(
    { length: requests },
    (_, body) => new PreparedWrite(Array.from({ length: SERIES_PER_REQUEST }, (_, i) => labelsOf(body, i))),
  );
}

/** A request is what one instance's agent sends: some series of every metric. */
function labelsOf(body: number, i: number) {
  const instance = String(body).padStart(4, '0');
  return [
    ['__name__', metric(i % METRICS)],
    ['code', String(200 + Math.floor(i / METRICS / 10))],
    ['instance', `cos_20ce8299_agent_agent/${instance}`],
    ['job', `juju_cos_agent_${body % JOBS}`],
    ['juju_application', 'agent'],
    ['juju_model', 'cos'],
    ['juju_model_uuid', '20ce8299-3634-4bef-8bd8-5ace6c8816b4'],
    ['path', `/api/v1/things/${String(Math.floor(i / METRICS) % 10).padStart(2, '0')}`],
  ] as const;
}

function metric(number: number): string {
  return `load_requests_${String(number % METRICS).padStart(2, '0')}_total`;
}

function ofJob(number: number): string {
  return `${metric(number)}{job="juju_cos_agent_${number % JOBS}"}`;
}

const instant = (query: string) => `query?query=${encodeURIComponent(query)}`;
const range = (query: string, now: number, minutes = MINUTES_ASKED, step = 15) =>
  `query_range?query=${encodeURIComponent(query)}&start=${now - minutes * 60}&end=${now}&step=${step}`;

type Path = (number: number, now: number) => string;

/** Paths, by the number of the query and the time in seconds. */
export const QUERIES: readonly Path[] = [
  (number) => instant(`sum by (job) (rate(${metric(number)}[1m]))`),
  (number, now) => range(`sum by (instance) (rate(${ofJob(number)}[1m]))`, now),
  (number) => instant(`topk(5, ${ofJob(number)})`),
  (number, now) => range(`max by (path) (${ofJob(number)})`, now),
];

/** Panels of a dashboard that shows so many hours. */
export function longQueries(hours: number): readonly Path[] {
  const minutes = hours * 60;
  return [
    (number, now) => range(`sum by (instance) (rate(${ofJob(number)}[5m]))`, now, minutes, 60),
    (number) => instant(`sum(avg_over_time(${ofJob(number)}[${hours}h]))`),
    (number, now) => range(`max by (path) (${ofJob(number)})`, now, minutes, 60),
  ];
}
