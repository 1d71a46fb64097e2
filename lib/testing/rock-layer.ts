/** The layer that a rock brings along. */
import * as z from 'zod';
import type { Layer } from '../pebble/layer.ts';
import { parseLayer } from '../pebble/layer-text.ts';

const rockShape = z.looseObject({ services: z.record(z.string(), z.unknown()).default({}) });

/**
 * The services of a rockcraft.yaml as the layer that its rock starts with: `container('web', { layers: { rock: await rockLayer(text) } })`.
 *
 * @param text content of rockcraft.yaml
 * @throws ZodError when it is no rockcraft.yaml; LayerError when Pebble would refuse a service
 */
export async function rockLayer(text: string): Promise<Layer> {
  const { parse } = await import('yaml');
  const { services } = rockShape.parse(parse(text));
  return parseLayer(JSON.stringify({ services }));
}
