/** PromQL over HTTP, as Grafana asks. */
import { request } from 'undici';
import { z } from 'zod';

const point = z.tuple([z.number(), z.string()]);
const answerShape = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: point.optional(),
        values: z.array(point).optional(),
      }),
    ),
  }),
});

export interface PromSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value. */
  readonly points: readonly (readonly [number, number])[];
}

/** @throws Error with Mimir's words when the query fails. */
export async function query(base: string, expression: string, time: number): Promise<PromSeries[]> {
  return ask(`${base}/api/v1/query`, { query: expression, time: `${time / 1000}` });
}

export async function queryRange(
  base: string,
  expression: string,
  range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
): Promise<PromSeries[]> {
  return ask(`${base}/api/v1/query_range`, {
    query: expression,
    start: `${range.from / 1000}`,
    end: `${range.to / 1000}`,
    step: `${range.stepSeconds}`,
  });
}

async function ask(url: string, parameters: Readonly<Record<string, string>>): Promise<PromSeries[]> {
  const { statusCode, body } = await request(`${url}?${new URLSearchParams(parameters)}`, {
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${parameters.query} answered ${statusCode}: ${text.trim()}`);
  return seriesIn(text);
}

/** What a successful answer holds, of an instant or of a range. */
export function seriesIn(text: string): PromSeries[] {
  const { data } = answerShape.parse(JSON.parse(text));
  return data.result.map(({ metric, value, values }) => ({
    labels: metric,
    points: (values ?? (value === undefined ? [] : [value])).map(
      ([at, number]) => [at, Number(number)] as const,
    ),
  }));
}
