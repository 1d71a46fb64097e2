/** A query that takes Mimir as long as one likes, of a few samples: an inner step for each second of days. */
import { type Dispatcher, request } from 'undici';
import * as z from 'zod';
import { remoteWrite, type Series } from './remote-write.ts';

const SERIES = 20;
const SAMPLES = 500;
const FIRST_MINUTES = 100;

const answerShape = z.object({
  data: z.object({ result: z.tuple([z.object({ value: z.tuple([z.number(), z.string()]) })]) }),
});

export interface Asked {
  readonly status: number;
  /** What was asked for, or what Mimir said instead. */
  readonly value: string;
}

export interface SlowQuery {
  /** What the right answer is. */
  readonly value: string;
  /** Asked at this Mimir, or at a gateway before it. */
  ask(url: string): Promise<Asked>;
}

interface Way {
  readonly headers?: Readonly<Record<string, string>>;
  readonly dispatcher?: Dispatcher;
}

/** Writes the samples, and finds out how much to ask for. */
export async function slowQuery(url: string, seconds: number, way: Way = {}): Promise<SlowQuery> {
  const end = Date.now();
  const series = Array.from(
    { length: SERIES },
    (_, s): Series => ({
      labels: { __name__: 'slow', s: String(s) },
      samples: Array.from({ length: SAMPLES }, (_, i) => ({
        value: i,
        timestamp: end - (SAMPLES - i) * 1000,
      })),
    }),
  );
  await remoteWrite(`${url}/api/v1/push`, series, way.headers, way.dispatcher);
  const ask = (at: string, minutes: number) => evaluate(at, minutes, end / 1000, way);
  let minutes = FIRST_MINUTES;
  let value = '';
  // By twos, until what is fixed in a query's cost is little beside the rest.
  for (let took = 0; took * 8 < seconds * 1000; ) {
    const since = performance.now();
    const answer = await ask(url, minutes);
    took = performance.now() - since;
    if (answer.status !== 200) throw new Error(`the query was answered ${answer.status}: ${answer.value}`);
    ({ value } = answer);
    minutes *= took * 8 < seconds * 1000 ? 2 : (seconds * 1000) / took;
  }
  return { value, ask: (at) => ask(at, Math.round(minutes)) };
}

async function evaluate(
  url: string,
  minutes: number,
  at: number,
  { headers = {}, dispatcher }: Way,
): Promise<Asked> {
  const query = `sum(max_over_time(sum_over_time(slow[${SAMPLES}s])[${minutes}m:1s] @ ${at}))`;
  const { statusCode, body } = await request(`${url}/prometheus/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ query, time: String(at) }).toString(),
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(dispatcher !== undefined && { dispatcher }),
  });
  const text = await body.text();
  if (statusCode !== 200) return { status: statusCode, value: text };
  return { status: statusCode, value: answerShape.parse(JSON.parse(text)).data.result[0].value[1] };
}
