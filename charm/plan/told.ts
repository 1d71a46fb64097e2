/** What the application that leads a cluster tells all others. Loaded while it leads one. */
import type { ClusterConfiguration } from '../../relations/mimir-cluster.ts';
import { withoutCredentials } from './credentials.ts';
import type { Inputs } from './inputs.ts';
import type { SharedPlan } from './plan.ts';
import { serviceHost } from './urls.ts';

/** What all applications of the cluster are told, without credentials. */
export function toldToAll(
  inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'authorities'>,
  { wanted: { config, storageAuthorities, trusted }, replicationFactor }: SharedPlan,
): ClusterConfiguration {
  return {
    settings: withoutCredentials(config),
    replicationFactor,
    serverName: serviceHost(inputs),
    ...(storageAuthorities !== '' && { storageAuthorities }),
    ...(inputs.authorities !== undefined && { authorities: inputs.authorities }),
    ...(trusted !== undefined && { trusted }),
  };
}
