import * as z from 'zod';
import type { Transport } from './transport.ts';
import type { CheckInfo, CheckLevel } from './types.ts';

/** Fields that older Pebbles do not send have the values that hold there. */
const checksSchema = z.nullish(
  z.array(
    z.pipe(
      z.object({
        name: z.string(),
        level: z.exactOptional(z.string()),
        startup: z._default(z.string(), 'enabled'),
        status: z.string(),
        successes: z.exactOptional(z.number()),
        failures: z._default(z.number(), 0),
        threshold: z.number(),
        'change-id': z.exactOptional(z.string()),
      }),
      z.transform(({ level, successes, 'change-id': changeId, ...check }) => ({
        ...check,
        ...(level ? { level } : {}),
        ...(successes === undefined ? {} : { successes }),
        ...(changeId ? { changeId } : {}),
      })),
    ),
  ),
);

const changedSchema = z.object({ changed: z.nullish(z.array(z.string())) });

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

export async function getHealth(
  transport: Transport,
  level: CheckLevel | undefined,
  names: readonly string[],
): Promise<boolean> {
  const schema = z.object({ healthy: z.boolean() });
  const query = { level, names };
  return (await transport.sync(schema, { method: 'GET', path: '/v1/health', query })).healthy;
}
