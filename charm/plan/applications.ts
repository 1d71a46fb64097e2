/** The applications of a cluster, as all of them are told of each other. */
import { ownRoles } from './cluster.ts';
import type { Inputs } from './inputs.ts';
import type { Component } from './roles.ts';
import { endpointsHost } from './urls.ts';

/** What of an application of the cluster is not one unit's own. */
interface ClusterApplication {
  readonly app: string;
  readonly roles: readonly Component[];
  readonly endpoints?: string;
}

/** All of them, this one first. */
export function clusterApplications(
  inputs: Pick<Inputs, 'app' | 'model' | 'address' | 'options' | 'neighbours'>,
): readonly ClusterApplication[] {
  const own = { app: inputs.app, roles: ownRoles(inputs), endpoints: endpointsHost(inputs) };
  return [own, ...(inputs.neighbours.members ?? [])];
}

/**
 * Names for all units of the cluster. This application's is always there: when its roles change, nobody else's
 * configuration does.
 */
export function gossipHosts(inputs: Parameters<typeof clusterApplications>[0]): readonly string[] {
  const hosts = clusterApplications(inputs).flatMap(({ endpoints }) => endpoints ?? []);
  return [...new Set(hosts)].toSorted();
}
