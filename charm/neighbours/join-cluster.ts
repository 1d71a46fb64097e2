/** The application that leads this one, as one Mimir with others. */
import { X509Certificate } from 'node:crypto';
import type { CharmSpec, Juju, Relation } from 'charmwright';
import * as z from 'zod/mini';
import { credentialsSchema, memberApp, memberUnit, readLeaderApp } from '../../relations/mimir-cluster.ts';
import { certificatesIn } from '../../relations/pem.ts';
import { type Spec, spec } from '../generated.ts';
import { readGranted } from '../granted-secret.ts';
import { ownRoles } from '../plan/cluster.ts';
import { preparedFor } from '../plan/copies.ts';
import type { Inputs, Neighbours } from '../plan/inputs.ts';
import { unfit, waitsForWord } from '../plan/joined.ts';
import { KUBERNETES_OPTIONS } from '../plan/kubernetes.ts';
import type { Joined } from '../plan/members.ts';
import { roleText } from '../plan/roles.ts';
import { runningComponents } from '../plan/running.ts';
import { endpointsHost } from '../plan/urls.ts';
import { isSilent } from '../silent.ts';
import type { Neighbour } from './neighbour.ts';

/** They say something about a whole Mimir, or speak for one. The application that leads is the one to relate. */
const IDLE_ENDPOINTS = [
  's3',
  'ingress',
  'alertmanager',
  'catalogue',
  'cache',
  'receive-remote-write',
  'grafana-source',
  'grafana-source-alertmanager',
  'send-datasource',
  'prometheus-api',
] as const;
/** What each application decides about itself alone. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(['roles', ...KUBERNETES_OPTIONS]);

export const joinCluster: Neighbour = {
  async observe(juju, relations) {
    const [joined, idle, silent] = await Promise.all([
      readJoined(juju, relations),
      idleOf(juju),
      isSilent(juju),
    ]);
    return { neighbours: { ...(joined !== undefined && { joined }), idle, ...(silent && { silent }) } };
  },

  publish: (inputs) => ({
    unit: memberUnit(
      {
        host: inputs.address.fqdn,
        ...(inputs.address.ip !== undefined && { ip: inputs.address.ip }),
        ...authoritiesOf(inputs.neighbours),
        ...(inputs.neighbours.silent && { silent: true }),
        ...preparedFor(inputs),
        zone: inputs.zones?.own,
        ...otherThanWanted(inputs),
      },
      { application: inputs.app, unit: inputs.unit, charm: inputs.charm },
    ),
    app: memberApp({
      role: roleText(ownRoles(inputs)),
      plannedUnits: inputs.plannedUnits,
      endpoints: endpointsHost(inputs),
      requests: inputs.agreement?.clusterRequests,
    }),
  }),
};

/** What runs here while that is more than the application is to do. */
function otherThanWanted(inputs: Inputs): { runs?: string } {
  const { joined } = inputs.neighbours;
  const waits = joined?.kind === 'ready' && waitsForWord(inputs, joined.configuration);
  return waits ? { runs: roleText(runningComponents(inputs)) } : {};
}

/** Those by which the others can know this unit: its certificate must name the cluster. */
function authoritiesOf({ certificates, joined }: Neighbours): { authorities?: string } {
  const own = certificates?.own;
  if (own === undefined || joined?.kind !== 'ready') return {};
  const [certificate] = certificatesIn(own.pem);
  if (certificate === undefined) return {};
  const isNamed = new X509Certificate(certificate).checkHost(joined.configuration.serverName) !== undefined;
  return isNamed ? { authorities: own.authorities } : {};
}

async function readJoined(juju: Juju<Spec>, relations: readonly Relation[]): Promise<Joined | undefined> {
  const [relation, ...others] = relations;
  if (relation === undefined) return undefined;
  if (others.length > 0) return { kind: 'several', apps: relations.map(({ remoteApp }) => remoteApp) };
  const from = { relation: relation.name, app: relation.remoteApp };
  const answer = readLeaderApp(await relation.remoteAppData());
  switch (answer.kind) {
    case 'silent':
      return { ...from, kind: 'waiting' };
    case 'other-format':
    case 'invalid':
      return { ...from, ...answer };
    case 'said': {
      const { configuration, secret, blocked, answersAlone, turn } = answer;
      const words = {
        ...(blocked && { blocked }),
        ...(answersAlone && { answersAlone }),
        ...(turn !== undefined && { turn }),
      };
      const ready = { ...from, kind: 'ready', configuration, ...words } as const;
      const problem = unfit(configuration.settings);
      if (problem !== undefined)
        return { ...from, kind: 'invalid', problems: [{ key: 'worker_config', problem }] };
      if (secret === undefined) return ready;
      const content = await readGranted(juju, secret);
      if (content === undefined) return { ...from, kind: 'waiting', unreadable: true };
      const credentials = z.safeParse(credentialsSchema, content);
      if (credentials.success) return { ...ready, credentials: credentials.data };
      const wrong = 'names a secret without access-key and secret-key';
      return { ...from, kind: 'invalid', problems: [{ key: 's3_secret_id', problem: wrong }] };
    }
  }
}

/** What the operator has set or related, and what changes nothing while the application is joined. */
async function idleOf(juju: Juju<Spec>): Promise<NonNullable<Neighbours['idle']>> {
  const options = await juju.config();
  const declared: CharmSpec['config'] = spec.config;
  const set = Object.entries(options)
    .filter(([name, value]) => !OWN_OPTIONS.has(name) && value !== declared[name]?.default)
    .map(([name]) => name);
  const endpoints = await Promise.all(
    IDLE_ENDPOINTS.map(async (endpoint) => ((await juju.relations(endpoint)).length > 0 ? [endpoint] : [])),
  );
  return { endpoints: endpoints.flat(), options: set.toSorted() };
}
