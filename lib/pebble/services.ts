import * as z from 'zod';
import { completeChange } from './changes.ts';
import type { Transport } from './transport.ts';
import type { Change, ServiceInfo } from './types.ts';

const servicesSchema = z.nullish(
  z.array(
    z.pipe(
      z.object({
        name: z.string(),
        startup: z.string(),
        current: z.string(),
        'current-since': z.exactOptional(z.string()),
      }),
      z.transform(({ 'current-since': currentSince, ...service }) => ({
        ...service,
        ...(currentSince === undefined ? {} : { currentSince }),
      })),
    ),
  ),
);

export async function getServices(
  transport: Transport,
  names: readonly string[],
): Promise<readonly ServiceInfo[]> {
  const query = { names: names.length === 0 ? undefined : names.join(',') };
  return (await transport.sync(servicesSchema, { method: 'GET', path: '/v1/services', query })) ?? [];
}

export async function actOnServices(
  transport: Transport,
  action: 'autostart' | 'replan' | 'start' | 'stop' | 'restart',
  services: readonly string[],
): Promise<Change> {
  const request = { method: 'POST', path: '/v1/services', json: { action, services } } as const;
  const { changeId } = await transport.async(z.unknown(), request);
  return completeChange(transport, changeId);
}

export async function signalServices(
  transport: Transport,
  signal: string,
  services: readonly string[],
): Promise<void> {
  await transport.sync(z.unknown(), { method: 'POST', path: '/v1/signals', json: { signal, services } });
}
