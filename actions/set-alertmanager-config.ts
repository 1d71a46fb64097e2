import { isDeepStrictEqual } from 'node:util';
import { ActionFailed, type ActionHandler, type EndpointSchemas } from 'charmwright';
import * as z from 'zod';
import type { Spec } from '../charm/generated.ts';
import { checkTenant, fileText, orFail, readyMimir } from './mimir.ts';

const templatesSchema = z.record(z.string(), z.string());

export const setAlertmanagerConfig: ActionHandler<
  Spec,
  'set-alertmanager-config',
  EndpointSchemas<Spec>
> = async ({ juju, params }) => {
  const { tenant } = params;
  const config = fileText(params.config);
  const templates = templatesSchema.safeParse(params.templates);
  if (!templates.success) throw new ActionFailed('templates must be texts by file name');
  await checkTenant(juju, tenant);
  const api = await readyMimir(juju);
  return orFail(async () => {
    const wanted = config.trim() === '' ? undefined : { config, templates: templates.data };
    const changed = !isDeepStrictEqual(await api.alertmanagerConfig(tenant), wanted);
    if (changed && !params['dry-run']) {
      if (wanted === undefined) await api.deleteAlertmanagerConfig(tenant);
      else await api.setAlertmanagerConfig(tenant, wanted);
    }
    return { tenant, 'dry-run': params['dry-run'], changed, configured: wanted !== undefined };
  });
};
