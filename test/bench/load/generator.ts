/** The load: a process of its own, so that it can be started inside the model's network. Orders come on its input. */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request, setGlobalDispatcher } from 'undici';
import { parseJson } from '../../../lib/json.ts';
import type { PreparedWrite } from '../../support/prepared-write.ts';
import { type Order, orderShape, type Result } from './protocol.ts';
import { bodiesOf, longQueries, QUERIES } from './series.ts';

/** Requests under way at the same time, in a closed loop. */
const WRITERS = 6;
const READY_MS = 120_000;
/** A head is compacted once a minute, and what comes of it is shipped once a minute. */
const SHIPPED_MS = 300_000;
const STEP_MS = 60_000;
/** What one request is given before it counts as failed. */
const ATTEMPTS = 5;
const RETRY_MS = 100;
const REMOTE_WRITE = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
} as const;
/** Failures that are told; a broken side has the same one many times. */
const MOST_FAILURES = 20;

/** Longer than the turns of the others last, as senders of metrics keep theirs; Mimir ends idle ones after two minutes. */
const KEPT_MS = 100_000;

setGlobalDispatcher(
  new Agent({
    connections: 32,
    pipelining: 1,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    keepAliveTimeout: KEPT_MS,
  }),
);

/** Bodies that are not under way, so that no series has two samples on the way at once. */
let free: PreparedWrite[] = [];
let [value, asked] = [0, 0];

async function obey(order: Order): Promise<Result> {
  const taken = new Taken();
  switch (order.kind) {
    case 'ready':
      await Promise.all(order.urls.map((url) => ready(url, order.urls.length)));
      break;
    case 'history':
      await writeHistory(order, taken);
      await Promise.all(order.urls.map(shipped));
      break;
    case 'push':
      await pushAll(order, taken);
      break;
    case 'mixed':
      await Promise.all([
        paced(order.pushesPerSecond, order.seconds, (due) => push(order, taken, due)),
        paced(order.queriesPerSecond, order.seconds, (due) => query(order, taken, due)),
      ]);
      break;
    case 'profile':
      await Promise.all(
        order.urls.map((url, unit) => profile(url, order.seconds, `${order.files}-${unit}.pprof`)),
      );
      break;
    default:
      order satisfies never;
  }
  return taken.result();
}

class Taken {
  samples = 0;
  retried = 0;
  readonly #pushes: number[] = [];
  readonly #queries: number[] = [];
  readonly #failures: string[] = [];
  readonly #begun = performance.now();

  pushed(due: number, samples: number): void {
    this.samples += samples;
    this.#pushes.push(since(due));
  }

  queried(due: number): void {
    this.#queries.push(since(due));
  }

  failed(what: string): void {
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(what);
  }

