/** What the actions about limits of tenants share. */
import { ActionFailed, type Juju } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { observeAgreement } from '../charm/observe.ts';
import { type Parsed, parseTenantLimits, type TenantLimits, told } from '../charm/tenant-limits/limits.ts';
import { tenantsOf } from '../charm/tenant-limits/record.ts';
import type { Agreement } from '../relations/peers.ts';

export interface KnownLimits {
  readonly agreement: Agreement;
  readonly option: TenantLimits;
  readonly action: TenantLimits;
}

/** @throws ActionFailed while the option is wrong, or before the units know each other. */
export async function knownLimits(juju: Juju<Spec>): Promise<KnownLimits> {
  const [joined] = await juju.relations('join-cluster');
  if (joined !== undefined)
    throw new ActionFailed(
      `limits are those of the whole cluster: run the action on ${joined.remoteApp}/leader, which leads it`,
    );
  const [options, agreement] = await Promise.all([juju.config(), observeAgreement(juju)]);
  if (agreement === undefined)
    throw new ActionFailed('this unit does not know its peers yet; try again in a moment');
  return {
    agreement,
    option: orFail('the option tenant-limits is wrong', parseTenantLimits(options['tenant-limits'])),
    action: orFail('what was set before is of no use to this release', tenantsOf(agreement.tenantLimits)),
  };
}

/** @throws ActionFailed with the problems. */
export function orFail<T>(what: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new ActionFailed(`${what}: ${told(parsed.problems)}`);
}
