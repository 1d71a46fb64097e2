import * as z from 'zod';
import { ProtocolError } from './errors.ts';
import { type Layer, layerYaml, type Plan } from './layer.ts';
import type { Transport } from './transport.ts';

const text = z.exactOptional(z.string());
const texts = z.exactOptional(z.array(z.string()));
const textMap = z.exactOptional(z.record(z.string(), z.string()));
const number = z.exactOptional(z.number());
const override = z._default(z.string(), 'replace');

/** What a process runs as and in; the same for services and for exec checks. */
const processFields = {
  command: text,
  environment: textMap,
  user: text,
  'user-id': number,
  group: text,
  'group-id': number,
  'working-dir': text,
};

const serviceSchema = z.object({
  ...processFields,
  override,
  summary: text,
  description: text,
  startup: text,
  after: texts,
  before: texts,
  requires: texts,
  'on-success': text,
  'on-failure': text,
  'on-check-failure': textMap,
  'backoff-delay': text,
  'backoff-factor': number,
  'backoff-limit': text,
  'kill-delay': text,
});

const checkSchema = z.object({
  override,
  level: text,
  startup: text,
  period: text,
  timeout: text,
  threshold: number,
  http: z.exactOptional(z.object({ url: text, headers: textMap })),
  tcp: z.exactOptional(z.object({ port: number, host: text })),
  exec: z.exactOptional(z.object({ ...processFields, 'service-context': text })),
});

const logTargetSchema = z.object({ override, type: text, location: text, services: texts, labels: textMap });

const planSchema = z.object({
  services: z._default(z.record(z.string(), serviceSchema), {}),
  checks: z._default(z.record(z.string(), checkSchema), {}),
  'log-targets': z._default(z.record(z.string(), logTargetSchema), {}),
});

export async function addLayer(
  transport: Transport,
  label: string,
  layer: Layer,
  combine: boolean,
): Promise<void> {
  const json = { action: 'add', combine, label, format: 'yaml', layer: layerYaml(layer) };
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
