import { ActionFailed, type ActionHandler, type EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { applyRules } from '../charm/rules.ts';
import { checkNamespace, checkTenant, orFail, readyWith } from './mimir.ts';

export const deleteRules: ActionHandler<Spec, 'delete-rules', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  const { namespace, group, tenant } = params;
  checkNamespace(namespace);
  await checkTenant(juju, tenant);
  const api = await readyWith(juju, 'ruler');
  return orFail(async () => {
    // Mimir says yes to deleting what was never there.
    const present = (await api.rules(tenant, namespace))[namespace] ?? [];
    const removed = present.filter(({ name }) => group === undefined || name === group);
    if (removed.length === 0) {
      const what = group === undefined ? '' : `group "${group}" in `;
      throw new ActionFailed(
        `there is no ${what}namespace "${namespace}" of tenant "${tenant}"; see list-rules`,
      );
    }
    if (!params['dry-run']) {
      await applyRules(api, tenant, namespace, { added: [], changed: [], removed, unchanged: [] });
    }
    return {
      namespace,
      tenant,
      'dry-run': params['dry-run'],
      removed: removed.length,
      groups: JSON.stringify(removed.map(({ name }) => name)),
    };
  });
};
