import * as z from 'zod/mini';
import { ProtocolError } from './errors.ts';
import { type Layer, layerYaml, type Plan } from './layer.ts';
import { checkFields, logTargetFields, serviceFields } from './plan-fields.ts';
import type { Transport } from './transport.ts';

const override = z._default(z.string(), 'replace');

/** A plan as Pebble writes it. */
export const planSchema = z.object({
  services: z._default(z.record(z.string(), z.object({ ...serviceFields, override })), {}),
  checks: z._default(z.record(z.string(), z.object({ ...checkFields, override })), {}),
  'log-targets': z._default(z.record(z.string(), z.object({ ...logTargetFields, override })), {}),
});

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
  const yamlText = await getPlanYaml(transport);
  // Loaded only here: most of what a hook asks of Pebble needs no YAML.
  const { parse } = await import('yaml');
  let data: unknown;
  try {
    data = parse(yamlText) ?? {};
  } catch (cause) {
    throw new ProtocolError(`Pebble at ${transport.socketPath}: the plan is not YAML`, { cause });
  }
  return transport.parse(planSchema, data, PLAN);
}
