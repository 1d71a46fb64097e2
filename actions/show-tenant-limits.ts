import { type ActionHandler, type EndpointSchemas, stableJson } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { merged } from '../charm/tenant-limits/limits.ts';
import { fitting } from './mimir.ts';
import { knownLimits } from './tenant-limits.ts';

export const showTenantLimits: ActionHandler<Spec, 'show-tenant-limits', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  const { option, action } = await knownLimits(juju);
  const inForce = merged(option, action);
  const all = Object.keys(inForce);
  const shown = params.tenant === undefined ? all : all.filter((tenant) => tenant === params.tenant);
  const limits = shown.map((tenant) => [
    tenant,
    { option: option[tenant] ?? {}, action: action[tenant] ?? {}, 'in-force': inForce[tenant] },
  ]);
  return {
    'tenant-count': all.length,
    limits: fitting(stableJson(Object.fromEntries(limits)), 'ask for one tenant'),
  };
};
