import * as z from 'zod/mini';
import { completeChange, getChange, SERVICE_TIMEOUT_MS } from './changes.ts';
import { signalName } from './signals.ts';
import type { Transport } from './transport.ts';
import type { ActOptions, Change, ServiceInfo } from './types.ts';

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
  { timeoutMs = SERVICE_TIMEOUT_MS }: ActOptions = {},
): Promise<Change> {
  const request = { method: 'POST', path: '/v1/services', json: { action, services } } as const;
  const { changeId } = await transport.async(z.unknown(), request);
  return timeoutMs === 0 ? getChange(transport, changeId) : completeChange(transport, changeId, timeoutMs);
}

export async function signalServices(
  transport: Transport,
  signal: string | number,
  services: readonly string[],
): Promise<void> {
  const json = { signal: signalName(signal), services };
  await transport.sync(z.unknown(), { method: 'POST', path: '/v1/signals', json });
}
