import * as z from 'zod/mini';
import type { Transport } from './transport.ts';
import type { Identity } from './types.ts';

const identitySchema = z.lazy(() =>
  z.pipe(
    z.object({
      access: z.string(),
      local: z.nullish(z.object({ 'user-id': z.number() })),
      basic: z.nullish(z.object({ password: z.string() })),
      cert: z.nullish(z.object({ pem: z.string() })),
    }),
    z.transform(({ access, local, basic, cert }) => ({
      access,
      ...(local ? { local: { userId: local['user-id'] } } : {}),
      ...(basic ? { basic } : {}),
      ...(cert ? { cert } : {}),
    })),
  ),
);

export async function getIdentities(transport: Transport): Promise<Readonly<Record<string, Identity>>> {
  const schema = z.nullish(z.record(z.string(), identitySchema));
  return (await transport.sync(schema, { method: 'GET', path: '/v1/identities' })) ?? {};
}

export async function postIdentities(
  transport: Transport,
  action: 'add' | 'update' | 'replace' | 'remove',
  identities: Readonly<Record<string, Identity | null>>,
): Promise<void> {
  const wire = Object.entries(identities).map(([name, identity]) => [name, identity && toWire(identity)]);
  const json = { action, identities: Object.fromEntries(wire) };
  await transport.sync(z.unknown(), { method: 'POST', path: '/v1/identities', json });
}

function toWire({ local, ...identity }: Identity): object {
  return { ...identity, ...(local ? { local: { 'user-id': local.userId } } : {}) };
}
