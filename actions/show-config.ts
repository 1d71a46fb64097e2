import type { ActionHandler, EndpointSchemas } from 'charmwright';
import type { Spec } from '../charm/generated.ts';
import { maskYaml } from '../charm/mask.ts';
import { fitting, orFail, readyMimir } from './mimir.ts';

/** Mimir masks secret keys itself; the other half of the credentials it shows. */
const SECRET = /^(access_key_id|secret_access_key)$/;

export const showConfig: ActionHandler<Spec, 'show-config', EndpointSchemas<Spec>> = async ({
  juju,
  params,
}) => {
  const api = await readyMimir(juju);
  const config = await orFail(() => api.runningConfig(params.mode));
  return { mode: params.mode, config: fitting(maskYaml(config, SECRET), 'ask for mode=diff') };
};
