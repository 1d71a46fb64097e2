/** The tenant that exists while multitenancy is off, and whose the charm's own affairs are. */
import type { RawOptions } from './inputs.ts';

export const DEFAULT_TENANT = 'anonymous';

/** Mimir's rule, without the names that it keeps for itself. */
export const TENANT = /^(?!\.{1,2}$|__mimir_cluster$|__proto__$)[A-Za-z0-9!_.*'()-]{1,150}$/;
export const TENANT_ALLOWED = "up to 150 letters, digits and !-_.*'()";

/** Whose related senders are. Undefined while the option is wrong. */
export function senderTenant(
  options: Pick<RawOptions, 'multitenancy' | 'sender-tenant'>,
): string | undefined {
  if (!options.multitenancy) return DEFAULT_TENANT;
  const tenant = options['sender-tenant'].trim();
  return TENANT.test(tenant) ? tenant : undefined;
}
