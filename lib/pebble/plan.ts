import * as z from 'zod/mini';
import { ProtocolError } from './errors.ts';
import { type Layer, layerYaml, type Plan } from './layer.ts';
import { checkFields, logTargetFields, serviceFields } from './plan-fields.ts';
import { faultsOf, type Transport } from './transport.ts';

const override = z._default(z.string(), 'replace');

/** A plan as Pebble writes it. */
export const planSchema = z.lazy(() =>
  z.object({
    services: z._default(z.record(z.string(), z.object({ ...serviceFields, override })), {}),
    checks: z._default(z.record(z.string(), z.object({ ...checkFields, override })), {}),
    'log-targets': z._default(z.record(z.string(), z.object({ ...logTargetFields, override })), {}),
  }),
);

export async function addLayer(
  transport: Transport,
  label: string,
  layer: Layer | string,
  combine: boolean,
): Promise<void> {
  const text = typeof layer === 'string' ? layer : layerYaml(layer);
  const json = { action: 'add', combine, label, format: 'yaml', layer: text };
  await transport.sync(z.unknown(), { method: 'POST', path: '/v1/layers', json });
}

const PLAN = { method: 'GET', path: '/v1/plan', query: { format: 'yaml' } } as const;

export function getPlanYaml(transport: Transport): Promise<string> {
  return transport.sync(z.string(), PLAN);
}

export async function getPlan(transport: Transport): Promise<Plan> {
  return parsePlan(await getPlanYaml(transport));
}

/** The plan that a text of Pebble's describes. @throws ProtocolError */
export async function parsePlan(yamlText: string): Promise<Plan> {
  // Loaded only here: most of what a hook asks of Pebble needs no YAML.
  const { parse } = await import('yaml');
  let data: unknown;
  try {
    data = parse(yamlText) ?? {};
  } catch (cause) {
    throw new ProtocolError('the plan that Pebble answered is not YAML', { cause });
  }
  const parsed = z.safeParse(planSchema, data);
  if (parsed.success) return parsed.data;
  throw new ProtocolError(`the plan that Pebble answered has an unknown shape (${faultsOf(parsed.error)})`);
}