  result(): Result {
    return {
      seconds: (performance.now() - this.#begun) / 1000,
      samples: this.samples,
      retried: this.retried,
      pushes: this.#pushes,
      queries: this.#queries,
      failures: this.#failures,
    };
  }
}

/** Hundredths are enough. */
function since(due: number): number {
  return Math.round((performance.now() - due) * 100) / 100;
}

async function pushAll(order: Extract<Order, { kind: 'push' }>, taken: Taken): Promise<void> {
  let left = order.requests;
  const writer = async () => {
    while (left-- > 0) await push(order, taken, performance.now());
  };
  await Promise.all(Array.from({ length: Math.min(WRITERS, free.length) }, writer));
}

/** Minute after minute, all series of one before any of the next. */
async function writeHistory(order: Extract<Order, { kind: 'history' }>, taken: Taken): Promise<void> {
  const now = Date.now();
  const bodies = free.length;
  for (let time = now - order.hours * 3600_000; time < now - STEP_MS; time += STEP_MS) {
    let left = bodies;
    const writer = async () => {
      while (left-- > 0) await push(order, taken, performance.now(), time);
    };
    await Promise.all(Array.from({ length: Math.min(WRITERS, bodies) }, writer));
  }
}

async function push({ urls }: Order, taken: Taken, due: number, time?: number): Promise<void> {
  let body = free.shift();
  // Slower than the pace: what waits here is part of the time that the request took.
  for (; body === undefined; body = free.shift()) await sleep(1);
  const { series } = body;
  const bytes = body.stamp(time ?? Date.now(), ++value);
  const post = { method: 'POST', headers: REMOTE_WRITE, body: bytes } as const;
  if (await answered(urls, () => '/api/v1/push', post, taken)) taken.pushed(due, series);
  free.push(body);
}

async function query(
  { urls, hours }: Extract<Order, { kind: 'mixed' }>,
  taken: Taken,
  due: number,
): Promise<void> {
  const number = asked++;
  const queries = hours === 0 ? QUERIES : longQueries(hours);
  const path = () => `/prometheus/api/v1/${queries[number % queries.length]?.(number, Date.now() / 1000)}`;
  if (await answered(urls, path, {}, taken)) taken.queried(due);
}

/**
 * Each request goes to any unit, as a Kubernetes service would send it. As senders do, what a unit fails at is tried again, at
 * the next one, and takes the time of all attempts.
 */
async function answered(
  urls: readonly string[],
  path: () => string,
  options: Parameters<typeof request>[1],
  taken: Taken,
): Promise<boolean> {
  const first = Math.floor(Math.random() * urls.length);
  for (let attempt = 1; ; attempt++) {
    const url = `${urls[(first + attempt - 1) % urls.length]}${path()}`;
    const why = await refusal(url, options);
    if (why === undefined) return true;
    taken.retried += 1;
    if (attempt === ATTEMPTS || !why.isTemporary) {
      taken.failed(`${url.slice(0, 100)} ${why.text}`);
      return false;
    }
    await sleep(RETRY_MS);
  }
}

interface Refusal {
  readonly text: string;
  readonly isTemporary: boolean;
}

async function refusal(url: string, options: Parameters<typeof request>[1]): Promise<Refusal | undefined> {
  try {
    const { statusCode, body } = await request(url, options);
    const text = await body.text();
    if (statusCode === 200) return undefined;
    const told = `was answered with ${statusCode}: ${text.trim().slice(0, 200)}`;
    return { text: told, isTemporary: statusCode >= 500 };
  } catch (error) {
    return { text: `failed: ${String(error)}`, isTemporary: true };
  }
}

/** Starts one after the other when each is due, however long the ones before take. */
async function paced(perSecond: number, seconds: number, act: (due: number) => Promise<void>): Promise<void> {
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const due = begun + (i * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    running.push(act(due));
  }
  await Promise.all(running);
}

async function ready(url: string, units: number): Promise<void> {
  const end = Date.now() + READY_MS;
  for (let last = ''; ; await sleep(500)) {
    try {
      const answer = await request(`${url}/ready`);
      last = `${answer.statusCode} ${(await answer.body.text()).trim()}`;
      if (answer.statusCode === 200 && (await members(url)) === units) return;
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > end) throw new Error(`${url} is not ready with ${units} ingesters: ${last}`);
  }
}

/** Every block that the unit has made is in the bucket, and it has made some. */
async function shipped(url: string): Promise<void> {
  const names = [
    'cortex_ingester_shipper_uploads_total',
    'cortex_ingester_oldest_unshipped_block_timestamp_seconds',
  ];
  const asked = names.map((name) => `name[]=${name}`).join('&');
  const end = Date.now() + SHIPPED_MS;
  for (;;) {
    const text = await (await request(`${url}/metrics?${asked}`)).body.text();
    const [uploads, unshipped] = names.map((name) =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? 0),
    );
    if ((uploads ?? 0) > 0 && unshipped === 0) return;
    if (Date.now() > end)
      throw new Error(`${url} has ${uploads} blocks in the bucket, and some that are not there`);
    await sleep(2000);
  }
}

async function profile(url: string, seconds: number, file: string): Promise<void> {
  const { body } = await request(`${url}/debug/pprof/profile?seconds=${Math.ceil(seconds)}`);
  await writeFile(file, await body.bytes());
}

/** Ingesters that a unit knows of and holds for healthy. */
async function members(url: string): Promise<number> {
  const { body } = await request(`${url}/metrics?name[]=cortex_ring_members`);
  const [, count] =
    /cortex_ring_members\{name="ingester",state="ACTIVE"\} (\d+)/.exec(await body.text()) ?? [];
  return Number(count ?? 0);
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = orderShape.parse(parseJson(line));
  if (free.length === 0) free = bodiesOf(order.series);
  process.stdout.write(`${JSON.stringify(await obey(order))}\n`);
}
