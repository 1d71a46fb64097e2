import { ActionFailed, type ActionHandler, type EndpointSchemas, parseJson } from 'charmwright';
import * as z from 'zod/mini';
import type { Spec } from '../charm/generated.ts';
import type { MimirApi } from '../charm/mimir-api.ts';
import { MimirAnswerError } from '../charm/mimir-errors.ts';
import { checkTenant, fitting, orFail, readyWith } from './mimir.ts';

const PATH = '/prometheus/api/v1/cardinality';
const LONG = 'show less: limit=10';

export const showCardinality: ActionHandler<Spec, 'show-cardinality', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  const { tenant, label, selector, series, limit } = params;
  if (series && selector === undefined) throw new ActionFailed('say which series: selector=\'{job="node"}\'');
  await checkTenant(juju, tenant);
  const api = await readyWith(juju, 'query-frontend');
  const asked = { api, tenant, limit, selector };
  return orFail(async () => {
    if (series) return { tenant, ...(await matching(asked)) };
    return { tenant, ...(label === undefined ? await labels(asked) : await values(asked, label)) };
  });
};

interface Asked {
  readonly api: MimirApi;
  readonly tenant: string;
  readonly limit: number;
  readonly selector: string | undefined;
}

const namesShape = z.object({
  label_names_count: z.number(),
  cardinality: z.array(z.object({ label_name: z.string(), label_values_count: z.number() })),
});

async function labels(asked: Asked) {
  const read = await ask(asked, 'label_names', namesShape);
  const list = read.cardinality.map(({ label_name: label, label_values_count: count }) => ({
    label,
    values: count,
  }));
  return { count: read.label_names_count, labels: fitting(JSON.stringify(list), LONG) };
}

const valuesShape = z.object({
  labels: z.array(
    z.object({
      label_values_count: z.number(),
      series_count: z.number(),
      cardinality: z.array(z.object({ label_value: z.string(), series_count: z.number() })),
    }),
  ),
});

async function values(asked: Asked, label: string) {
  const [found] = (await ask(asked, 'label_values', valuesShape, { 'label_names[]': label })).labels;
  const list = (found?.cardinality ?? []).map(({ label_value: value, series_count: series }) => ({
    value,
    series,
  }));
  return {
    series: found?.series_count ?? 0,
    count: found?.label_values_count ?? 0,
    values: fitting(JSON.stringify(list), LONG),
  };
}

const seriesShape = z.object({ data: z.array(z.record(z.string(), z.string())) });

async function matching(asked: Asked) {
  const { data } = await ask(asked, 'active_series', seriesShape);
  return { series: data.length, matching: fitting(JSON.stringify(data.slice(0, asked.limit)), LONG) };
}

async function ask<T>(
  { api, tenant, limit, selector }: Asked,
  page: 'label_names' | 'label_values' | 'active_series',
  schema: z.core.$ZodType<T>,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const what = 'count the series';
  const form = {
    ...(page !== 'active_series' && { limit: String(limit) }),
    ...(selector !== undefined && { selector }),
    ...more,
  };
  const { body } = await api.demand({ what, method: 'POST', path: `${PATH}/${page}`, tenant, form });
  const read = z.safeParse(schema, parseJson(body));
  if (read.success) return read.data;
  throw new MimirAnswerError(`cannot ${what}: Mimir answers something else`);
}
