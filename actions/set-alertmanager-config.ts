import { isDeepStrictEqual } from 'node:util';
import type { ActionHandler, EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { checkTenant, fileText, orFail, readyWith } from './mimir.ts';

export const setAlertmanagerConfig: ActionHandler<
  Spec,
  'set-alertmanager-config',
  EndpointSchemas<Spec>
> = async ({ juju, params }) => {
  const { tenant, templates } = params;
  const config = fileText(params.config);
  await checkTenant(juju, tenant);
  const api = await readyWith(juju, 'alertmanager');
  return orFail(async () => {
    const wanted = config.trim() === '' ? undefined : { config, templates };
    const changed = !isDeepStrictEqual(await api.alertmanagerConfig(tenant), wanted);
    if (changed && !params['dry-run']) {
      if (wanted === undefined) await api.deleteAlertmanagerConfig(tenant);
      else await api.setAlertmanagerConfig(tenant, wanted);
    }
    return { tenant, 'dry-run': params['dry-run'], changed, configured: wanted !== undefined };
  });
};
