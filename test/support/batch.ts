/** Samples as a sender writes them, and the proof that Mimir still has every one of them. */
import { expect } from 'vitest';
import { query } from '../../demo/query.ts';
import { remoteWrite, type Series } from './remote-write.ts';

const SERIES = 20;
const SAMPLES = 200;

export interface Batch {
  readonly metric: string;
  readonly count: number;
  /** Whole numbers: no rounding, in whatever order they are added. */
  readonly sum: number;
  /** Of the newest sample, in milliseconds since 1970. */
  readonly end: number;
}

/**
 * Writes 4000 samples of 20 series, which lie close together: a block that was cut a second ago refuses nothing.
 * @param url Mimir's, without a path.
 * @throws Error with Mimir's words when it does not take all of them.
 */
export async function writeBatch(
  url: string,
  metric: string,
  { end = Date.now(), stepMs = 2 } = {},
): Promise<Batch> {
  const series = Array.from(
    { length: SERIES },
    (_, s): Series => ({
      labels: { __name__: metric, series: `s${s}` },
      samples: Array.from({ length: SAMPLES }, (_, i) => ({
        value: s * 1000 + i,
        timestamp: end - (SAMPLES - 1 - i) * stepMs,
      })),
    }),
  );
  await remoteWrite(`${url}/api/v1/push`, series);
  const values = series.flatMap(({ samples }) => samples.map(({ value }) => value));
  return { metric, count: values.length, sum: values.reduce((a, b) => a + b, 0), end };
}

/** Every sample of the batches can be queried through this Mimir, soon. */
export async function expectWhole(url: string, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) {
    const { count, sum } = batch;
    const found = () => readBack(url, batch);
    await expect.poll(found, { timeout: 120_000, interval: 500 }).toEqual({ count, sum });
  }
}

async function readBack(url: string, { metric, end }: Batch): Promise<unknown> {
  try {
    return { count: await overTime(url, 'count', metric, end), sum: await overTime(url, 'sum', metric, end) };
  } catch (error) {
    // The rings of a Mimir that has just started may not be whole yet; the next try will tell.
    return String(error);
  }
}

async function overTime(url: string, word: 'count' | 'sum', metric: string, end: number) {
  const expression = `sum(${word}_over_time(${metric}[1h]))`;
  const [answer] = await query(`${url}/prometheus`, expression, end + 1000);
  return answer?.points[0]?.[1];
}
