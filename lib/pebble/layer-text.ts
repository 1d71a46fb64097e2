/** Layers from YAML text, such as that of a file in the charm. */
import * as z from 'zod/mini';
import { LayerError } from './errors.ts';
import type { Layer } from './layer.ts';
import { checkFields, logTargetFields, serviceFields } from './plan-fields.ts';
import { faultsOf } from './transport.ts';

const override = z.enum(['replace', 'merge']);
const startup = z.exactOptional(z.enum(['enabled', 'disabled']));

const layerSchema = z.object({
  summary: z.exactOptional(z.string()),
  description: z.exactOptional(z.string()),
  services: entries(
    z.object({
      ...serviceFields,
      override,
      startup,
      'on-success': z.exactOptional(z.enum(['restart', 'shutdown', 'ignore', 'failure-shutdown'])),
      'on-failure': z.exactOptional(z.enum(['restart', 'shutdown', 'ignore', 'success-shutdown'])),
      'on-check-failure': z.exactOptional(
        z.record(z.string(), z.enum(['restart', 'shutdown', 'ignore', 'success-shutdown'])),
      ),
    }),
  ),
  checks: entries(
    z.object({ ...checkFields, override, startup, level: z.exactOptional(z.enum(['alive', 'ready'])) }),
  ),
  'log-targets': entries(
    z.object({
      ...logTargetFields,
      override,
      type: z.exactOptional(z.enum(['loki', 'opentelemetry', 'syslog'])),
    }),
  ),
});

function entries<T extends z.core.$ZodType>(entry: T) {
  return z.exactOptional(z.record(z.string(), entry));
}

/**
 * The layer that a YAML text describes, typed. Keys that are not known here are left out: to send a text to a newer
 * Pebble whole, give it to `addLayer` as it is.
 * @throws LayerError
 * @example const layer = await parseLayer(await readFile('layers/web.yaml', 'utf8'));
 */
export async function parseLayer(text: string): Promise<Layer> {
  const { parse } = await import('yaml');
  let data: unknown;
  try {
    data = parse(text) ?? {};
  } catch (cause) {
    throw new LayerError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const parsed = z.safeParse(layerSchema, data);
  if (parsed.success) return parsed.data;
  throw new LayerError(faultsOf(parsed.error));
}
