import type { ActionHandler, EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { maskYaml } from '../charm/mask.ts';
import { checkTenant, fitting, orFail, readyWith } from './mimir.ts';

/** What Alertmanager itself treats as secret, and addresses, which often hold a token. */
const SECRET = /pass|secret|token|key|credential|(^|_)url$|authorization/i;

export const showAlertmanagerConfig: ActionHandler<
  Spec,
  'show-alertmanager-config',
  EndpointSchemas<Spec>
> = async ({ juju, params }) => {
  await checkTenant(juju, params.tenant);
  const api = await readyWith(juju, 'alertmanager');
  const found = await orFail(() => api.alertmanagerConfig(params.tenant));
  if (found === undefined) return { tenant: params.tenant, configured: false };
  return {
    tenant: params.tenant,
    configured: true,
    config: fitting(maskYaml(found.config, SECRET), 'read it over HTTP: GET /api/v1/alerts'),
    templates: JSON.stringify(Object.keys(found.templates).toSorted()),
  };
};
