import * as z from 'zod/mini';
import type { Transport } from './transport.ts';
import type { CheckInfo, CheckLevel, RefreshedCheck } from './types.ts';

/** Fields that older Pebbles do not send have the values that hold there. */
const checkSchema = z.lazy(() =>
  z.pipe(
    z.object({
      name: z.string(),
      level: z.exactOptional(z.string()),
      startup: z.exactOptional(z.string()),
      status: z.string(),
      successes: z.exactOptional(z.number()),
      failures: z._default(z.number(), 0),
      threshold: z.number(),
      'change-id': z.exactOptional(z.string()),
      'prev-change-id': z.exactOptional(z.string()),
    }),
    z.transform(
      ({
        level,
        startup,
        status,
        successes,
        'change-id': changeId,
        'prev-change-id': previous,
        ...check
      }) => ({
        ...check,
        startup: startup ?? 'enabled',
        // A Pebble whose checks can be stopped has a change for each that runs; an early one says "up" all the same.
        status: startup !== undefined && !changeId ? 'inactive' : status,
        ...(level ? { level } : {}),
        ...(successes === undefined ? {} : { successes }),
        ...(changeId ? { changeId } : {}),
        ...(previous ? { previousChangeId: previous } : {}),
      }),
    ),
  ),
);

const checksSchema = z.lazy(() => z.nullish(z.array(checkSchema)));

const refreshedSchema = z.lazy(() =>
  z.pipe(
    z.object({ info: checkSchema, error: z.exactOptional(z.string()) }),
    z.transform(({ info, error }) => ({ check: info, ...(error ? { error } : {}) })),
  ),
);

const changedSchema = z.lazy(() => z.object({ changed: z.nullish(z.array(z.string())) }));

export async function getChecks(
  transport: Transport,
  options: { readonly level?: CheckLevel; readonly names?: readonly string[] },
): Promise<readonly CheckInfo[]> {
  const query = { level: options.level, names: options.names };
  return (await transport.sync(checksSchema, { method: 'GET', path: '/v1/checks', query })) ?? [];
}

export async function actOnChecks(
  transport: Transport,
  action: 'start' | 'stop',
  checks: readonly string[],
): Promise<readonly string[]> {
  const request = { method: 'POST', path: '/v1/checks', json: { action, checks } } as const;
  return (await transport.sync(changedSchema, request)).changed ?? [];
}

export function refreshCheck(transport: Transport, name: string): Promise<RefreshedCheck> {
  const request = { method: 'POST', path: '/v1/checks/refresh', json: { name } } as const;
  return transport.sync(refreshedSchema, request);
}

export async function getHealth(
  transport: Transport,
  level: CheckLevel | undefined,
  names: readonly string[],
): Promise<boolean> {
  const schema = z.object({ healthy: z.boolean() });
  const query = { level, names };
  return (await transport.sync(schema, { method: 'GET', path: '/v1/health', query })).healthy;
}
