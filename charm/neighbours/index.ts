/**
 * The neighbours: every optional relation. Each has a file of its own here, which a dispatch loads only while that
 * relation exists; what is on the wire is in `relations/`, one file for each interface.
 */
import type { Juju, Relation } from 'charmwright';
import type { Spec } from '../generated.ts';
import type { Inputs, NeighbourProblem, Neighbours } from '../plan/inputs.ts';
import type { Plan } from '../plan/plan.ts';
import type { Neighbour, Seen } from './neighbour.ts';

/** In the order of metadata.yaml. */
const LOADERS = {
  ingress: async (): Promise<Neighbour> => (await import('./ingress.ts')).ingress,
  alertmanager: async (): Promise<Neighbour> => (await import('./alertmanager.ts')).alertmanager,
  catalogue: async (): Promise<Neighbour> => (await import('./catalogue.ts')).catalogue,
  'workload-tracing': async (): Promise<Neighbour> => (await import('./workload-tracing.ts')).workloadTracing,
  'logging-consumer': async (): Promise<Neighbour> => (await import('./logging.ts')).logging,
  cache: async (): Promise<Neighbour> => (await import('./cache.ts')).cache,
  redis: async (): Promise<Neighbour> => (await import('./redis.ts')).redis,
  certificates: async (): Promise<Neighbour> => (await import('./certificates.ts')).certificates,
  'receive-ca-cert': async (): Promise<Neighbour> => (await import('./receive-ca-cert.ts')).receiveCaCert,
  'join-cluster': async (): Promise<Neighbour> => (await import('./join-cluster.ts')).joinCluster,
  'receive-remote-write': async (): Promise<Neighbour> => (await import('./remote-write.ts')).remoteWrite,
  'grafana-source': async (): Promise<Neighbour> => (await import('./grafana-source.ts')).grafanaSource,
  'grafana-source-alertmanager': async (): Promise<Neighbour> =>
    (await import('./grafana-alertmanager.ts')).grafanaAlertmanager,
  'send-datasource': async (): Promise<Neighbour> => (await import('./send-datasource.ts')).sendDatasource,
  'prometheus-api': async (): Promise<Neighbour> => (await import('./prometheus-api.ts')).prometheusApi,
  'grafana-dashboards-provider': async (): Promise<Neighbour> =>
    (await import('./grafana-dashboards.ts')).grafanaDashboards,
  'self-metrics-endpoint': async (): Promise<Neighbour> => (await import('./self-metrics.ts')).selfMetrics,
  'mimir-cluster': async (): Promise<Neighbour> => (await import('./mimir-cluster.ts')).mimirCluster,
} as const;

const NOTHING: Seen = { neighbours: {} };

type NeighbourEndpoint = keyof typeof LOADERS;
const ENDPOINTS = Object.keys(LOADERS) as readonly NeighbourEndpoint[];

/** An endpoint with its relations. */
export interface Related {
  readonly endpoint: NeighbourEndpoint;
  readonly neighbour: Neighbour;
  readonly relations: readonly Relation[];
}

/** The endpoints that have relations. */
export async function related(juju: Juju<Spec>): Promise<readonly Related[]> {
  const { event } = juju;
  // Else the unit's memory would grow with each relation it ever had.
  if (event.kind === 'relation-broken') {
    juju.store(`${event.endpoint}:${event.relationId}`, undefined);
    const gone = ENDPOINTS.find((endpoint) => endpoint === event.endpoint);
    if (gone !== undefined) await (await LOADERS[gone]()).forget?.(juju);
  }
  const found = await Promise.all(
    ENDPOINTS.map(async (endpoint) => {
      const relations = await juju.relations(endpoint);
      return relations.length === 0 ? [] : [{ endpoint, neighbour: await LOADERS[endpoint](), relations }];
    }),
  );
  return found.flat();
}

/** What all of them say. */
export async function observeNeighbours(
  juju: Juju<Spec>,
  all: readonly Related[],
): Promise<{ neighbours: Neighbours; problems: readonly NeighbourProblem[] }> {
  const seen = await Promise.all(
    all.map(
      async ({ neighbour, relations }): Promise<Seen> =>
        (await neighbour.observe?.(juju, relations)) ?? NOTHING,
    ),
  );
  const { event } = juju;
  const problems = seen.flatMap((each) => each.problems ?? []);
  for (const { relation, app, key, problem } of problems) {
    // Told when it is new: the status goes on telling it.
    if ('relationId' in event && relation === `${event.endpoint}:${event.relationId}`)
      juju.log.warn(`data of ${app} (${relation}): key "${key}" ${problem}; not used`);
  }
  return { neighbours: Object.assign({}, ...seen.map((each) => each.neighbours)), problems };
}

/** Every databag as it shall be; charmwright writes what differs when the dispatch has succeeded. */
export async function publishNeighbours(
  juju: Juju<Spec>,
  inputs: Inputs,
  plan: Plan,
  all: readonly Related[],
): Promise<void> {
  for (const { neighbour, relations } of all) {
    await neighbour.carryOut?.(juju, inputs, plan, relations);
    for (const relation of relations) {
      const { unit, app } = neighbour.publish?.(inputs, relation) ?? {};
      if (unit !== undefined) relation.publishUnit(unit);
      if (app !== undefined && inputs.leader) await relation.publishApp(app);
    }
  }
}
