import type { ActionHandler, EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { checkTenant, fitting, orFail, readyWith } from './mimir.ts';

export const listRules: ActionHandler<Spec, 'list-rules', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  await checkTenant(juju, params.tenant);
  const api = await readyWith(juju, 'ruler');
  const namespaces = await orFail(() => api.rules(params.tenant, params.namespace));
  const groups = Object.values(namespaces).flat();
  return {
    tenant: params.tenant,
    namespaces: JSON.stringify(Object.keys(namespaces).toSorted()),
    groups: groups.length,
    rules: fitting(JSON.stringify(namespaces), 'ask for one namespace'),
  };
};
